"""What each claim can show at its seeds, before the run: the smallest effect that its test finds four times in five.

The noise is that of this project's results; before a first run it is that of the recorded reference run of the study,
which is named; where there is neither, nothing is guessed. Each claim is tested at its strictest level, alpha divided
by the number of claims: what Holm's method asks of the first one.
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from rlsearch.boundary import at_most
from rlsearch.claims import base as claims
from rlsearch.config.models import ControlSettings, Params, StudySettings
from rlsearch.evidence.results import Files, Results
from rlsearch.evidence.verdict import Evidence
from rlsearch.statistics.power import Way, detectable
from rlsearch.statistics.reach import FEWEST
from rlsearch.statistics.spread import Spread
from rlsearch.units import Unit

REFERENCES = Path("results/reference")
MEASURED = "this project's results"
MOST_SEEDS = 10_000
SMALL = 13
"""Below this, more seeds may find less (levels are steps, and another test begins); from here on never."""

COUNTS = {"repetitions": "runs", "gradient": "searches"}
"""Parts of the controls with the setting that says how often each is repeated."""


@dataclass(frozen=True)
class Power:
    """One claim before the run.

    Attributes:
        study, claim, agent, against: as verdicts name them.
        key: the setting that says how many searches, runs, repetitions or trainings each arm has; seeds: its value.
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
    key: str
    seeds: int
    level: float
    noise: str | None
    unit: Unit
    margin: float
    detectable: float | None
    needed: int | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "unit": self.unit.name}


@dataclass(frozen=True)
class Noise:
    """What a claim's effect varies by, and where that was measured."""

    source: str
    way: Way
    spread: Spread


def power(params: Params, root: Path = Path(".")) -> list[Power]:
    """Return every claim of every study, in the order of the settings."""
    files = Files(root)
    as_recorded = _as_done(params, files)
    return [
        _of_claim(params, name, claim, claim.evidence(Results(as_recorded, name, root, files)), root)
        for name, study in params.studies.items()
        for claim in claims.of_study(study)
    ]


def _as_done(params: Params, files: Files) -> Params:
    """Return the settings with as many searches, repetitions and trainings as there are; the others where none are."""
    with_counts = {name: _study_as_done(Results(params, name, files.root, files)) for name in params.studies}
    return params.model_copy(update={"studies": with_counts})


def _study_as_done(results: Results) -> StudySettings:
    settings = results.settings
    seeds = max((row["seed"] + 1 for row in results.searches or ()), default=settings.search.seeds)
    search = settings.search.model_copy(update={"seeds": seeds})
    return settings.model_copy(update={"search": search, "controls": _controls_as_done(results)})


def _controls_as_done(results: Results) -> ControlSettings:
    update, controls = {}, results.settings.controls
    for block, count in COUNTS.items():
        block_settings = getattr(controls, block)
        counts = [file[block][count] for file in results.controls.values() if file.get(block)]
        if block_settings is not None and counts:
            update[block] = block_settings.model_copy(update={count: counts[0]})
    return controls.model_copy(update=update)


def _of_claim(params: Params, name: str, claim: claims.Claim[Any], evidence: Evidence, root: Path) -> Power:
    study = params.studies[name]
    level, margin = study.alpha / len(study.claims), claim.settings.margin
    seeds = claim.seeds(params, name, level)
    spread = evidence.spread
    noise = _recorded(name, evidence, root) if spread is None else Noise(MEASURED, evidence.way, spread)
    return Power(
        study=name,
        claim=claim.settings.claim,
        agent=claim.settings.agent,
        against=evidence.against,
        key=".".join(map(str, (*seeds.section, *seeds.key))),
        seeds=seeds.now,
        level=level,
        noise=None if noise is None else noise.source,
        unit=evidence.unit,
        margin=margin,
        detectable=None if noise is None else detectable(noise.way, seeds.now, noise.spread, level),
        needed=None if noise is None else needed(margin, noise.way, noise.spread, level),
    )


def _recorded(study: str, evidence: Evidence, root: Path) -> Noise | None:
    """Return the noise of the same claim in a recorded run of the study, the first by name that has it."""
    wanted = (evidence.kind, evidence.agent, evidence.against or "")
    # Sorted: the order of a folder differs from one file system to another.
    for path in sorted(root.glob(f"{REFERENCES}/{study}-*/*verdicts.csv")):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            if (row["kind"], row["agent"], row["against"]) == wanted and row.get("spread"):
                source = path.parent.relative_to(root).as_posix()
                return Noise(source, cast("Way", row["way"]), Spread.from_text(row["spread"]))
    return None


def needed(margin: float, way: Way, spread: Spread, level: float) -> int | None:
    """Return the fewest seeds in each arm with which the claim's test finds an effect of the margin."""

    def finds(seeds: int) -> bool:
        effect = detectable(way, seeds, spread, level)
        return effect is not None and at_most(effect, margin)

    fewest = 2 if way == "two samples" else FEWEST
    early = next((seeds for seeds in range(fewest, SMALL) if finds(seeds)), None)
    if early is not None or not finds(MOST_SEEDS):
        return early
    # From SMALL on more seeds never find less, so that halving the interval finds the fewest.
    low, high = SMALL - 1, MOST_SEEDS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if finds(middle) else (middle, high)
    return high
