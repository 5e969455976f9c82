"""The settings with the numbers of seeds that the results hold: what ran with other seeds has the same noise."""

from __future__ import annotations

from rlsearch.config.models import ControlSettings, Params, StudySettings
from rlsearch.evidence.results import Files, Results

_COUNTS = {"repetitions": "runs", "gradient": "searches"}


def as_done(params: Params, files: Files) -> Params:
    """Return the settings with as many searches, repetitions and trainings as there are; the others where none are."""
    with_counts = {name: _study(Results(params, name, files.root, files)) for name in params.studies}
    return params.model_copy(update={"studies": with_counts})


def _study(results: Results) -> StudySettings:
    settings = results.settings
    seeds = max((row["seed"] + 1 for row in results.searches or ()), default=settings.search.seeds)
    search = settings.search.model_copy(update={"seeds": seeds})
    return settings.model_copy(update={"search": search, "controls": _controls(results)})


def _controls(results: Results) -> ControlSettings:
    update, controls = {}, results.settings.controls
    for block, count in _COUNTS.items():
        block_settings = getattr(controls, block)
        counts = [file[block][count] for file in results.controls.values() if file.get(block)]
        if block_settings is not None and counts:
            update[block] = block_settings.model_copy(update={count: counts[0]})
    return controls.model_copy(update=update)
