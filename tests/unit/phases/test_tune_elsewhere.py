"""`retrain.tune` outside of the job: plan, status, report, checks, transfers, text."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import text_project
import tiny
from rlsearch import checks
from rlsearch.checks.whole import before_work
from rlsearch.config import artefacts
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.config.recipes import recipes
from rlsearch.config.transfer_models import TransferSettings
from rlsearch.data import fetch
from rlsearch.errors import SettingsError
from rlsearch.evidence import standing
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.overview.measured import MeasuredStudy
from rlsearch.overview.state import StudyState
from rlsearch.phases import retrain
from rlsearch.report import cost, metrics
from rlsearch.report.sections import target
from rlsearch.report.study import StudyData
from rlsearch.report.tables import cost as cost_table
from rlsearch.report.tables import slots as slots_table
from tuned_study import SIZE, TUNE, folder, made, ran


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    return ran(tmp_path_factory.mktemp("tuned"))


def test_other_recipes_make_results_foreign_and_status_knows(
    tuned: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("rlsearch.search.ready.fetched", lambda *_: True)
    root, params = tmp_path / "copy", tuned[1]
    shutil.copytree(tuned[0], root)

    def done(params: Params) -> int:
        state = StudyState(params, "tiny", root)
        return next(phase.done for phase in state.phases() if phase.phase == "retrain")

    assert (done(params), standing.foreign(params, root)) == (2, [])
    for tune in (None, {**TUNE, "lr": [1e-6, 0.02]}):
        other = made(root, tune)
        assert done(other) == 0 and len(standing.foreign(other, root)) == 2
    plain = made(root, None)
    slot = artefacts.slots(plain.studies["tiny"])[0]
    assert not any("tune" in key for key in Asked(plain).settings("retrain", study="tiny", slot=slot))
    assert "studies.tiny.retrain.tune" in Asked(params).settings("retrain", study="tiny", slot=slot)


def test_the_plan_counts_every_try(tuned: tuple[Path, Params]) -> None:
    root, params = tuned
    plain = MeasuredStudy(made(root, None), "tiny", {"spots": SIZE}, params.runtime, 1).work["retrain"]
    made(root)
    measured = MeasuredStudy(params, "tiny", {"spots": SIZE}, params.runtime, 1)
    work = measured.work["retrain"]
    slots = artefacts.slots(params.studies["tiny"])
    # Members of the ensemble that no other slot holds by its settings are tried too.
    networks = sum(slot.networks for slot in slots)
    tries = read_json(folder(root) / "metrics.json")["tuned"][0]["tries"]
    assert work.tries == 4 * networks and work.children == plain.children + work.tries
    assert work.flops == plain.flops + networks * sum(one["flops"] for one in tries)
    assert len(work.jobs) == len(plain.jobs)  # how long they take is measured anew, and other work may come between


def test_the_report_shows_recipes_and_their_cost(tuned: tuple[Path, Params]) -> None:
    root, params = tuned
    data = StudyData(params, "tiny", root)
    text = target.introduction(data)
    assert text.startswith("For every slot 4 recipes are tried first") and "on the training images alone; the" in text
    table = slots_table.table(data)
    assert "recipe" in [column.key for column in table.columns]
    said = {row["slot"]: row["recipe"] for row in table.rows}
    assert re.fullmatch(r"dropout \[.*\]; lr 0.01", said["he"]) and said["together"] == "of each member"
    assert said["together, member 1"] == said["he"]
    count, flops = cost.tuning(data)
    assert count == 12 and flops > 0
    (row,) = [row for row in cost_table.table(data).rows if "recipes" in row["agent"]]
    assert row == {"agent": "recipes of retraining (12 trainings in all)", "search_flops": flops}
    assert metrics.build([data])["studies"]["tiny"]["cost"]["tuning_flops"] == flops
    plain = StudyData(made(root, None), "tiny", root)
    made(root)
    assert "recipe" not in [column.key for column in slots_table.table(plain).columns]


@pytest.mark.parametrize(
    ("tune", "changes", "said"),
    [
        ({}, {}, "makes 0 recipes|makes 1 recipe"),
        ({"lr": [0.1]}, {}, "makes 1 recipe, of 2 to 1000"),
        ({"lr": [0.1, 0.1]}, {}, "holds a value twice"),
        ({"lr": [0.1, -1.0]}, {}, "above 0 and at most"),
        ({"network_options": {"dropout": [0.1, 0.1]}}, {}, "`dropout` holds a value twice"),
        ({"learning_rate": [0.1, 1.0]}, {}, "learning_rate"),
        ({"network_options": {"dropuot": [0.1, 0.2]}}, {}, "dropuot.*dropout"),
        ({"schedule": [{"type": "step", "every": 1}, {"type": "step", "every": 5}]}, {}, "schedule.every 5 must be"),
        ({"lr": [0.1, 0.2]}, tiny.CONTROL, "candidates of space optimizer-selection say themselves how they are"),
    ],
)
def test_what_cannot_be_tried_is_refused(tune: Any, changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        tiny.study(tmp_path, **{**changes, "retrain": {"seeds": 1, "tune": tune}})
    text = " ".join(str(caught.value).split())
    assert "studies.tiny.retrain.tune" in text and re.search(said, text)


def test_nothing_is_chosen_on_the_test_set(tmp_path: Path) -> None:
    made(tmp_path)
    own = {"source": "npz", "path": "mine.npz", "validation": "published-test", "test": None}
    study = {**copy.deepcopy(tiny.STUDY), "retrain": {"seeds": 1, "tune": TUNE}}
    raw = {"preset": "test", "datasets": {"spots": own}, "runtime": {}, "studies": {"tiny": study}}
    with pytest.raises(SettingsError, match="must be null: the validation data of spots are its test set"):
        checks.validate(raw)


def test_options_that_make_no_network_are_refused_before_work() -> None:
    study = {**copy.deepcopy(tiny.STUDY), "dataset": "digits", "retrain": {"seeds": 1}}
    study["retrain"]["tune"] = {"network_options": {"dropout": [[0.0, 0.0, 0.0, 0.0], [0.5]]}}
    digits = {"source": "digits", "test": 0.2}
    params = checks.validate(
        {"preset": "test", "datasets": {"digits": digits}, "runtime": {}, "studies": {"tiny": study}}
    )
    (fault,) = before_work(params)
    assert fault.path == ("studies", "tiny", "retrain", "tune", "network_options")
    assert "make no network for" in fault.problem and fault.value == {"dropout": [0.5]}


def test_a_transfer_takes_no_recipes_over(tmp_path: Path) -> None:
    moved = {"study": "tiny", "slots": ["he"], "dataset": "spots", "task": tiny.STUDY["target"], "seeds": 1}
    params = made(tmp_path)
    transfer = TransferSettings.model_validate(moved)
    params = params.model_copy(update={"transfers": {"moved": transfer}})
    assert recipes(artefacts.transferred(params, "moved").studies["moved"]) == ()


def test_recipes_of_text(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own.parent)
    tune = {"lr": [1e-9, 0.02], "schedule": [{"type": "constant"}, {"type": "step", "factor": 0.5, "every": 1}]}
    params = text_project.params(own, retrain={"seeds": 1, "tune": tune, "train_on": "train"})
    fetch.run(params, "text")
    chosen = {"status": "filled", "reason": None, "label": "narrow", "key": "k", "spec": {"network": {"hidden": 2}}}
    write_atomic(artefacts.select_folder("tiny") / "narrow.json", pretty_json({**chosen, "proxy": None}))
    retrain.run(params, "tiny", "narrow")
    metrics = read_json(artefacts.retrain_folder("tiny", "narrow") / "metrics.json")
    (network,) = metrics["tuned"]
    losses = [one["validation_loss"] for one in network["tries"]]
    # Of perplexity the lowest is the best.
    assert network["chosen"] == losses.index(min(losses)) >= 2
    assert {one["samples"] for one in network["tries"]} == {run["samples"] for run in metrics["runs"]}
