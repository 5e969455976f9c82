"""What the networks of the study are shown."""

from __future__ import annotations

from rlsearch.report.study import StudyData

TITLE = "The data"
ORDER = 5
NEEDS = ()


def applies(study: StudyData) -> bool:
    """Tell whether the dataset is fetched, and any network is trained on it."""
    return study.manifest is not None and bool(study.settings.tasks)


def introduction(study: StudyData) -> str:
    """Return where the data come from, and what and how many they are."""
    manifest = study.manifest
    assert manifest is not None
    counts = ", ".join(f"{manifest['counts'][part]} {part}" for part in ("train", "validation", "test"))
    described = study.kind.describe(study.kind.form(manifest))
    return f"Dataset {study.settings.dataset}, source {study.dataset.source}: {described}. {counts}."
