"""All benchmarks with their goals in one table: what `make bench` runs.

    python benchmarks/run.py [--out bench.json]

Ends with 1 if a goal is missed. About four minutes on two cores; the options are those of throughput.py and
search_loop.py; repetitions.py, q_learning.py, surrogate_searches.py and recurrent_cells.py run with their defaults.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import q_learning
import recurrent_cells
import repetitions
import search_loop
import surrogate_searches
import throughput
from table import machine, show

from rlsearch.files import pretty_json, write_atomic


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; return 1 if a goal is missed, else 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    throughput.add_options(parser)
    search_loop.add_options(parser)
    parser.add_argument("--out", type=Path, help="write the table as JSON into this file too")
    options = parser.parse_args(arguments)
    about = machine(options.device, options.threads)
    print("measuring: four minutes with nothing else running, longer beside other work", file=sys.stderr)
    rows = throughput.run(options) + search_loop.run(options)
    rows += repetitions.run(repetitions.parse([])) + q_learning.run(q_learning.parse([]))
    rows += surrogate_searches.run(surrogate_searches.parse([]))
    rows += recurrent_cells.run(recurrent_cells.parse([]))
    print(show(rows, about))
    if options.out:
        write_atomic(options.out, pretty_json({"machine": about, "rows": [row.to_json() for row in rows]}))
    return int(any(row.passed is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
