"""Figures, tables and sections of the report are files: a new one is on the page, and nothing else has to know it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import artefact_factory
from rlsearch import provenance
from rlsearch.config import artefacts
from rlsearch.errors import PluginError
from rlsearch.phases import report
from rlsearch.report import figures, parts, sections, tables

MADE_UP = {
    "sections/weather.py": """
TITLE, ORDER, NEEDS = "The <weather>", 15, ()

def applies(study):
    return study.name == "init-scale"

def introduction(study):
    return f"It <rained> on {study.name}."

def further(study):
    return "More", ("rain & snow",)
""",
    "tables/rain_fall.py": """
from rlsearch.report.table import Column, Table

SECTION, ORDER = "weather", 1

def table(study):
    return Table("How much it rained", (Column("depth", "depth (mm)"),), [{"depth": 7, "where": None}], "A note.")
""",
    "figures/clouds.py": """
from rlsearch.report.plotting import style

TITLE, SECTION, ORDER = "Clouds", "weather", 1

def applies(study):
    return True

def draw(study, layout):
    return style.panels(layout, 1, height=1.0)[0]

def caption(study):
    return "Many clouds."

alt = caption
""",
}


def forget() -> None:
    for kind in (figures, tables, sections):
        kind.modules.cache_clear()


@pytest.fixture
def made_up(own: Path) -> Iterator[Path]:
    """Return the folder `extensions/report/` of a project with a section, a table and a figure of its own."""
    for name, text in MADE_UP.items():
        path = own / "report" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    forget()
    yield own / "report"
    forget()


def test_a_new_section_table_and_figure_are_on_the_page(tmp_path: Path, made_up: Path) -> None:
    params = artefact_factory.build(tmp_path, parts=())
    page = report.run(params, tmp_path, partial=True)
    text = page.read_text(encoding="utf-8")
    start = text.index('<section id="init-scale-weather">')
    shown = text[start : text.index("</section>", start)]
    for part in (
        "<h3>The &lt;weather&gt;</h3>",
        "<p>It &lt;rained&gt; on init-scale.</p>",
        "How much it rained",
        "depth (mm)",
        "Many clouds.",
        "<summary>More</summary>",
        "rain &amp; snow",
    ):
        assert part in shown, part
    assert text.index('id="init-scale-search"') < start < text.index('id="init-scale-landscape"')
    assert 'href="#init-scale-weather"' in text
    assert (page.parent / "tables/init-scale-rain-fall.csv").read_text(encoding="utf-8") == "depth\n7\n"
    assert (page.parent / "figures/init-scale-clouds.png").is_file()
    files = provenance.phase_files("report", params)
    assert {f"extensions/report/{name}" for name in MADE_UP} <= set(files)


@pytest.mark.parametrize("kind", [tables, figures])
def test_what_belongs_to_no_section_is_refused(kind: object, made_up: Path) -> None:
    (made_up / "sections/weather.py").unlink()
    with pytest.raises(PluginError, match="belongs to no section: SECTION = 'weather'"):
        kind.modules()  # type: ignore[attr-defined]


def test_every_part_has_a_place_of_its_own() -> None:
    for kind in ("figures", "tables", "sections"):
        orders = [module.ORDER for module in parts.in_order(kind).values()]
        assert orders == sorted(set(orders)), kind


def test_the_needs_of_sections_are_result_folders() -> None:
    needs = {need for module in sections.modules().values() for need in module.NEEDS}
    assert needs <= {*artefacts.PHASES, "reference"}
