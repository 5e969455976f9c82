"""What each claim leaves to gain, told before anything has run: on a truth table random search is simulated for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rlsearch.config import plugins
from rlsearch.config.models import Params, StudySettings
from rlsearch.controls import repetitions
from rlsearch.evidence import claim_headroom
from rlsearch.evidence.claims import unit_of
from rlsearch.truth.table import TruthTable


def out_of_reach(params: Params, root: Path) -> Iterator[tuple[str, int, str]]:
    """Yield study, number and warning of each claim whose margin is above what the best chooser that we tried gains."""
    for name, study in params.studies.items():
        for index, claim in enumerate(study.claims):
            room = claim_headroom.of_claim(claim, params, name, root, random_search)
            if room.below(claim.margin):
                yield name, index, room.warning(claim.margin, unit_of(claim, study))


def random_search(settings: StudySettings, study: str, home: Path) -> Mapping[str, Any] | None:
    """Return the repetitions of random search on a study's table at its budget, as its controls would run them.

    Args:
        home: the folder that the table lies in.
    """
    agent = plugins.load("agents", "random").SETTINGS(type="random")
    chosen = settings.model_copy(update={"agents": {**settings.agents, "random": agent}})
    return repetitions.block(chosen, study, "random", TruthTable.load(str(settings.table), "validation", home))
