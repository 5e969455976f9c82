"""What the manifest of a study's dataset says: which class is which number, how many images, which are copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.evidence import tables
from rlsearch.report.study import StudyData


def rows(study: StudyData) -> list[dict[str, Any]]:
    """Return rows as those of `provenance.rows`; none before the dataset is fetched."""
    manifest = tables.manifest(study.root, study.settings.dataset)
    if manifest is None:
        return []
    facts = {"images": _images(manifest), "classes": _classes(manifest)}
    return [{"what": what, "value": value, "phases": "fetch", "files": 1} for what, value in facts.items()]


def remarks(study: StudyData) -> list[str]:
    """Return what the fetch phase found remarkable: copies of pictures, files that were left out."""
    manifest = tables.manifest(study.root, study.settings.dataset) or {}
    return list(manifest.get("remarks", []))


def _images(manifest: Mapping[str, Any]) -> str:
    return ", ".join(f"{manifest['counts'][name]} {name}" for name in ("train", "validation", "test"))


def _classes(manifest: Mapping[str, Any]) -> str:
    names = manifest.get("class_names")
    if not names:
        return f"{manifest['classes']}, numbered from 0 without names"
    return ", ".join(f"{number} = {name}" for number, name in enumerate(names))
