"""Where the results of a study came from, gathered from the files that say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rlsearch.files import canonical_json
from rlsearch.report.study import StudyData

_FIELDS = {
    "device": "device",
    "threads": "threads per child",
    "cpu": "processor",
    "image": "container image",
    "data": "digest of the data",
    "code": "digest of the code",
}


def rows(study: StudyData) -> list[dict[str, Any]]:
    """Return one row per fact: `what`, `value`, and `files` (how many artefacts say so).

    Facts that differ between artefacts of one phase come on several rows, so that mixed results are seen.
    """
    found = []
    for phase, blocks in _blocks(study).items():
        for key, title in _FIELDS.items():
            counts = Counter(str(block[key]) for block in blocks if block.get(key) is not None)
            for value, files in sorted(counts.items()):
                found.append({"phase": phase, "what": title, "value": value, "files": files})
        versions = Counter(canonical_json(block.get("versions", {})) for block in blocks)
        for text, files in sorted(versions.items()):
            found.append({"phase": phase, "what": "versions", "value": _plain(text), "files": files})
    return found


def mixed(study: StudyData) -> list[str]:
    """Return the phases whose artefacts were made by different versions, devices or processors."""
    facts = Counter((row["phase"], row["what"]) for row in rows(study))
    compared = {"versions", "device", "threads per child", "processor", "container image"}
    return sorted({f"{phase} ({what})" for (phase, what), count in facts.items() if count > 1 and what in compared})


def _blocks(study: StudyData) -> dict[str, list[Mapping[str, Any]]]:
    sources = {"search": study.summaries, "controls": study.controls, "retrain": study.retrained}
    return {phase: [value["provenance"] for value in files.values()] for phase, files in sources.items() if files}


def _plain(versions: str) -> str:
    return versions.strip("{}").replace('"', "").replace(":", " ").replace(",", ", ")
