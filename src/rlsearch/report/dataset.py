"""What the manifest of a study's dataset says: which class is which number, how many images, which are copies."""

from __future__ import annotations

from typing import Any

from rlsearch.data.kinds import _registry as kinds
from rlsearch.evidence import tables
from rlsearch.report.study import StudyData


def rows(study: StudyData) -> list[dict[str, Any]]:
    """Return rows as those of `provenance.rows`; none before the dataset is fetched."""
    kind = kinds.of_network(study.settings.proxy.network)
    manifest = tables.manifest(study.root, study.settings.dataset, *kind.form_keys)
    if manifest is None:
        return []
    facts = kind.facts(manifest)
    return [{"what": what, "value": value, "phases": "fetch", "files": 1} for what, value in facts.items()]


def remarks(study: StudyData) -> list[str]:
    """Return what the fetch phase found remarkable: copies of pictures, files that were left out."""
    manifest = tables.manifest(study.root, study.settings.dataset) or {}
    return list(manifest.get("remarks", []))
