"""Reports made from made-up artefacts, and how a test reads a page."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import artefact_factory
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.phases import report

SECTIONS = (
    "summary",
    "data",
    "search",
    "landscape",
    "target",
    "fidelity",
    "controls",
    "published",
    "cost",
    "provenance",
)
VOID = {"meta", "link"}


class Page(HTMLParser):
    """Collects identifiers, links and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.labels: list[str | None] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._keep(values)
        if values.get("role") == "img":
            self.labels.append(values.get("aria-label"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._keep(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _keep(self, values: dict[str, str | None]) -> None:
        self.ids += [value for value in [values.get("id")] if value]
        self.links += [value for key in ("href", "src", "xlink:href") if (value := values.get(key))]


def tiny(**changes: Any) -> dict[str, Any]:
    """Return settings of a study that draws every figure quickly."""
    sections: dict[str, Any] = {
        "agents": {"reinforce": {"type": "reinforce"}, "grid": {"type": "grid", "points": 3}},
        "search": {"seeds": 2, "budget": 20, "finalists": 2, "replicates": 2, "score_replicates": 2},
        "baselines": ["he", "xavier"],
        "retrain": {"seeds": 2},
        "controls": {"runs": 20, "episodes": 20, "replicates": 3, "actions": 3},
        "claims": [],
    }
    return artefact_factory.settings(**(sections | changes))


@dataclass
class Made:
    root: Path
    params: Params
    text: str
    page: Page

    @property
    def folder(self) -> Path:
        return self.root / artefacts.REPORT_FOLDER


def make(root: Path, partial: bool = False, **options: Any) -> Made:
    params = artefact_factory.build(root, **options)
    text = report.run(params, root, partial=partial).read_text(encoding="utf-8")
    return Made(root, params, text, Page(text))
