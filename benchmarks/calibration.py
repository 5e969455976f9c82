"""Do verdicts err as rarely as they say, and is the printed detectable effect found four times in five?

    python benchmarks/calibration.py [--reports 400] [--found 2000]

Simulated on normal noise, with the package's own tests, Holm's levels and verdicts; nothing is trained. Families of
claims are those of the laptop preset, with their sample sizes and with what their arms share. Margins are set aside
(next to 0), so that every effect that is told from 0 counts. Takes about ten minutes on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from table import Row, machine, show

from rlsearch import seeds
from rlsearch.claims import beats_agent_on_table
from rlsearch.evidence.decision import Decision
from rlsearch.evidence.verdict import Evidence, judge
from rlsearch.measures import ACCURACY
from rlsearch.statistics.holm import holm
from rlsearch.statistics.power import Way, detectable
from rlsearch.statistics.spread import Spread

ALPHA, MARGIN = 0.05, 1e-9
REPORTS, MOST_TOLD, MOST_BETTER = 400, 27, 16
"""Of 400 null reports 20 may err on average, 10 of them by "better"; more than these would be found once in twenty."""
FOUND, LEAST, MOST = 2_000, 0.77, 0.83
LEVELS = (ALPHA, ALPHA / 2, ALPHA / 3)
PAIRED_NOISE, RETRAINING = 0.2, 5
"""Own noise of an arm beside what both arms of a pair share, which has standard deviation 1; retraining runs."""

Rng = np.random.Generator


def _claim(name: str, kind: str = "beats-agent") -> Evidence:
    return Evidence(name, kind, name, "other", ACCURACY, MARGIN)


def networks(rng: Rng) -> list[Evidence]:
    """Two samples of five, twice, and five searches beside 200 null runs, which spread half as much."""
    arms = rng.standard_normal((4, 5))
    return [
        _claim("beats").compare(*arms[:2]),
        _claim("selected").compare(*arms[2:]),
        _claim("settles").compare(rng.standard_normal(5), 0.5 * rng.standard_normal(200)),
    ]


def on_table(rng: Rng) -> list[Evidence]:
    """An agent beside four others on the same 100 repetitions, and two ratios of variances over 10 trainings."""
    seed_order = rng.standard_normal(100)
    arms = [seed_order + PAIRED_NOISE * rng.standard_normal(100) for _ in range(5)]
    pairs = [_claim(f"table {other}").pair(arms[0], arms[other]) for other in range(1, 5)]
    return [*pairs, *(_claim(f"gradient {i}").estimate(rng.standard_normal(10)) for i in range(2))]


def policies(rng: Rng) -> list[Evidence]:
    """A policy beside four others, 12 runs each judged by the same six trainings, and five pairs of retraining runs."""
    arms = [0.3 * rng.standard_normal((12, 1)) + 0.3 * rng.standard_normal(6) for _ in range(5)]
    seed_order = rng.standard_normal(RETRAINING)
    first, second = (seed_order + PAIRED_NOISE * rng.standard_normal(RETRAINING) for _ in range(2))
    found = [beats_agent_on_table.judged(_claim(f"judged {other}"), arms[0], arms[other], ()) for other in range(1, 5)]
    return [*found, _claim("selected").pair(first, second)]


FAMILIES: dict[str, Callable[[Rng], list[Evidence]]] = {
    "init-scale (3 claims)": networks,
    "layered-cnn (6 claims)": on_table,
    "optimizer-selection (5 claims)": policies,
}


def decisions(family: Sequence[Evidence]) -> list[Decision]:
    """Return the verdicts on a family of claims, each at its level."""
    levels = holm([None if item.test is None else item.test.p for item in family], ALPHA)
    return [judge(item, level).decision for item, level in zip(family, levels, strict=True)]


def null_reports(name: str, family: Callable[[Rng], list[Evidence]], reports: int = REPORTS) -> list[Row]:
    """Return how many reports on nothing but noise hold a claim that is told from 0, and how many say "better"."""
    found = [decisions(family(seeds.generator("calibration", name, i))) for i in range(reports)]
    told = sum(any(one in ("better", "worse") for one in each) for each in found)
    better = sum("better" in each for each in found)
    goals = (MOST_TOLD, MOST_BETTER) if reports == REPORTS else (None, None)
    return [
        Row(f"null reports of {name}: better or worse", told, f"of {reports}", goals[0]),
        Row(f"null reports of {name}: better", better, f"of {reports}", goals[1]),
    ]


@dataclass(frozen=True)
class Sampling:
    """A test of a claim: its name, how values stand to each other, how many there are, and what draws them."""

    name: str
    way: Way
    n: int

    def evidence(self, values: NDArray[np.float64], effect: float) -> Evidence:
        """Return the claim on two rows of noise (2, n), the first with an effect."""
        if self.way == "two samples":
            return _claim(self.name).compare(values[0] + effect, values[1])
        return _claim(self.name).pair(values[0] + effect, np.zeros(self.n))

    @property
    def spread(self) -> Spread:
        """The noise of standard normal values."""
        return Spread((1.0, 1.0) if self.way == "two samples" else (1.0,))


SAMPLINGS = (
    *(Sampling(f"two samples of {n}", "two samples", n) for n in (5, 8, 12)),
    Sampling("paired t of 5", "pairs", 5),
    *(Sampling(f"sign flips of {n}", "pairs", n) for n in (8, 12)),
)


def found_share(sampling: Sampling, level: float, runs: int = FOUND) -> float:
    """Return the share of experiments with the detectable effect that end as "better" at this level."""
    effect = detectable(sampling.way, sampling.n, sampling.spread, level)
    if effect is None:
        raise ValueError(f"{sampling.name}: no effect can be found at level {level:.3g}")
    rng = seeds.generator("calibration", "found", sampling.name, str(level))
    each = (sampling.evidence(rng.standard_normal((2, sampling.n)), effect) for _ in range(runs))
    return sum(judge(item, level).decision == "better" for item in each) / runs


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--reports", type=int, default=REPORTS, help=f"null reports of each family ({REPORTS})")
    parser.add_argument("--found", type=int, default=FOUND, help=f"experiments with the detectable effect ({FOUND})")


def run(options: argparse.Namespace) -> list[Row]:
    """Simulate as the options ask; goals hold for the full counts."""
    rows = [row for name, family in FAMILIES.items() for row in null_reports(name, family, options.reports)]
    full = options.found == FOUND
    for sampling in SAMPLINGS:
        for level in LEVELS:
            share = found_share(sampling, level, options.found)
            name = f"{sampling.name} at {level:.4f}: detectable effect found"
            rows += [
                Row(name, 100 * share, "%", 100 * LEAST if full else None, at_least=True),
                Row(f"{name}, at most", 100 * share, "%", 100 * MOST if full else None),
            ]
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    measured = run(parser.parse_args())
    print(show(measured, machine("cpu", 1)))
    raise SystemExit(any(row.passed is False for row in measured))
