"""Of slots and optimizers, the kinds that a study has and names are what its jobs depend on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch import provenance
from rlsearch.config.models import Params
from rlsearch.search.identity import task_digest

ASKED = {"joined": {"type": "ensemble", "agent": "random", "count": 2}}
SWEEP: dict[str, Any] = {
    "space": {"type": "sgd-sweep"},
    "proxy": {**tiny.TASK, "epochs": 4},
    "target": {**tiny.TASK, "epochs": 4},
    "agents": {"random": {"type": "random"}},
    "baselines": [],
    "controls": {**tiny.STUDY["controls"], "permuted_labels": False},
}


def plugins_of(folder: str, phase: str, params: Params) -> set[str]:
    start = f"src/rlsearch/{folder}/"
    files = provenance.phase_files(phase, params, "tiny")
    found = {path.removeprefix(start).removesuffix(".py") for path in files if path.startswith(start)}
    return {name for name in found if not name.startswith("_") and name != "base"}


@pytest.mark.parametrize("phase", ["select", "retrain"])
def test_a_kind_of_slots_counts_where_a_study_has_one(phase: str, tmp_path: Path) -> None:
    without, with_one = tiny.study(tmp_path), tiny.study(tmp_path, retrain={"seeds": 3, "slots": ASKED})
    assert plugins_of("slots", phase, without) == {"baseline", "best"}
    assert plugins_of("slots", phase, with_one) == {"baseline", "best", "ensemble"}


def test_an_optimizer_counts_where_a_study_names_it(tmp_path: Path) -> None:
    for changes, optimizers in (({}, {"adam"}), (tiny.CONTROL, {"adam", "sam", "sgd"}), (SWEEP, {"adam", "sgd"})):
        params = tiny.study(tmp_path, **changes)
        assert plugins_of("training/optimizers", "search", params) == optimizers


def test_an_optimizer_that_only_the_code_of_a_space_names_counts(tmp_path: Path) -> None:
    """A space may write names into its specs that no setting holds."""
    named = provenance.optimizer_modules(tiny.study(tmp_path, **SWEEP).studies["tiny"].space)
    assert named == ["rlsearch.training.optimizers.sgd"]


def test_the_identity_of_children_leaves_out_what_they_cannot_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = tiny.study(tmp_path)
    settings, counted = params.studies["tiny"], list[str]()
    digest = provenance.code_digest
    monkeypatch.setattr(provenance, "code_digest", lambda *modules: counted.extend(modules) or digest(*modules))
    task_digest(settings.proxy, settings.space, params.runtime, [])
    assert [name for name in counted if ".optimizers." in name] == ["rlsearch.training.optimizers.adam"]
