"""The numbers of a truth table's data sheet: `python -m rlsearch.truth.about rl-nas-1296`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import scipy

from rlsearch import truth
from rlsearch.errors import RlsearchError
from rlsearch.spaces.base import Actions, Choice, Space, decisions, representatives
from rlsearch.truth.table import PARTS, Floats, Integers, TruthTable

TOP = 0.25
"""The share of the networks, best by their mean over all seeds, that counts as the top."""


def about(table: TruthTable) -> dict[str, float]:
    """Return what a part of a table says at its last epoch, by name.

    For each measure that it holds: the best and the worst network's mean over the seeds; the noise, that is the root
    mean square over the networks of the standard deviation between seeds; Kendall's tau-b between two seeds, averaged
    over all pairs of seeds, over all networks and within the top. For the main one and each group of options that the
    space names (3x3 layers, pools): Pearson's correlation of a network's mean with how many of them it has, and the
    share of the means' variance that lies between the networks of equal number. Of what is recorded besides, the mean.
    Rows with a training that diverged are left out.

    Raises:
        ValueError: fewer than two networks trained with every seed.
    """
    complete = np.logical_and.reduce([np.isfinite(values[:, :, -1]).all(1) for values in table.values.values()])
    if complete.sum() < 2:
        raise ValueError("fewer than two networks trained with every seed")
    numbers: dict[str, float] = {"networks": float(complete.sum())}
    for record in table.recipe.proxy.recorded:
        numbers[record.label] = float(table.values[record.metric][complete, :, -1].mean())
    for measure in table.recipe.measures:
        name, last = measure.label, measure.of(table.values)[complete, :, -1]
        mean = measure.merit(last).mean(1)
        # Stable: networks of equal means keep the order of the rows on every machine.
        top = np.argsort(-mean, kind="stable")[: max(2, round(TOP * len(mean)))]
        numbers |= {
            f"{name}, best mean": measure.level_of(float(mean.max())),
            f"{name}, worst mean": measure.level_of(float(mean.min())),
            # The root of the mean variance, since the mean of standard deviations falls short of a common one.
            f"{name}, sd between seeds": float(np.sqrt(last.var(1, ddof=1).mean())),
            f"{name}, tau between seeds": between_seeds(last),
            f"{name}, tau between seeds, top quarter": between_seeds(last[top]),
        }
    means, name = table.levels[complete, :, -1].mean(1), table.measure.label
    for group, counts in group_counts(table).items():
        met = counts[complete]
        if met.min() < met.max():  # what every network has as often as any other explains nothing
            numbers[f"{name} and number of {group} layers, correlation"] = float(np.corrcoef(met, means)[0, 1])
            numbers[f"{name}, share of variance between numbers of {group} layers"] = explained(met, means)
    return numbers


def between_seeds(values: Floats) -> float:
    """Return Kendall's tau-b between the columns of values (networks, seeds), averaged over all pairs of columns."""
    pairs = combinations(range(values.shape[1]), 2)
    return float(
        np.mean([scipy.stats.kendalltau(values[:, first], values[:, second]).statistic for first, second in pairs])
    )


def group_counts(table: TruthTable) -> dict[str, Integers]:
    """Return how many options of each group every network has chosen, in the order in which the groups are named."""
    chosen = [Counter(_groups(table.space, actions)) for actions in representatives(table.space)]
    names = dict.fromkeys(group for counter in chosen for group in counter)
    return {name: np.array([counter[name] for counter in chosen], np.int64) for name in names}


def _groups(space: Space, actions: Actions) -> Iterator[str]:
    for decision, action in zip(decisions(space, actions), actions, strict=True):
        if isinstance(decision, Choice) and decision.groups:
            yield decision.groups[int(action)]


def explained(groups: Integers, values: Floats) -> float:
    """Return the share of the variance of values (n,) that lies between groups (n,): eta squared."""
    whole = float(((values - values.mean()) ** 2).sum())
    means = np.array([values[groups == group].mean() for group in groups])
    return float(((means - values.mean()) ** 2).sum()) / whole


def markdown(by_part: Mapping[str, Mapping[str, float]]) -> str:
    """Return numbers by part and name as a Markdown table, a column for each part."""
    names = next(iter(by_part.values()))
    head = ["| after the last epoch | " + " | ".join(by_part) + " |", "|---|" + "---|" * len(by_part)]
    rows = [f"| {name} | " + " | ".join(f"{part[name]:.4g}" for part in by_part.values()) + " |" for name in names]
    return "\n".join([*head, *rows]) + "\n"


def sheet(name: str, root: Path | None) -> str:
    """Return the numbers of both parts of a table as a Markdown table."""
    return markdown({part: about(truth.load(name, part, root)) for part in PARTS})


def command(what: str, text: Callable[[str, Path | None], str]) -> None:
    """Print what a command says of the table that it is asked about: by its name, and the project's root or None."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("name", help="a folder of results/reference, such as rl-nas-1296")
    parser.add_argument("--root", type=Path, help="the project folder")
    options = parser.parse_args()
    try:
        print(text(options.name, options.root), end="")
    except RlsearchError as error:
        sys.exit(f"rlsearch: {error}")


if __name__ == "__main__":
    command("Print the numbers of both parts of a table as a Markdown table.", sheet)
