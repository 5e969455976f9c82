"""What each claim can show at its seeds, before the run: the smallest effect that its test finds four times in five.

The noise is that of this project's results; before a first run it is that of the recorded reference run of the study,
which is named; where there is neither, nothing is guessed. Each claim stands at its strictest level, alpha divided by
the number of claims: what Holm's method asks of the first one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from rlsearch.boundary import at_most
from rlsearch.config.claim_checks import seeds_of
from rlsearch.config.models import Params, StudySettings
from rlsearch.evidence import claims
from rlsearch.evidence.power import Way, detectable
from rlsearch.evidence.spread import Spread
from rlsearch.evidence.verdict import Verdict

REFERENCES = Path("results/reference")
MEASURED = "this project's results"
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Power:
    """One claim before the run.

    Attributes:
        study, claim, agent, against: as the settings name them.
        seeds: how many searches, runs, repetitions or trainings the settings give each arm.
        level: alpha over the number of claims.
        noise: whose noise it is: this project's results, a recorded run's folder, or None where it is unknown.
        unit: of detectable and margin. margin: the smallest effect worth having.
        detectable: the effect found four times in five; None where no effect can be found or the noise is unknown.
        needed: seeds that find the margin four times in five; None where even MOST_SEEDS do not or that is unknown.
    """

    study: str
    claim: str
    agent: str
    against: str | None
    seeds: int
    level: float
    noise: str | None
    unit: str
    margin: float
    detectable: float | None
    needed: int | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Noise:
    """What a claim's effect varies by, and where that was measured."""

    source: str
    unit: str
    way: Way
    spread: Spread


def power(params: Params, root: Path = Path(".")) -> list[Power]:
    """Return every claim of every study, in the order of the settings."""
    return [row for name, study in params.studies.items() for row in _of_study(params, name, study, root)]


def _of_study(params: Params, name: str, study: StudySettings, root: Path) -> Iterator[Power]:
    level = study.alpha / max(1, len(study.claims))
    verdicts = claims.evaluate(params, name, root)
    for claim, verdict in zip(study.claims, verdicts, strict=True):
        seeds = seeds_of(study, claim)
        noise = None
        if verdict.spread is not None:
            noise = Noise(MEASURED, verdict.unit, verdict.way, verdict.spread)
        noise = noise or _recorded(name, verdict, root)
        found = None if noise is None else detectable(noise.way, seeds, noise.spread, level)
        needed = None if noise is None else _needed(noise, claim.margin, level)
        yield Power(
            study=name,
            claim=claim.claim,
            agent=claim.agent,
            against=verdict.against,
            seeds=seeds,
            level=level,
            noise=None if noise is None else noise.source,
            unit=verdict.unit,
            margin=claim.margin,
            detectable=found,
            needed=needed,
        )


def _needed(noise: Noise, margin: float, level: float) -> int | None:
    """Return the fewest seeds in each arm with which the claim's test finds an effect of the margin; by bisection."""

    def finds(seeds: int) -> bool:
        found = detectable(noise.way, seeds, noise.spread, level)
        return found is not None and at_most(found, margin)

    if not finds(MOST_SEEDS):
        return None
    low, high = 1, MOST_SEEDS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if finds(middle) else (middle, high)
    return high


def _recorded(study: str, verdict: Verdict, root: Path) -> Noise | None:
    """Return the noise of the same claim in a recorded run of the study, the first by name that has it."""
    wanted = (verdict.kind, verdict.agent, verdict.against or "")
    for path in sorted(root.glob(f"{REFERENCES}/{study}-*/verdicts.csv")):
        rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        for row in rows:
            if (row["kind"], row["agent"], row["against"]) == wanted and row.get("spread"):
                source = path.parent.relative_to(root).as_posix()
                return Noise(source, row["unit"], cast("Way", row["way"]), Spread.from_text(row["spread"]))
    return None
