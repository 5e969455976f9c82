"""`rlsearch.search`: every setting of every agent can be given, in one place, and nothing given is passed over."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import rlsearch
from rlsearch.agents.lstm_reinforce import Settings as LSTMSettings
from rlsearch.agents.random import Random, Settings
from rlsearch.config import plugins
from rlsearch.errors import ResumeError, RlsearchError
from rlsearch.search import api
from rlsearch.spaces.base import Choice, Space
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings

SPACE = LayeredCNN(LayeredSettings(layers=2, filters=(4, 8), strides=(1,)))
AGENTS = {name: plugins.load("agents", name).SETTINGS.model_fields for name in plugins.names("agents")}
PARAMETERS = set(inspect.signature(api.search).parameters)


def search(agent: Any = "random", trials: int = 4, **given: Any) -> Any:
    return rlsearch.search(SPACE, agent, lambda spec: 0.0, trials=trials, **given)


class Unusable:
    """No setting takes it."""


@pytest.mark.parametrize("agent", AGENTS)
def test_every_setting_of_every_agent_is_reached(agent: str) -> None:
    """Each is given a value that no setting takes: the message that names it shows that it has arrived."""
    for name in AGENTS[agent]:
        doors: list[dict[str, Any]] = [{"agent_settings": {name: Unusable()}}]
        doors += [{name: Unusable()}] if name not in PARAMETERS - {"batch"} else []
        for given in doors:
            with pytest.raises(RlsearchError, match=rf"(^|; ){name}: must be") as caught:
                search(agent, **given)
            assert f"agent '{agent}'" in str(caught.value)


@pytest.mark.parametrize(
    "batch", [{"batch": 3}, {"agent_settings": {"batch": 3}}, {"agent_settings": Settings(batch=3)}]
)
def test_batch_is_the_agents_own(batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Noted(Random):
        def __init__(self, space: Any, settings: Any, seed: int) -> None:
            super().__init__(space, settings, seed)
            self.batch = settings.batch

        def ask(self, count: int) -> Any:
            asked.append((count, self.batch))
            return super().ask(count)

    monkeypatch.setattr(plugins, "load", lambda kind, name: SimpleNamespace(SETTINGS=Settings, AGENT=Noted))
    search(trials=6, **batch)
    assert asked == [(3, 3), (3, 3)]


def test_an_agent_is_asked_in_batches_of_its_default() -> None:
    found = search("lstm-reinforce", trials=10)
    assert [trial.entry.stage for trial in found.trials] == [0] * 8 + [8] * 2
    same = search("lstm-reinforce", trials=10, agent_settings=LSTMSettings(hidden=35))
    assert [trial.actions for trial in same.trials] == [trial.actions for trial in found.trials]


@pytest.mark.parametrize(
    "given",
    [
        {"batch": 2, "agent_settings": {"batch": 2}},
        {"batch": 2, "agent_settings": Settings()},
        {"replacement": False, "agent_settings": {"replacement": True}},
    ],
)
def test_a_setting_given_twice_is_refused(given: Any) -> None:
    with pytest.raises(RlsearchError, match="is given twice"):
        search(**given)


@pytest.mark.parametrize("given", [{"answer": "first"}, {"agent_settings": {"answer": "first"}}])
def test_a_choice_of_finalists_is_refused_where_there_are_none(given: Any) -> None:
    with pytest.raises(RlsearchError, match="answer = 'first' has no effect here"):
        search(**given)
    search(trials=1, answer="best")


@pytest.mark.parametrize("given", [{"seed": 0}, {"lr": 0.1}, {"agent_settings": {}}])
def test_what_an_object_cannot_hear_is_refused(given: Any) -> None:
    with pytest.raises(RlsearchError, match="has no effect on an agent that is given as an object"):
        search(Random(SPACE, Settings(), 0), **given)


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ((InitScale, "random", float), "space = <class"),
        ((SPACE, Random, float), "agent = <class"),
        ((SPACE, None, float), "agent = None"),
        ((SPACE, "random", 0.5), "evaluate = 0.5"),
    ],
)
def test_a_part_that_is_none_is_refused(parts: Any, rule: str) -> None:
    with pytest.raises(RlsearchError, match=rule):
        rlsearch.search(*parts, trials=1)


@pytest.mark.parametrize("given", [{"trials": 0}, {"trials": 2.0}, {"trials": True}, {"batch": 0}, {"batch": 1.0}])
def test_counts_are_whole_numbers(given: Any) -> None:
    for agent in ("random", Random(SPACE, Settings(), 0)):
        with pytest.raises(RlsearchError, match=next(iter(given))):
            search(agent, **given)


def test_numpy_numbers_are_settings() -> None:
    given = {"lr": np.float32(0.5), "hidden": np.int64(4), "batch": np.int64(2)}
    assert search("lstm-reinforce", trials=np.int64(4), seed=np.int64(3), **given).trials


def layered(**given: Any) -> LayeredCNN:
    return LayeredCNN(LayeredSettings(layers=2, strides=(1,), **given))


def test_another_space_of_the_same_class_is_another_search(tmp_path: Path) -> None:
    def run(space: Any, trials: int = 4) -> Any:
        return rlsearch.search(space, "random", lambda spec: 0.0, trials=trials, folder=tmp_path)

    first = [trial.key for trial in run(layered(filters=(4, 8))).trials]
    with pytest.raises(ResumeError, match=r"`filters` of its space is \[4, 8\], not \[4, 9\]"):
        run(layered(filters=(4, 9)), 6)
    with pytest.raises(ResumeError, match="space of class LayeredCNN had other candidates"):
        run(LayeredCNN(LayeredSettings(layers=2, strides=(1,), filters=(4, 8)), layers=3))
    assert [trial.key for trial in run(layered(filters=(4, 8)), 6).trials[:4]] == first


class Powers(Space):
    """A space without settings."""

    def __init__(self, base: int) -> None:
        self.base = base

    def next(self, prefix: Any) -> Any:
        return None if prefix else Choice("power", (1, 2, 3), np.ones(3, dtype=bool))

    def decode(self, actions: Any) -> Any:
        return {"value": self.base ** (1 + int(actions[0]))}

    def spread(self, count: int) -> Any:
        raise NotImplementedError

    def planted(self, actions: Any) -> float:
        raise NotImplementedError


def test_a_space_of_ones_own_is_known_by_its_candidates(tmp_path: Path) -> None:
    rlsearch.search(Powers(2), "random", lambda spec: 0.0, trials=3, folder=tmp_path)
    with pytest.raises(ResumeError, match="space of class Powers had other candidates than this one"):
        rlsearch.search(Powers(3), "random", lambda spec: 0.0, trials=5, folder=tmp_path)


def test_a_journal_without_a_space_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As journals were before they knew their space."""
    with monkeypatch.context() as before:
        before.setattr(api, "_identified", lambda space: {"space": type(space).__name__})
        first = [trial.key for trial in search(folder=tmp_path).trials]
    assert [trial.key for trial in search(trials=6, folder=tmp_path).trials[:4]] == first


def test_a_file_in_the_place_of_the_folder_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    for folder in (tmp_path / "taken", tmp_path / "taken/below"):
        with pytest.raises(RlsearchError, match="there is a file where a folder is needed"):
            search(folder=folder)


def test_equal_settings_are_one_search(tmp_path: Path) -> None:
    search("grid", folder=tmp_path, points=5)
    search("grid", folder=tmp_path, agent_settings={"points": np.int64(5)})
    search("random", folder=tmp_path / "b")
    search("random", folder=tmp_path / "b", batch=1, seed=0, replacement=True)
    for given in ({"batch": 2}, {"seed": 1}, {"replacement": False}):
        with pytest.raises(ResumeError, match="another search"):
            search("random", folder=tmp_path / "b", **given)
