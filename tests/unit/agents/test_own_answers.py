"""What functions and spaces of a user's own return: rewards, outcomes, specs, keys and seeds."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rlsearch
from own_agent import Scripted, Small, run
from rlsearch import seeds
from rlsearch.agents.base import Proposal
from rlsearch.agents.random import Random, Settings
from rlsearch.errors import RlsearchError
from rlsearch.plain import plain, whole
from rlsearch.spaces.base import Actions, Choice, Continuous, Decision, Spec
from rlsearch.training.outcome import Outcome

pytestmark = pytest.mark.filterwarnings("error")


def test_numpy_and_torch_are_made_plain(tmp_path: Path) -> None:
    class Numpy(Small):
        def next(self, prefix: Actions) -> Decision | None:
            parts = (
                Choice("width", tuple(np.array([8, 16, 32])), np.array([True, True, False])),  # type: ignore[arg-type]
                Continuous("rate", np.float64(0.1), np.float64(0.9), np.int64(1)),  # type: ignore[arg-type]
            )
            return parts[len(prefix)] if len(prefix) < 2 else None

        def decode(self, actions: Actions) -> Spec:
            width = np.array([8, 16, 32])[actions[0]]
            return {"width": width, "rate": np.float32(0.5), "kernel": np.array([3, 3]), "on": np.bool_(True)}

    proposals = [
        Proposal((np.int64(1), np.float32(0.5)), np.int64(2), {"mean": np.float32(0.25)}),  # type: ignore[arg-type]
        Proposal((torch.tensor(0), np.array(0.7)), info={"mean": torch.tensor(0.5)}),  # type: ignore[arg-type,dict-item]
        Proposal([True, Fraction(1, 2)]),  # type: ignore[arg-type,list-item]
    ]
    agent = Scripted(*proposals, told={"loss": np.float32(0.5)})
    seen: list[Spec] = []

    def evaluate(spec: Spec) -> Outcome:
        seen.append(spec)
        metrics = {"value": np.float32(2.0), "accuracy": torch.tensor(0.5)}
        return Outcome("ok", metrics, flops=np.int64(7), epochs=np.int32(1))  # type: ignore[arg-type]

    found = run(agent, evaluate, Numpy(), folder=tmp_path, batch=np.int64(1))
    assert [trial.actions for trial in found.trials] == [(1, 0.5), (0, 0.7), (1, 0.5)]
    kinds = [tuple(type(action) for action in trial.actions) for trial in found.trials]
    assert kinds == [(int, float)] * 3
    assert seen[0] == {"width": 16, "rate": 0.5, "kernel": [3, 3], "on": True}
    assert [type(value) for value in seen[0].values()] == [int, float, list, bool]
    assert agent.heard[0] == Proposal((1, 0.5), 2, {"mean": 0.25})
    again = run(Scripted(*proposals, told={"loss": 0.5}), evaluate, Numpy(), folder=tmp_path)
    assert [trial.reward for trial in again.trials] == [2.0] * 3
    assert len(seen) == 3, "the second call answers from the journal"
    assert all(json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines())


@pytest.mark.parametrize(
    "reward",
    [0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), torch.tensor(0.5), Decimal("0.5"), Fraction(1, 2)],
    ids=repr,
)
def test_a_number_is_a_reward(reward: Any) -> None:
    found = run(Scripted((0, 0.5)), lambda spec: reward)
    assert found.best.reward == 0.5
    assert type(found.best.reward) is float


@pytest.mark.parametrize(
    "reward",
    [
        *(None, "0.5", b"1", True, np.bool_(True), math.nan, math.inf, -math.inf, 1j, np.complex128(1), 10**400),
        *(np.array([0.5]), torch.tensor([0.5]), torch.tensor(math.nan), torch.tensor(True), [0.5], {"value": 0.5}),
        Outcome("ok"),
        Outcome("ok", {"value": math.nan}),
        Outcome("diverged", {"value": math.inf}),
        Outcome("ok", {"value": 1.0, "accuracy": math.nan}),
        Outcome("ok", {"value": True}),
        Outcome("diverged", {"value": 1.0, "accuracy": "low"}),  # type: ignore[dict-item]
    ],
    ids=repr,
)
def test_what_is_no_finite_number_is_no_reward(reward: Any) -> None:
    with pytest.raises(RlsearchError, match="the function returned") as caught:
        run(Scripted((0, 0.5)), lambda spec: reward)
    assert "a finite number, or Outcome" in str(caught.value)


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        (Outcome("fine", {"value": 1.0}), "ok, diverged, invalid, failed"),  # type: ignore[arg-type]
        (Outcome("ok", {"value": 1.0}, flops=1.5), r"Outcome.flops = 1\.5"),  # type: ignore[arg-type]
        (Outcome("ok", {"value": 1.0}, samples=-1), r"Outcome.samples = -1"),
    ],
)
def test_an_unsound_outcome_is_refused(outcome: Outcome, rule: str) -> None:
    with pytest.raises(RlsearchError, match=rule):
        run(Scripted((0, 0.5)), lambda spec: outcome)


def test_a_diverged_outcome_may_have_measured_nothing(tmp_path: Path) -> None:
    found = run(Scripted((0, 0.5)), lambda spec: Outcome("diverged", {"value": -2, "loss": math.nan}))
    assert found.best.reward == -2.0
    assert math.isnan(found.best.entry.outcome.metrics["loss"])


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ({"width": math.nan}, r"decode\(\[\d, 0\.\d\]\)\['width'\] is nan"),
        ({"layers": [{"act": object()}]}, r"\['layers'\]\[0\]\['act'\] is <object"),
        ({"set": {1}}, r"\['set'\] is \{1\} \(set\)"),
        ({1: 2}, "the key 1 of .* is no text"),
        ([8, 0.5], r"decode\(\[\d, 0\.\d\]\) returned \[8, 0.5\]"),
        (None, "returned None"),
    ],
)
def test_a_spec_is_json(spec: Any, rule: str) -> None:
    class Odd(Small):
        def decode(self, actions: Actions) -> Spec:
            found: Spec = spec
            return found

    with pytest.raises(RlsearchError, match=rule):
        run(Scripted((0, 0.5)), space=Odd())


def test_a_key_is_text() -> None:
    class Odd(Small):
        def key(self, spec: Spec) -> str:
            return 5  # type: ignore[return-value]

    with pytest.raises(RlsearchError, match=r"key\(\) returned 5"):
        run(Scripted((0, 0.5)), space=Odd())


@pytest.mark.parametrize("seed", [True, 1.0, "1", None, np.float64(1), np.bool_(True)])
def test_another_kind_of_one_is_no_seed(seed: Any) -> None:
    if not isinstance(seed, str):
        with pytest.raises(RlsearchError, match="is no seed"):
            seeds.integer("agent", seed)
    if seed is not None:
        with pytest.raises(RlsearchError, match="seed ="):
            rlsearch.search(Small(), "random", lambda spec: 0.0, trials=1, seed=seed)
        with pytest.raises(RlsearchError, match="trials ="):
            rlsearch.search(Small(), "random", lambda spec: 0.0, trials=seed)


@pytest.mark.parametrize("seed", [np.int64(7), np.uint8(7), np.array(7), torch.tensor(7)])
def test_a_whole_number_of_numpy_is_the_same_seed(seed: Any) -> None:
    def played(number: Any) -> list[Actions]:
        return [
            trial.actions for trial in rlsearch.search(Small(), "random", lambda s: 0.0, trials=3, seed=number).trials
        ]

    assert played(seed) == played(7) != played(8)
    if isinstance(seed, np.integer):
        assert seeds.integer("agent", seed) == seeds.integer("agent", 7)
        assert Random(Small(), Settings(), seed).ask(2) == Random(Small(), Settings(), 7).ask(2)


def test_seeds_by_name_are_what_they_were() -> None:
    assert seeds.integer("child", "init-scale", 3) == 4593676687590384090
    assert seeds.integer(np.str_("child"), "init-scale", np.int64(3)) == 4593676687590384090


def test_plain_keeps_what_json_holds() -> None:
    given = {"a": (1, 2), "b": [None, True, "x", 0.5], "c": {"d": 10**30}}
    assert plain(given, "given") == given
    assert isinstance(plain(given, "given")["a"], tuple)
    assert whole(np.int8(3), "n") == 3
