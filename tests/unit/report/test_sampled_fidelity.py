"""Proxy and target compared over a sample of what searches trained, as the page shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from matplotlib import rc_context

from artefact_factory import build, settings
from rlsearch.report import surprises
from rlsearch.report.figures import proxy_fidelity, reward_by_action
from rlsearch.report.plotting import style
from rlsearch.report.sections import fidelity as section
from rlsearch.report.study import StudyData
from rlsearch.report.tables import fidelity as table
from rlsearch.report.tables import published

STUDY = "init-scale"


def made(root: Path, **asked: Any) -> StudyData:
    return StudyData(build(root, raw=settings(fidelity=asked)), STUDY, root)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> StudyData:
    return made(tmp_path_factory.mktemp("sampled"), sample=12, seeds=1)


def test_the_page_says_what_the_sample_is(sampled: StudyData) -> None:
    told = section.introduction(sampled)
    size = sampled.selected["stratum-00"]["sample"]["networks"]
    assert f"The 12 networks compared are a stratified sample of the {size} different ones" in told
    assert "what no search proposed cannot be in it" in told
    shown = table.table(sampled)
    assert shown.title == "The sampled networks on proxy and target" and len(shown.rows) == 12
    assert proxy_fidelity.caption(sampled).startswith("12 of 12 sampled networks, each the mean of its proxy trainings")
    assert proxy_fidelity.alt(sampled).endswith("over 12 sampled networks.")
    assert {slot.kind for slot in sampled.compared} == {"best", "baseline"}


def test_a_grid_is_called_what_it_was(tmp_path: Path) -> None:
    study = made(tmp_path, agent="grid", seeds=2)
    assert "15 of 15 grid points" in proxy_fidelity.caption(study)
    assert section.introduction(study).endswith("in the same order as the target does.")


def test_along_a_single_decision_the_strata_are_in_its_order(sampled: StudyData) -> None:
    """Slots are in the order of the proxy's levels: taken for that of the decision, a line would run to and fro."""
    points = sampled.fidelity["points"]
    values = [sampled.value(sampled.selected[point["slot"]]["spec"]) for point in points]
    along = [sampled.value(sampled.selected[point["slot"]]["spec"]) for point in sampled.along(points)]
    assert None not in values and along == sorted(values, key=float) != values  # type: ignore[arg-type]
    assert not any("wrong way round" in told for told in surprises.surprises(sampled))


@pytest.mark.parametrize("layout", [style.WIDE, style.NARROW], ids=["wide", "narrow"])
def test_long_labels_are_numbers_of_slots(sampled: StudyData, layout: style.Layout) -> None:
    points, told = sampled.fidelity["points"], "Numbers are those of slots: 00 is stratum-00."
    for label, numbered in (("s = 1", False), (40 * "x", True)):
        sampled.fidelity = {**sampled.fidelity, "points": [{**point, "label": label} for point in points]}
        with rc_context(style.RC):
            figure = proxy_fidelity.draw(sampled, layout)
        labels = [text.get_text() for text in figure.axes[1].texts]
        plt.close(figure)
        assert (told in proxy_fidelity.caption(sampled)) is numbered and max(map(len, labels)) < 6


def test_no_number_of_a_grid_is_read_from_a_sample(sampled: StudyData) -> None:
    """A sampled network lies where chance put it; the slot of the same place in a grid would be another candidate."""
    assert published._grid_slot(sampled, 1.0) is None
    assert reward_by_action._points(sampled, reward_by_action._trained(sampled)) == []
    assert "grid point" not in reward_by_action.caption(sampled)
