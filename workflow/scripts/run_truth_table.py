"""Train a part of a truth table, or join its parts."""

from __future__ import annotations

import argparse
from pathlib import Path

from rlsearch.truth import build, recipe


def main() -> None:
    """Train rows start..stop-1 into a file, or with `--join` make the table from such files."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--table", required=True)
    parser.add_argument("--start", type=int)
    parser.add_argument("--stop", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--join", type=Path, nargs="+")
    options = parser.parse_args()
    chosen = recipe.read(options.table)
    if options.join:
        build.join(chosen, options.join)
    else:
        build.rows(chosen, options.start, options.stop, options.out)


if __name__ == "__main__":
    main()
