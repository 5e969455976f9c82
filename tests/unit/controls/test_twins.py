"""Never-updated twins: which agents have one, where it goes, and that it costs no training twice."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny
from rlsearch.agents import reinforce
from rlsearch.agents._making import make_agent
from rlsearch.agents.base import Agent
from rlsearch.config import artefacts
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import Params
from rlsearch.config.twins import agent_of, arms, is_twin, twin_of, twins
from rlsearch.errors import SettingsError
from rlsearch.evidence.results import Results
from rlsearch.files import read_json, read_jsonl
from rlsearch.phases import controls, search, select
from rlsearch.search import evaluators
from rlsearch.search.evaluators import ChildEvaluator, Request
from rlsearch.search.reserve import reserve, reserved
from rlsearch.search.store import OutcomeStore
from rlsearch.spaces.init_scale import InitScale
from rlsearch.training import tries
from rlsearch.training.outcome import Outcome

AGENTS: dict[str, Any] = {
    "reinforce": {"type": "reinforce", "lr": 0.1},
    "no-baseline": {"type": "reinforce", "baseline": "none", "lr": 0.1},
    "still": {"type": "reinforce", "learning": False},
    "random": {"type": "random"},
    "grid": {"type": "grid", "points": 3},
}
TWINS = ["reinforce-never-updated", "no-baseline-never-updated"]


def test_every_agent_that_learns_has_a_twin(tmp_path: Path) -> None:
    study = tiny.study(tmp_path, agents=AGENTS).studies["tiny"]
    found = twins(study)
    assert list(found) == TWINS and list(arms(study)) == [*AGENTS, *TWINS]
    for label, settings in found.items():
        own = study.agents[agent_of(label)]
        assert settings.model_dump() == {**own.model_dump(), "learning": False}
        assert is_twin(label) and twin_of(study, agent_of(label)) == label and not is_twin(agent_of(label))


def test_agents_that_differ_in_how_they_learn_alone_share_a_twin(tmp_path: Path) -> None:
    q_learning = {"type": "q-learning", "schedule": [[1.0, 4]]}
    agents = {
        "random": {"type": "random"},
        "q": q_learning,
        "max": {**q_learning, "update": "max"},
        "again": {**q_learning, "again": True},
        "again-max": {**q_learning, "again": True, "update": "max"},
    }
    study = tiny.study(tmp_path, **{**tiny.LAYERED, "agents": agents}).studies["tiny"]
    assert list(twins(study)) == ["q-never-updated", "again-never-updated"]
    owners = {label: twin_of(study, label).removesuffix("-never-updated") for label in list(agents)[1:]}
    assert owners == {"q": "q", "max": "q", "again": "again", "again-max": "again"}
    # Jobs have agents sorted by their names: a twin is called the same there.
    jobs = {**study.agents, "a-max": study.agents["max"]}
    for agents_of_jobs in (jobs, dict(sorted(jobs.items()))):
        ordered = study.model_copy(update={"agents": agents_of_jobs})
        assert set(twins(ordered)) == {"q-never-updated", "again-never-updated"}
        assert twin_of(ordered, "a-max") == "q-never-updated"


def test_twins_search_and_are_not_retrained(tmp_path: Path) -> None:
    params = tiny.study(tmp_path, agents=AGENTS, search={**tiny.STUDY["search"], "seeds": 2})
    study = params.studies["tiny"]
    assert artefacts.searches(params, "tiny")[-4:] == [(label, seed) for label in TWINS for seed in (0, 1)]
    assert not any(is_twin(slot.source) for slot in artefacts.slots(study))
    assert artefacts.controlled(study) == list(AGENTS)
    keys = [artefacts.settings_keys("search", study="tiny", agent=label) for label in ("reinforce", TWINS[0])]
    assert keys[0] == keys[1] and "studies.tiny.agents.reinforce" in keys[0]


def test_a_label_of_a_twin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="must not end in -never-updated") as caught:
        tiny.study(tmp_path, agents={"random-never-updated": {"type": "random"}, "random": {"type": "random"}})
    assert "studies.tiny.agents.random-never-updated" in str(caught.value)


def test_an_agent_that_learns_needs_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would have no twin, without a word."""

    class Bare(AgentSettings):
        type: Any = "reinforce"

    monkeypatch.setattr(reinforce, "SETTINGS", Bare)
    with pytest.raises(SettingsError, match=r"must derive from rlsearch\.config\.base\.LearnerSettings"):
        tiny.study(tmp_path, agents={"reinforce": {"type": "reinforce"}, "random": {"type": "random"}})


def actions(root: Path, label: str) -> list[Any]:
    return [trial["actions"] for trial in read_jsonl(root / artefacts.search_folder("tiny", label, 0) / "trials.jsonl")]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("twins")
    params = tiny.study(root, agents={label: AGENTS[label] for label in ("reinforce", "no-baseline", "random")})
    for label in ("reinforce", "no-baseline", "random", TWINS[0]):
        search.run(params, "tiny", label, 0, root)
    return root, params


