"""Repetitions with one setting changed at a time: what is varied, what is kept, and what the report makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import layered_factory
import made_up_table
from rlsearch.config.models import Params
from rlsearch.controls import agent_sensitivity, repetitions
from rlsearch.errors import SettingsError
from rlsearch.evidence import worth
from rlsearch.report.study import StudyData
from rlsearch.report.tables import settings as settings_table
from rlsearch.search.answers import answers_of

ASKED = {"runs": 4, "trials": [40], "agents": {"lstm": {"batch": [2], "lr": [0.003, 0.03]}}}
AGENTS = {"lstm": {"type": "lstm-reinforce", "batch": 4}, "random": {"type": "random"}}


def varied(root: Path, asked: dict[str, Any], agents: Any = AGENTS) -> Params:
    made_up_table.write(root, noise=0.01)
    controls = {**made_up_table.STUDY["controls"], "agents": [], "sensitivity": asked, "gradient": None}
    return made_up_table.study(agents=agents, controls=controls, claims=[])


def test_one_setting_is_changed_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = varied(tmp_path, ASKED).studies["layers"]
    found = list(agent_sensitivity.variations(own, "lstm"))
    assert [(name, value) for name, value, _ in found] == [("batch", 2), ("lr", 0.003), ("lr", 0.03), ("trials", 40)]
    for name, value, one in found:
        before, after = own.agents["lstm"].model_dump(), one.agents["lstm"].model_dump()
        changed = {key: after[key] for key in after if after[key] != before[key]}
        assert changed == ({} if name == "trials" else {name: value})
        again = one.controls.repetitions
        assert again is not None and (again.runs, again.trials) == (4, 40 if name == "trials" else 30)


def test_variations_answer_as_repetitions_with_these_settings_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = varied(tmp_path, ASKED)
    own, answers = params.studies["layers"], answers_of(params, "layers", tmp_path)
    blocks = agent_sensitivity.block(answers, "lstm") or []
    assert [len(block["answers"]) for block in blocks] == [4] * 4
    for (_, _, one), block in zip(agent_sensitivity.variations(own, "lstm"), blocks, strict=True):
        whole = repetitions.block(answers, "lstm", one) or {}
        assert block["answers"] == whole["answers"] and block["flops"] == whole["flops"]
    assert sum(blocks[3]["flops"]) > sum(blocks[0]["flops"])
    assert agent_sensitivity.block(answers, "random") is None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "agent": ({"agents": {"random": {"batch": [2]}}}, "agent in this study that learns; allowed: lstm"),
    "setting": ({"agents": {"lstm": {"n_steps": [2]}}}, "setting of lstm-reinforce to vary"),
    "type": ({"agents": {"lstm": {"type": ["lstm-ppo"]}}}, "setting of lstm-reinforce to vary"),
    "value": ({"agents": {"lstm": {"lr": [-1.0]}}}, "controls.sensitivity.agents.lstm.lr[0] = -1.0"),
    "same": ({"agents": {"lstm": {"batch": [4]}}}, "is the agent's own value"),
    "runs": ({"runs": 13, "agents": {"lstm": {"batch": [2]}}}, "must be at most 12"),
    "nothing": ({"agents": {}}, "number of entries at least 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_variations_that_say_nothing_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked, message = REFUSED[name]
    with pytest.raises(SettingsError) as caught:
        varied(tmp_path, asked)
    assert message in " ".join(str(caught.value).split())


def test_the_report_shows_the_agent_as_it_is_and_then_each_variation(tmp_path: Path) -> None:
    asked = {"runs": 5, "agents": {"lstm-reinforce": {"lr": [0.003], "clip_reward": [1.0]}}, "trials": [50]}
    few = {label: layered_factory.AGENTS[label] for label in ("lstm-reinforce", "random")}
    controls = {**layered_factory.SETTINGS["studies"]["layered-cnn"]["controls"], "sensitivity": asked}
    raw = layered_factory.settings(agents=few, controls=controls, claims=[])
    params = layered_factory.build(tmp_path, raw=raw)
    data = StudyData(params, "layered-cnn", tmp_path)
    shown = settings_table.table(data).rows
    assert [row["setting"] for row in shown] == ["nothing", "lr: 0.003", "clip_reward: 1.0", "budget, in trials: 50"]
    block, truth = data.block("lstm-reinforce", "repetitions"), worth.load_truth(data)
    assert isinstance(truth, worth.Truth)
    regrets = worth.final(block, truth).values
    assert [row["runs"] for row in shown] == [5] * 4
    assert shown[0]["regret"] == pytest.approx(regrets[:5].mean())
    assert shown[1]["regret"] == pytest.approx(regrets[-5:].mean())
