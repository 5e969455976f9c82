"""What is known of a study's dataset: which class is which number, how many images, which are copies, some of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlsearch.config import artefacts
from rlsearch.data.kinds.base import Pictures
from rlsearch.report.study import StudyData

FEW, EACH, EACH_OF_MANY, MOST = 2, 12, 6, 20
"""Pictures of each group where there are at most FEW groups, and where there are more; the most groups shown."""


def rows(study: StudyData) -> list[dict[str, Any]]:
    """Return rows as those of `provenance.rows`; none before the dataset is fetched."""
    manifest = study.manifest
    if manifest is None:
        return []
    facts = study.kind.facts(manifest)
    return [{"what": what, "value": value, "phases": "fetch", "files": 1} for what, value in facts.items()]


def remarks(study: StudyData) -> list[str]:
    """Return what the fetch phase found remarkable: copies of pictures, files that were left out."""
    manifest = study.manifest or {}
    return list(manifest.get("remarks", []))


def pictures(study: StudyData) -> Pictures:
    """Return training samples as pictures, by what they are (see `Kind.pictures`); none where there is nothing to see.

    Raises:
        RlsearchError: the file of the training samples cannot be read.
    """
    manifest = study.manifest
    if manifest is None or not study.settings.tasks:
        return ()
    each = EACH if study.kind.form(manifest).outputs <= FEW else EACH_OF_MANY

    def read(path: Path) -> Pictures | None:
        return study.kind.pictures(path, manifest, each, MOST)

    train = artefacts.data_folder(study.settings.dataset) / artefacts.DATA_FILES[0]
    return study.files.read(train, read) or ()
