"""Python imports this first: each job of the pipeline leaves a list of the project's modules that it has imported."""

import atexit
import json
import os
import sys
from pathlib import Path


def _leave_list() -> None:
    script = Path(sys.argv[0]).stem
    if script.startswith("run_"):
        files = [
            getattr(module, "__file__", None) for name, module in sys.modules.items() if name.startswith("rlsearch")
        ]
        target = Path(os.environ["IMPORTS_TO"]) / f"{script.removeprefix('run_')}-{os.getpid()}.json"
        target.write_text(json.dumps(sorted(file for file in files if file)))


if "IMPORTS_TO" in os.environ:
    atexit.register(_leave_list)
