"""Where the results of a study came from, gathered from the files that say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rlsearch.report import dataset
from rlsearch.report.study import StudyData

_FIELDS = {
    "device": "device",
    "threads": "threads per child",
    "cpu": "processor",
    "kernels": "kernels of torch",
    "versions": "versions",
    "image": "container image",
    "data": "digest of the data",
    "code": "digest of the code",
}
_ALIKE = ("device", "threads", "cpu", "kernels", "versions", "image")
"""What should be the same in every artefact of a study; data and code differ from phase to phase."""


def rows(study: StudyData) -> list[dict[str, Any]]:
    """Return one row per fact and value: `what`, `value`, `phases`, `files` (how many say so); the dataset's first."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for phase, block in _blocks(study):
        for key in _FIELDS:
            if block.get(key) is not None:
                counts.setdefault((key, _text(block[key])), Counter())[phase] += 1
    order = list(_FIELDS)
    return dataset.rows(study) + [
        {"what": _FIELDS[key], "value": value, "phases": ", ".join(phases), "files": phases.total()}
        for (key, value), phases in sorted(counts.items(), key=lambda item: order.index(item[0][0]))
    ]


def mixed(study: StudyData) -> list[str]:
    """Return in which facts the artefacts differ though they should not, e.g. when two machines shared the work."""
    values = {key: {_text(block.get(key)) for _, block in _blocks(study)} for key in _ALIKE}
    return [_FIELDS[key] for key, texts in values.items() if len(texts) > 1]


def _blocks(study: StudyData) -> list[tuple[str, Mapping[str, Any]]]:
    sources: dict[str, Mapping[Any, Mapping[str, Any]]] = {
        "search": study.summaries,
        "controls": study.controls,
        "retrain": study.retrained,
    }
    return [(phase, value["provenance"]) for phase, files in sources.items() for value in files.values()]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {version}" for name, version in sorted(value.items()))
    return str(value)
