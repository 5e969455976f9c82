"""Part of test.sh: holds the results of a run to the image that made them: check.py FOLDER DIGEST."""

from __future__ import annotations

import json
import sys
from pathlib import Path

MADE = ("search/*/*/*/summary.json", "controls/*/*.json", "retrain/*/*/metrics.json")


def main(folder: str, digest: str) -> None:
    """Exit with a message unless every artefact with a provenance names the image and Python 3.11."""
    results = Path(folder, "results")
    if not digest.startswith("sha256:") or not (results / "report/index.html").is_file():
        sys.exit(f"no digest ({digest!r}), or no report in {results}")
    for pattern in MADE:
        files = sorted(results.glob(pattern))
        if not files:
            sys.exit(f"no {pattern} in {results}")
        for file in files:
            made = json.loads(file.read_text(encoding="utf-8"))["provenance"]
            if made["image"] != digest or not made["versions"]["python"].startswith("3.11."):
                sys.exit(f"{file} was made in image {made['image']}, Python {made['versions']['python']}, not {digest}")
        print(f"image-test: {len(files)} files {pattern} name the image")


if __name__ == "__main__":
    main(*sys.argv[1:])
