"""The TPE agent is Optuna's sampler: the same proposals, with a state that a snapshot can hold."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import optuna
import pytest

from made_up import SMALL, Branching, reload, rewards, walk
from rlsearch import seeds
from rlsearch.agents import tpe
from rlsearch.agents.base import Proposal
from rlsearch.agents.tpe import TPE
from rlsearch.spaces.base import Actions, Continuous, Space, allowed, decisions
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN


@pytest.mark.parametrize("space", [LayeredCNN(), InitScale()])
@pytest.mark.parametrize("multivariate", [False, True])
def test_tpe_proposes_what_optuna_does(space: Space, multivariate: bool) -> None:
    """Optuna's own loop with the same seeds; InitScale's values are told as they are rounded, so only startup there."""
    trials = 40 if isinstance(space, LayeredCNN) else 10
    rng, expected = seeds.generator("agent", "tpe", 5), list[Actions]()

    def objective(trial: optuna.Trial) -> float:
        actions: Actions = ()
        while (decision := space.next(actions)) is not None:
            if isinstance(decision, Continuous):
                actions += (decision.clip(trial.suggest_float(decision.name, decision.low, decision.high)),)
            else:
                actions += (trial.suggest_categorical(decision.name, range(len(decision.options))),)
        expected.append(actions)
        return space.planted(actions)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize")
    for _ in range(trials):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.sampler = optuna.samplers.TPESampler(seed=int(rng.integers(2**32)), multivariate=multivariate)
        study.optimize(objective, n_trials=1)
    agent = TPE(space, tpe.Settings(multivariate=multivariate), 5)
    assert [row.actions for row in walk(agent, space, trials)] == expected


@pytest.mark.parametrize("space", [LayeredCNN(), InitScale(), Branching()])
@pytest.mark.parametrize("multivariate", [False, True])
def test_tpe_continues_from_a_snapshot_file(space: Space, multivariate: bool, tmp_path: Path) -> None:
    first, second = (TPE(space, tpe.Settings(multivariate=multivariate, startup=5), seed) for seed in (0, 9))
    walk(first, space, 15, batch=3)
    reload(first, second, tmp_path)
    rows = walk(second, space, 15, batch=3)
    assert rows == walk(first, space, 15, batch=3)
    assert all(allowed(d, a) for row in rows for d, a in zip(decisions(space, row.actions), row.actions, strict=True))


def test_tpe_learns_from_what_was_trained_not_from_what_it_asked() -> None:
    """A search that continues from recorded proposals tells others than those asked."""
    recorded = [Proposal(actions) for actions in SMALL.enumerate()]
    slow, fast = (TPE(SMALL, tpe.Settings(), 0) for _ in range(2))
    for proposal in recorded:
        assert len(slow.ask(1)) == 1
        slow.tell([proposal], rewards(SMALL, [proposal]))
    assert len(fast.ask(36)) == 36
    fast.tell(recorded, rewards(SMALL, recorded))
    asked = slow.ask(20)
    assert asked == fast.ask(20)
    assert np.mean(rewards(SMALL, asked)) > 0.25  # of 0.58 at most; all 36 have mean 0


def test_tpe_says_nothing_and_leaves_the_log_level_alone(capsys: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    try:
        walk(TPE(SMALL, tpe.Settings(multivariate=True, startup=2), 0), SMALL, 5)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
    finally:
        optuna.logging.set_verbosity(optuna.logging.INFO)
    assert capsys.readouterr() == ("", "")
