"""The command line, as `rlsearch` or `python -m rlsearch`: it runs the code of the project in which it is called.

Snakemake's jobs and DVC's stages do so anyway. An environment that was copied, or that several checkouts share, holds
the package of one of them; without this, `rlsearch` and `make run` would run different code in one folder.
"""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
RUN = "from rlsearch.cli import app; app(prog_name='rlsearch')"


def main() -> None:
    """Run the command, in a new process where the working directory holds a package of its own."""
    own = own_source()
    if own is not None:
        # -E and -I make Python ignore PYTHONPATH, by which the other package would be reached.
        if sys.flags.ignore_environment:
            sys.exit(f"rlsearch: {own} is beside params.yaml, and Python was told (-E or -I) to run {PACKAGE} instead")
        path = os.pathsep.join(filter(None, [str(own), os.environ.get("PYTHONPATH", "")]))
        # A new process: modules of this package are loaded already, and would be mixed with those of the other.
        os.execve(sys.executable, [sys.executable, "-c", RUN, *sys.argv[1:]], os.environ | {"PYTHONPATH": path})
    from rlsearch.cli import app

    app(prog_name="rlsearch")


def own_source() -> Path | None:
    """Return `src` beside params.yaml in the working directory, if it holds another package than this one."""
    source = Path("src").resolve()
    held = Path("params.yaml").is_file() and (source / "rlsearch/__init__.py").is_file()
    return source if held and (source / "rlsearch").resolve() != PACKAGE else None


if __name__ == "__main__":
    main()
