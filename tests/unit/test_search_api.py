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


def test_equal_settings_are_one_search(tmp_path: Path) -> None:
    search("grid", folder=tmp_path, points=5)
    search("grid", folder=tmp_path, agent_settings={"points": np.int64(5)})
    search("random", folder=tmp_path / "b")
    search("random", folder=tmp_path / "b", batch=1, seed=0, replacement=True)
    for given in ({"batch": 2}, {"seed": 1}, {"replacement": False}):
        with pytest.raises(ResumeError, match="another search"):
            search("random", folder=tmp_path / "b", **given)
