"""The driver of closed loops: what fails, diverges or runs out of patience, what was recorded, and what it costs."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path

import pytest
import torch

from rlsearch.config import plugins
from rlsearch.errors import ResumeError, RlsearchError, SearchStopped
from rlsearch.files import sealed
from rlsearch.search.budget import FlopLimit
from rlsearch.search.journal import Journal
from rlsearch.spaces.optimizer_selection import OptimizerSelection, Settings
from rlsearch.training.outcome import UnfitError
from step_world import EACH, SPACE, STEPS, TRIALS, Killed, World, driver, run


def relabel(folder: Path, number: int, label: str) -> None:
    """Change which choice was recorded, as another machine might have made it."""
    path = folder / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    step = [line for line in lines if line["kind"] == "step"][number]
    assert step["label"] != label
    step["label"], total, found = label, 0, b""
    for line in lines:
        del line["sum"]
        raw, total = sealed(line, total)
        found += raw + b"\n"
    path.write_bytes(found)


@EACH
def test_another_recorded_choice_is_an_error_that_keeps_the_work(agent: str, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(driver(tmp_path, agent, World(8)))
    with Journal(tmp_path / "journal.jsonl", {}) as journal:
        chosen = journal.recorded.steps[2, 1].label
    other = next(label for label in SPACE.labels if label != chosen)
    relabel(tmp_path, 7, other)
    before = (tmp_path / "journal.jsonl").read_bytes()
    with pytest.raises(ResumeError, match=f"step 1 of trial 2 was recorded as '{other}', but .* '{chosen}'") as caught:
        run(driver(tmp_path, agent, World(), environment={"cpu": "other"}))
    assert "cpu: None -> other" in str(caught.value) and "RLSEARCH_ACCEPT_RECORDED=1" in str(caught.value)
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    # Accepted: the recorded choice is what the child was given, what the ledger says, and marks the search.
    world = World()
    search = driver(tmp_path, agent, world, accept_recorded=True)
    found = run(search)
    assert not search.bit_exact
    assert world.children[0].labels[1] == other
    rows = [line.split(",") for line in found["steps"].splitlines()[1:]]
    assert len(rows) == STEPS and rows[7][:3] == ["2", "1", other]
    taken = search.journal.recorded.trials[2].proposal.actions
    assert [SPACE.labels[int(action)] for action in taken] == [row[2] for row in rows[6:9]]


def test_other_versions_mark_a_search(tmp_path: Path) -> None:
    run(driver(tmp_path, "ppo", World(), 2, environment={"torch": "1"}))
    search = driver(tmp_path, "ppo", World(), 2, environment={"torch": "2"})
    run(search)
    assert not search.bit_exact


@EACH
def test_a_child_that_raises_is_recorded_and_the_search_goes_on(
    agent: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    world = World(raises={(1, 1): [ZeroDivisionError()], (3, 0): [RuntimeError("no such kernel")]})
    search = driver(tmp_path, agent, world)
    found = run(search)
    trials = search.journal.recorded.trials
    assert [(trials[i].outcome.status, trials[i].outcome.error) for i in range(5)] == [
        ("ok", None),
        ("failed", "ZeroDivisionError"),
        ("ok", None),
        ("failed", "RuntimeError"),
        ("ok", None),
    ]
    assert [len(trials[i].proposal.actions) for i in range(TRIALS)] == [3, 2, 3, 1, 3, 3]
    assert search.learned is not None and all(child.ended for child in world.children)
    row = next(line.split(",") for line in found["steps"].splitlines() if line.startswith("1,1,"))
    assert row[3:] == ["", "", "-2.0", "0", "0.0"]
    assert run(driver(tmp_path, agent, World(0))) == found  # a recorded failure is not tried again


def test_a_child_that_cannot_be_made_is_recorded_by_its_cause(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    search = driver(tmp_path, "dqn", World(raises={(1, 0): [UnfitError("too small", "network", "UnicodeError")]}))
    run(search)
    outcome = search.journal.recorded.trials[1].outcome
    assert (outcome.status, outcome.error) == ("failed", "UnicodeError")
    assert search.journal.recorded.steps[1, 0].error == "UnicodeError"


def test_failing_children_stop_the_search_clearly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    random.seed(3)
    before = random.getstate()
    search = driver(tmp_path, "dqn", World(raises={(i, 0): [RuntimeError()] for i in range(9)}), 50)
    with pytest.raises(SearchStopped, match=r"5 of 5 children failed \(RuntimeError\)"):
        run(search)
    assert len(search.journal.recorded.trials) == 5
    assert random.getstate() == before


@pytest.mark.parametrize("error", [OSError("disk"), RlsearchError("settings")])
def test_faults_of_the_machine_are_no_fault_of_the_child(error: Exception, tmp_path: Path) -> None:
    search = driver(tmp_path, "ppo", World(raises={(0, 1): [error]}))
    with pytest.raises(type(error)):
        run(search)
    assert list(search.journal.recorded.steps) == [(0, 0)]


@pytest.mark.parametrize("error", [MemoryError, torch.OutOfMemoryError])
def test_out_of_memory_is_tried_once_more_and_never_recorded(
    error: type[Exception], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    whole = run(driver(tmp_path / "whole", "ppo", World()))
    world = World(raises={(0, 1): [error()]})
    assert run(driver(tmp_path / "once", "ppo", world)) == whole
    assert world.caught_up[:2] == [0, 1]  # a child half trained is not gone on with
    search = driver(tmp_path / "twice", "ppo", World(raises={(0, 1): [error(), error()]}))
    with pytest.raises(RlsearchError, match="lost twice"):
        run(search)
    assert list(search.journal.recorded.steps) == [(0, 0)]


@EACH
def test_a_diverged_child_earns_the_failure_reward_and_is_not_gone_on_with(agent: str, tmp_path: Path) -> None:
    world = World()
    world.diverges = {(2, 1)}
    search = driver(tmp_path, agent, world)
    found = run(search)
    entry = search.journal.recorded.trials[2]
    assert (entry.outcome.status, entry.outcome.epochs, len(entry.proposal.actions)) == ("diverged", 4, 2)
    assert search.reward(entry.outcome) == -2.0
    last = next(line.split(",") for line in found["steps"].splitlines() if line.startswith("2,1,"))
    assert last[5] == "-2.0" and last[4] == ""
    first = next(line.split(",") for line in found["steps"].splitlines() if line.startswith("2,0,"))
    assert entry.proposal.info["return"] == pytest.approx(float(first[5]) - 2.0)
    assert run(driver(tmp_path, agent, World(0))) == found


@EACH
def test_patience_cuts_episodes_short_also_when_resumed(agent: str, tmp_path: Path) -> None:
    space = OptimizerSelection(Settings(steps=3, patience=2))

    def search(folder: str, left: int = 10**6) -> dict[str, str]:
        world = World(left)
        world.patience = 2
        return run(driver(tmp_path / folder, agent, world, space=space))

    whole = search("whole")
    assert whole["steps"].count("\n") == 1 + 2 * TRIALS
    for left in (1, 2, 5):
        with pytest.raises(Killed):
            search(f"killed-{left}", left)
        assert search(f"killed-{left}") == whole
    with Journal(tmp_path / "whole" / "journal.jsonl", {}) as journal:
        for trial in range(TRIALS):
            taken = [journal.recorded.steps[trial, step].metrics["accuracy"] for step in (0, 1)]
            assert journal.recorded.trials[trial].outcome.metrics["accuracy"] == max(taken)  # the best step counts


@EACH
def test_steps_are_paid_for_and_the_budget_is_never_overrun(agent: str, tmp_path: Path) -> None:
    """Steps of 10 FLOPs, 20 with SAM; a whole training costs at most 60."""
    search = driver(
        tmp_path, agent, World(), FlopLimit(400, lambda _: 60, finalists=1, replicates=1, place=60, least=60)
    )
    found = run(search)
    rows = [line.split(",") for line in found["steps"].splitlines()[1:]]
    assert {(row[2] == "sam", row[6], row[7]) for row in rows} <= {(True, "20", "2.0"), (False, "10", "1.0")}
    spent = sum(int(row[6]) for row in rows)
    assert 340 - 60 < spent <= 340
    assert spent == sum(entry.outcome.flops for entry in search.journal.recorded.trials.values())


@EACH
def test_the_steps_file_says_what_the_agent_was_told(agent: str, tmp_path: Path) -> None:
    search = driver(tmp_path, agent, World())
    rows = [line.split(",") for line in run(search)["steps"].splitlines()[1:]]
    for trial, entry in search.journal.recorded.trials.items():
        told = [float(row[5]) for row in rows if row[0] == str(trial)]
        assert sum(told) == pytest.approx(entry.proposal.info["return"], rel=1e-12)


def test_an_agent_may_choose_among_fewer(tmp_path: Path) -> None:
    search = driver(tmp_path, "dqn", World(), optimizers=("sam", "sgd"))
    rows = [line.split(",")[2] for line in run(search)["steps"].splitlines()[1:]]
    assert set(rows) == {"sam", "sgd"}
    assert search.learned is not None and search.learned["training"]["policy"]["optimizers"] == ["sam", "sgd"]
    assert {a for e in search.journal.recorded.trials.values() for a in e.proposal.actions} == {0, 2}  # of the space


def test_an_algorithm_that_cannot_be_stored_is_refused_before_it_costs(tmp_path: Path) -> None:
    module, world = plugins.load("agents", "sb3"), World(0)
    search = driver(tmp_path, "ppo", world)
    search.agent = module.AGENT(SPACE, module.SETTINGS(algorithm="QRDQN", hidden=(8,), exploration_steps=10), 0)
    with search.journal, pytest.raises(RlsearchError, match="cannot be stored"):
        search.run()
    assert not world.children
