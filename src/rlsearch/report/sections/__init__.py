"""One module per section of a study's part of the page. A new file in this folder is a new section.

A module has `TITLE`, `ORDER` (its place on the page), `NEEDS` (the result folders that it is made of) and the functions
of `SectionModule`; figures and tables name it by its file's name. It may have `further(study)`: the title and the lines
of a list below its figures and tables, which the reader unfolds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from rlsearch.report import parts
from rlsearch.report.study import StudyData


class SectionModule(Protocol):
    """What a section's module offers."""

    TITLE: str
    ORDER: int
    NEEDS: tuple[str, ...]

    def applies(self, study: StudyData) -> bool:
        """Tell whether the settings of the study lead to the section at all."""

    def introduction(self, study: StudyData) -> str:
        """Return what the section is about in this study; what is no `Markup` is escaped."""


@dataclass(frozen=True)
class Section:
    """A section as a study's part of the page shows it; `id` ties figures and tables to it."""

    id: str
    title: str
    needs: Sequence[str]
    introduction: str
    further: tuple[str, Sequence[str]]


@cache
def modules() -> dict[str, SectionModule]:
    """Return all sections by name, in the order of the page."""
    return {name: cast(SectionModule, module) for name, module in parts.in_order("sections").items()}


def of(study: StudyData) -> list[Section]:
    """Return the sections to which the settings of a study lead."""
    return [_section(study, name, module) for name, module in modules().items() if module.applies(study)]


def _section(study: StudyData, name: str, module: SectionModule) -> Section:
    further = module.further(study) if hasattr(module, "further") else ("", ())
    return Section(name, module.TITLE, module.NEEDS, module.introduction(study), further)