def test_two_twins_of_one_policy_propose_the_same_and_train_nothing_twice(
    searched: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, params = searched

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a child was trained")

    monkeypatch.setattr(tries, "fit", never)
    search.run(params, "tiny", TWINS[1], 0, root)
    assert actions(root, TWINS[1]) == actions(root, TWINS[0]) != actions(root, "reinforce")
    assert actions(root, TWINS[0])[0] == actions(root, "reinforce")[0]
    summary = read_json(root / artefacts.search_folder("tiny", TWINS[1], 0) / "summary.json")
    assert summary["answer"] is not None and summary["agent"] == TWINS[1]
    select.run(params, "tiny", root)
    rows = Results(params, "tiny", root).searches or []
    # In the order that jobs have: agents by name, then their twins.
    assert [row["agent"] for row in rows] == ["no-baseline", "random", "reinforce", *sorted(TWINS)]


def test_a_policy_over_optimizers_has_a_twin_that_explores_as_long(tmp_path: Path) -> None:
    agents = {"dqn": {**tiny.CONTROL["agents"]["dqn"], "learning_starts": 2}}
    params = tiny.study(tmp_path, **{**tiny.CONTROL, "agents": agents})
    trials, policies = {}, {}
    for label in ("dqn", "dqn-never-updated"):
        search.run(params, "tiny", label, 0, tmp_path)
        folder = tmp_path / artefacts.search_folder("tiny", label, 0)
        trials[label], policies[label] = read_jsonl(folder / "trials.jsonl"), read_json(folder / "policy.json")
    shown = [[trial["diagnostics"]["epsilon"] for trial in found] for found in trials.values()]
    assert shown[0] == shown[1][: len(shown[0])] and len(set(shown[1])) > 1
    assert not any("td_loss" in trial["diagnostics"] for trial in trials["dqn-never-updated"])
    assert any("td_loss" in trial["diagnostics"] for trial in trials["dqn"])
    assert policies["dqn"]["policy"]["network"] != policies["dqn-never-updated"]["policy"]["network"]


def test_a_twin_has_no_simulated_controls(tmp_path: Path) -> None:
    params = tiny.study(tmp_path, agents={"reinforce": AGENTS["reinforce"], "random": AGENTS["random"]})
    controls.run(params, "tiny", TWINS[0], tmp_path)
    found = read_json(tmp_path / artefacts.controls_file("tiny", TWINS[0]))
    assert (found["learns"], found["permuted_labels"]) == (False, None)
    assert found["null_constant"] is found["null_heteroscedastic"] is found["planted"] is None


def test_a_twin_looks_at_what_its_policy_looks_at() -> None:
    """With `observation: previous` the last action and reward are seen, not learnt from."""
    torch.set_num_threads(1)
    settings = reinforce.Settings(observation="previous", learning=False)
    means = []
    for reward in (0.0, 9.0):
        twin = make_agent(InitScale(), settings, 1)
        assert isinstance(twin, Agent)
        weights = [value.clone() for value in twin.state_dict()["policy"].values()]
        first = twin.ask(1)
        twin.tell(first, [reward])
        means.append((first[0].info["policy_mean"], twin.ask(1)[0].info["policy_mean"]))
        assert all(torch.equal(a, b) for a, b in zip(weights, twin.state_dict()["policy"].values(), strict=True))
    assert means[0][0] == means[1][0] and means[0][1] != means[1][1]


def evaluator(root: Path, store: OutcomeStore) -> ChildEvaluator:
    return ChildEvaluator(None, "task", "tiny", 0, store, checkpoints=root / "children")  # type: ignore[arg-type]


def test_a_child_that_another_search_trains_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two searches side by side that ask for the same children train each of them once, in either order."""
    store, trained, begun, go_on = OutcomeStore(tmp_path / "store"), [], threading.Event(), threading.Event()

    def slow(task: Any, spec: Any, seed: int, checkpoint: Path) -> tuple[Outcome, float]:
        trained.append(spec["x"])
        begun.set()
        assert go_on.wait(30)
        return Outcome("ok", {"accuracy": 0.5}), 1.0

    monkeypatch.setattr(evaluators, "_train_child", slow)
    requests = [Request(number, {"x": number}, str(number)) for number in range(3)]
    found: list[list[bool]] = [[], []]

    def ask(which: int, asked: list[Request]) -> None:
        found[which] = [result.cached for _, result in evaluator(tmp_path, store).run(asked)]

    first = threading.Thread(target=ask, args=(0, requests))
    second = threading.Thread(target=ask, args=(1, requests[::-1]))
    first.start()
    assert begun.wait(30)
    second.start()
    go_on.set()
    first.join(30)
    second.join(30)
    assert sorted(trained) == [0, 1, 2]
    assert sorted(map(len, found)) == [3, 3] and sum(sum(cached) for cached in found) == 3
    assert not list((tmp_path / "store").rglob("*.lock"))


def test_a_reservation_ends_with_its_holder_and_not_twice(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    first = reserve(path)
    assert first is not None and reserve(path) is None
    first.release()
    second = reserved(path)
    first.release()
    assert path.exists() and reserve(path) is None
    second.release()


def test_without_locks_every_search_trains_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def no_locks(*_: Any) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    both = [reserve(tmp_path / "one.lock") for _ in range(2)]
    assert None not in both
    for one in both:
        assert one is not None
        one.release()
    monkeypatch.setattr(evaluators, "_train_child", lambda *_: (Outcome("failed", error="X"), 0.0))
    asked = [Request(0, {}, "a")]
    found = list(evaluator(tmp_path, OutcomeStore(tmp_path / "store")).run(asked))
    assert [result.outcome.status for _, result in found] == ["failed"] and np.isfinite(found[0][1].seconds)
