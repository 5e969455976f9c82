"""What the manifest of a study's dataset says: which class is which number, how many images, which are copies."""

from __future__ import annotations

from typing import Any

from rlsearch.report.study import StudyData


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
