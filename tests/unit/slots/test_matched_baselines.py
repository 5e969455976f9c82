"""Baselines of cells at the size of what was found, as the target builds it; the report says how near they come."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from rlsearch.cell_costs import costs
from rlsearch.config.artefacts import Slot
from rlsearch.data.kinds.base import Form
from rlsearch.report.study import StudyData
from rlsearch.report.tables import slots as table
from rlsearch.slots import baseline
from rlsearch.slots.base import Searched
from rlsearch.spaces.nasnet_cells import NASNetCells


def test_a_baseline_has_the_size_of_the_network_that_is_retrained(monkeypatch: pytest.MonkeyPatch) -> None:
    space, options = NASNetCells(), {"filters": 12, "cells": 2}
    answer = {"slot": "best-random", "label": "found", "key": "0", "spec": space.decode(space.spread(1)[0])}
    monkeypatch.setattr(baseline, "_best_of_all", lambda searched: answer)
    settings = SimpleNamespace(target=SimpleNamespace(network_options=options))
    searched = cast("Searched", SimpleNamespace(space=space, settings=settings, form=lambda: Form((1, 8, 8), 10)))
    file = baseline.SLOT.fill(Slot("separable", "baseline", "separable", 2, "reference"), searched)
    found, made = (
        costs((1, 8, 8), 10, **{**options, **spec["network"]}).parameters for spec in (answer["spec"], file["spec"])
    )
    assert abs(made / found - 1) < 0.06 and file["matched_to"]["slot"] == "best-random"
    retrained: dict[str, Any] = {"separable": {"parameters": 1020}, "best-random": {"parameters": 1000}}
    selected = {"separable": file, "best-random": answer}
    data = cast("StudyData", SimpleNamespace(selected=selected, retrained=retrained))
    assert table._matched(data) == " separable was built to the size of best-random (2.0 % more parameters)."
    del retrained["best-random"]
    assert table._matched(data) == " separable was built to the size of best-random."
