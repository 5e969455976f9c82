"""The whole report, from made-up artefacts to the page, its figures, tables and numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from report_pages import SECTIONS, Made
from rlsearch.config import artefacts
from rlsearch.files import read_json, write_atomic
from rlsearch.phases import report
from rlsearch.report import drawing, figures
from rlsearch.report.plotting import style, svg
from rlsearch.report.study import StudyData


def numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for child in value.values():
            yield from numbers(child)
    else:
        yield value


def snapshot(root: Path) -> dict[str, bytes]:
    files = [path for path in (root / artefacts.REPORT_FOLDER).rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in [*files, root / artefacts.METRICS_FILE]}


def test_page_has_every_section_in_contents_and_body(full: Made) -> None:
    for section in SECTIONS:
        assert f"init-scale-{section}" in full.page.ids
        assert f"#init-scale-{section}" in full.page.links
    assert {"settings", "repeat", "glossary"} <= set(full.page.ids)


def test_page_is_one_well_formed_file(full: Made) -> None:
    assert full.page.open == []
    assert len(full.page.ids) == len(set(full.page.ids))
    assert "script" not in full.page.tags
    assert "link" not in full.page.tags or 'rel="icon" href="data:,"' in full.text
    assert len(full.text) < 3_000_000


def test_page_loads_nothing_and_every_link_leads_somewhere(full: Made) -> None:
    for link in full.page.links:
        if link.startswith("#"):
            assert link[1:] in full.page.ids
        elif not link.startswith("data:"):
            assert (full.folder / link).is_file(), link
    assert not re.search(r"@import|url\((?!#)", full.text)


def test_page_gives_verdicts_first_and_in_plain_words(full: Made) -> None:
    summary = full.text.index('id="init-scale-summary"')
    assert full.text.index('class="verdicts"') < full.text.index("<figure")
    for claim in ("finds better candidates than random", "beats he (s = 1)", "settles more tightly"):
        assert full.text.index(claim) > summary
    assert full.text.count('<li class="verdict ') == 3
    assert full.text.count('class="strip"') == 3
    assert full.text.count("All verdicts are about one split of the data") == 1


def test_page_shows_settings_and_provenance(full: Made) -> None:
    assert "seeds: 6" in full.text
    for value in ("torch 2.14.1", "a made-up processor", "da7a0000" * 4, "36 of"):
        assert value in full.text


OF_CHOICES = {"regret", "top-found", "table-rewards", "gradient-variance", "sampled-and-answers"}
OF_CONTROL = {"ribbons", "validation-curves", "level-by-cost", "returns", "carry", "policy-regret"}
"""Figures that a space of one continuous decision does not have; see test_report_layered.py, test_report_control.py."""
OF_EXPLORATION = {"epsilon-rewards", "epsilon-levels", "q-by-group", "q-by-field", "first-values", "layer-shares"}
"""Figures of agents that explore by a schedule, which take choices; see test_report_exploration.py."""
OF_CELLS = {"cells", "chosen-options", "low-shares", "tree-cells"}
"""Figures of cells, of options with groups, and of levels that settings name; each has a test file of its own."""


def drawn() -> list[str]:
    """Return the figures of the study."""
    return [name for name in figures.modules() if name not in OF_CHOICES | OF_CONTROL | OF_EXPLORATION | OF_CELLS]


def test_every_figure_is_drawn_and_has_svg_png_and_words(full: Made) -> None:
    for name in drawn():
        path = full.folder / "figures" / f"init-scale-{name}"
        assert ElementTree.parse(path.with_suffix(".svg")).getroot().tag.endswith("svg")
        assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        assert f"figure-init-scale-{name}" in full.page.ids
    assert len(list((full.folder / "figures").iterdir())) == 2 * len(drawn())
    assert len(full.page.labels) == 2 * len(drawn()) + 3
    assert all(label and len(label) > 40 for label in full.page.labels)


def test_inline_drawings_take_their_colours_from_the_page(full: Made) -> None:
    drawings = re.findall(r"<svg aria-hidden.*?</svg>", full.text, re.DOTALL)
    assert len(drawings) == 2 * len(drawn())
    sheet = full.text[: full.text.index("</style>")]
    looks = dict(re.findall(r"\.(s\d+) \{ ([^}]*) \}", sheet))
    assert not [look for look in looks.values() if re.search(r"#[0-9a-f]{6}\b", look)]
    for one in drawings:
        ElementTree.fromstring(one)
        assert " style=" not in one
        # Every class is defined: a missing one would be drawn in black.
        assert "currentColor" in " ".join(looks[name] for name in re.findall(r' class="([^"]*)"', one))
        assert not re.search(r"#[0-9a-f]{6}\b", one)
    # As the style of an element would, a class has the last word about joins of lines.
    assert sheet.index(".drawing * {") < sheet.index(".s0 {")


def test_every_study_says_what_its_space_holds(full: Made) -> None:
    assert "init-scale-space" in full.page.ids
    assert "141 sequences of decisions, each another scale. Every decision counts in all of the" in full.text


def test_every_table_has_a_csv_with_the_same_rows(full: Made) -> None:
    blocks = re.findall(r'id="init-scale-table-([a-z]+)">(.*?)tables/init-scale-\1\.csv', full.text, re.DOTALL)
    assert len(blocks) == 12
    for name, block in blocks:
        lines = (full.folder / "tables" / f"init-scale-{name}.csv").read_text().splitlines()
        assert block.count("<tr>") == len(lines)
    assert {f"init-scale-{name}.csv" for name, _ in blocks} | {"curves.csv", "curves"} == {
        path.name for path in (full.folder / "tables").iterdir()
    }


def test_curves_are_there_for_dvc_plots(full: Made) -> None:
    lines = (full.folder / "tables/curves.csv").read_text().splitlines()
    slots = artefacts.slots(full.params.studies["init-scale"])
    assert len(lines) == 1 + sum(slot.seeds * 6 for slot in slots)
    files = sorted(path.name for path in (full.folder / "tables/curves").iterdir())
    assert files == sorted(f"init-scale-{slot.name}.csv" for slot in slots)
    rows = (full.folder / "tables/curves/init-scale-he.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "1", "2", "3", "4", "5", "6"]


def test_published_numbers_are_grey_and_not_comparable_here(full: Made) -> None:
    for reason in ("dataset digits instead of cifar-10", "protocol corrected instead of as-published"):
        assert reason in full.text
    assert full.text.count('<td class="greyed">not comparable</td>') == 5
    for value in ("73.67 %", "86.42 %, 86.16 %", "Yaman &amp; Shondhani 2025"):
        assert value in full.text


def test_metrics_hold_finite_numbers_only_and_no_times(full: Made) -> None:
    metrics = read_json(full.root / artefacts.METRICS_FILE)
    values = list(numbers(metrics))
    assert len(values) > 100
    assert all(type(value) in (int, float) and math.isfinite(value) for value in values)
    assert "seconds" not in json.dumps(metrics)
    found = metrics["studies"]["init-scale"]
    best = read_json(full.root / artefacts.retrain_folder("init-scale", "best-reinforce") / "metrics.json")
    assert found["slots"]["best-reinforce"]["test_accuracy"] == pytest.approx(best["mean_test_accuracy"])
    assert found["claims"]["selected-beats-baseline-reinforce-over-he"]["verdict"] == {"better": 1}
    assert found["fidelity"]["all"]["n"] == 15


# Python 3.12 warns of every fork beside threads: a test runner's, or the one that watches a job's parent.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("processes", [1, 2])
def test_same_artefacts_give_the_same_bytes(half: Made, processes: int) -> None:
    first = snapshot(half.root)
    write_atomic(half.folder / "figures/init-scale-of-yesterday.svg", "<svg/>")
    report.run(half.params, half.root, partial=True, processes=processes)
    assert snapshot(half.root) == first


def test_every_figure_draws_the_same_bytes_again(full: Made) -> None:
    data = StudyData(full.params, "init-scale", full.root)
    for name in drawn():
        again = drawing.lay_out(figures.modules()[name], data, style.WIDE)
        file = full.folder / "figures" / f"init-scale-{name}.svg"
        assert svg.to_svg(again, f"init-scale-{name}") == file.read_text(encoding="utf-8")
