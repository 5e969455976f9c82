"""A pilot of a truth table: do networks differ by more than their trainings, before all of them are trained?

`PYTHONPATH=src .venv/bin/python benchmarks/table_pilot.py metaqnn-leaves --set proxy.optimizer.lr=0.003`

Of a table's recipe, changed by `--set`, it trains a few rows that are drawn by name with a few seeds, in memory, and
prints what a table has to have: in the quarter best by validation the spread of the rows' true means beside the noise
between trainings of one row, both on the test part.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import yaml

from rlsearch import seeds
from rlsearch.config import artefacts
from rlsearch.evidence.table_headroom import components
from rlsearch.truth import build, recipe
from rlsearch.truth.about import TOP
from rlsearch.truth.recipe import Recipe


def changed(name: str, changes: list[str]) -> Recipe:
    """Return the recipe of a table with some keys changed: `proxy.epochs=12`, values as YAML."""
    path = recipe.home(name) / artefacts.table_folder(name) / "recipe.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    for change in changes:
        where, _, value = change.partition("=")
        *parents, key = where.split(".")
        place: dict[str, Any] = raw
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = yaml.safe_load(value)
    return Recipe.model_validate(raw)


def main() -> None:
    """Train the pilot and print one line for each of the recipe's epochs."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("name", help="a folder of results/reference with a recipe")
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    options = parser.parse_args()
    chosen = changed(options.name, options.changes)
    rows = np.sort(seeds.generator("pilot", chosen.name).choice(chosen.rows, options.rows, replace=False))
    trained = [
        [build.train_row(chosen, build.fetch(chosen), int(row), seed) for seed in range(options.seeds)] for row in rows
    ]
    for number, epoch in enumerate(chosen.epochs):
        validation, test = (
            np.array([[metrics[part][0, number] for metrics, _, _ in row] for row in trained], np.float64)
            for part in ("validation", "test")
        )
        order = np.argsort(-validation.mean(1), kind="stable")
        true, noise = components(test[order[: max(2, round(TOP * len(order)))]])
        means = test.mean(1)
        print(
            f"epoch {epoch}: best quarter: sd of true means {true:.4f}, of trainings {noise:.4f}; all: "
            f"min {means.min():.3f} median {np.median(means):.3f} max {means.max():.3f}"
        )
    print(f"FLOPs of a training: mean {np.mean([row[0][2] for row in trained]):.3g}")


if __name__ == "__main__":
    main()
