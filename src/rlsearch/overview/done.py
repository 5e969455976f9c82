"""The settings with the numbers of seeds that the results hold: what ran with other seeds has the same noise."""

from __future__ import annotations

from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.models import ControlSettings, Params, StudySettings
from rlsearch.evidence import tables

_COUNTS = {"repetitions": "runs", "gradient": "searches"}


def as_done(params: Params, root: Path) -> Params:
    """Return the settings with as many searches, repetitions and trainings as there are; the others where none are."""
    done = {name: _study(study, name, root) for name, study in params.studies.items()}
    return params.model_copy(update={"studies": done})


def _study(study: StudySettings, name: str, root: Path) -> StudySettings:
    seeds = max(
        (row["seed"] + 1 for row in tables.searches(root, name, study.measure) or ()), default=study.search.seeds
    )
    search = study.search.model_copy(update={"seeds": seeds})
    return study.model_copy(update={"search": search, "controls": _controls(study, name, root)})


def _controls(study: StudySettings, name: str, root: Path) -> ControlSettings:
    files = [tables.controls(root, name, agent) for agent in artefacts.controlled(study)]
    update = {}
    for block, count in _COUNTS.items():
        asked = getattr(study.controls, block)
        found = [file[block][count] for file in files if file is not None and file.get(block)]
        if asked is not None and found:
            update[block] = asked.model_copy(update={count: found[0]})
    return study.controls.model_copy(update=update)
