"""Settings of a study that a truth table answers: what fits its table, its seeds and its prices."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

import small_table as made_up
import tiny
from rlsearch import checks
from rlsearch.config.models import RewardSettings, SearchSettings
from rlsearch.errors import SettingsError
from rlsearch.measures import ACCURACY
from rlsearch.search import proxy
from rlsearch.search.budget import Prices
from rlsearch.search.limits import flop_limit
from rlsearch.search.reward import Reward
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.training.outcome import Outcome

BEATS = {"claim": "beats-agent-on-table", "agent": "pairs", "against": "random", "margin": 0.01}
LOWERS = {"claim": "lowers-gradient-variance", "agent": "ema", "against": "none", "margin": 0.1}
LSTM = {"random": {"type": "random"}, "ema": {"type": "lstm-reinforce"}, "none": {"type": "lstm-reinforce"}}
REPETITIONS = {"repetitions": {"runs": 20, "trials": 30}}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made_up.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_power_of_the_accuracy() -> None:
    outcome = Outcome("ok", {"accuracy": 0.5})
    rewards = [Reward(RewardSettings(scale=2.0, power=power), ACCURACY)(outcome) for power in (1, 2, 3)]
    assert rewards == [1.0, 0.5, 0.25]


def test_equal_costs_make_the_budget_of_old() -> None:
    search = SearchSettings(seeds=1, budget=48, finalists=3, replicates=3)
    found = flop_limit(Prices.of([1237] * 9), search, 48, "search.budget", lambda _: 1237)
    account = found.account()
    assert (found.total, account.reserve, found.least) == (48 * 1237, 9 * 1237, 1237)
    # However few candidates there are, three finalists are set aside.
    for trial in range(search.trials):
        assert account.open and account.fitting([("one", None)]) == 1, trial
        account.settle("one", None, 0.5, trained=True)
    assert not account.open and found.trials_at(1237) == search.trials


def test_unlike_costs_are_those_of_a_thousand_draws() -> None:
    search = SearchSettings(seeds=1, budget=48, finalists=3, replicates=3)
    space = LayeredCNN(LayeredSettings(layers=2, kernels=(1, 3), filters=(1, 2), strides=(1,)))

    def cost(spec: Any) -> int:
        layers = spec["network"]["layers"]
        if layers[0]["kernel"] == [1, 1] and layers[1]["kernel"] == [1, 1]:
            raise ValueError("cannot be built")
        return int(sum(layer["kernel"][0] * layer["filters"] for layer in layers))

    # Kernel x filters is 1, 2, 3 or 6 in each layer; of the 16 networks 12 have a 3x3 layer and can be built.
    pairs = [(a, b) for a in (1, 2, 3, 6) for b in (1, 2, 3, 6) if max(a, b) > 2]
    found = proxy.prices(space, search, lambda spec: 10**6 * cost(spec))
    assert found.mean == pytest.approx(10**6 * fmean(map(sum, pairs)), rel=0.03)
    assert (found.largest, found.least) == (12 * 10**6, 0)
    assert found == proxy.prices(space, search, lambda spec: 10**6 * cost(spec))
    # Admitted at what all tries may take; the unit is one of them.
    again = proxy.prices(space, search, cost, lambda spec: 3 * cost(spec))
    assert (again.mean, again.largest, again.least) == (round(found.mean / 10**6), 36, 0)
    assert again.place == pytest.approx(3 * found.mean / 10**6, abs=0.5)
    draws = proxy.drawn(space, search.trials)
    assert (len(draws), sum(draw.times for draw in draws)) == (16, proxy.DRAWN)


def test_a_budget_pays_for_any_first_trial_and_for_its_trainings_as_a_finalist() -> None:
    search = SearchSettings(seeds=1, budget=48, finalists=3, replicates=3)
    prices = Prices(mean=10, largest=60, least=0, place=10)
    with pytest.raises(SettingsError, match="leave no room for it") as caught:
        flop_limit(prices, search, 29, "search.budget", lambda _: 60)
    assert "at least 30" in caught.value.allowed
    assert flop_limit(prices, search, 30, "search.budget", lambda _: 60).account().fitting([("a", None)])
    # 2**60 is beyond the whole numbers of a float.
    assert Prices.of([2**60, 2**60 + 2]) == Prices(2**60 + 1, 2**60 + 2, 2**60, 2**60 + 1)


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"evaluator": {"type": "table", "name": "made-off"}}, "evaluator.name = made-off", "did you mean 'made-up'"),
        ({"proxy": {**made_up.TASK, "epochs": 3}}, "proxy.epochs = 3", "must be 2, with which"),
        ({"proxy": {**made_up.TASK, "patience": 1}}, "proxy.patience = 1", "must be null, with which"),
        (
            {"proxy": {**made_up.TASK, "optimizer": {"betas": [0.5, 0.999]}}},
            "proxy.optimizer.betas",
            "must be [0.9, 0.999], with which",
        ),
        ({"space": {**made_up.SPACE, "filters": [2, 4]}}, "space.filters", "must be [2, 4, 8]"),
        ({"search": {**made_up.SEARCH, "replicates": 7, "budget": 40}}, "search.replicates = 7", "at most 6"),
        (
            {"search": {**made_up.SEARCH, "finalists": 7, "budget": 18}},
            "search.budget = 18",
            "must be at least 22: the costliest",
        ),
        (
            {
                "search": {**made_up.SEARCH, "finalists": 7, "budget": 60},
                "controls": {**made_up.CONTROLS, "repetitions": {"runs": 5, "trials": 16}},
            },
            "controls.repetitions.trials = 16",
            "the costliest candidate takes",
        ),
        (
            {
                "agents": {"q": {"type": "q-learning", "schedule": [[1.0, 20], [0.1, 4]]}},
                "controls": {**made_up.CONTROLS, "repetitions": {"runs": 5, "trials": 27}},
            },
            "controls.repetitions.trials = 27",
            "must be at least 28: the schedule of agent q counts 24 models",
        ),
        (
            {
                "agents": {"q": {"type": "q-learning", "schedule": [[1.0, 20], [0.1, 4]]}},
                "controls": {
                    **{**made_up.CONTROLS, "episodes": 24},
                    "repetitions": {"runs": 5, "trials": 28},
                    "sensitivity": {"trials": [27, 40], "agents": {"q": {"alpha": [0.1]}}},
                },
            },
            "controls.sensitivity.trials = [27]",
            "must be at least 28: the schedule of agent q counts 24 models",
        ),
        (
            {
                "agents": {"q": {"type": "q-learning", "schedule": [[1.0, 20], [0.1, 4]]}},
                "controls": {**made_up.CONTROLS, "episodes": 23},
            },
            "controls.episodes = 23",
            "must be at least 24: the schedule of agent q counts 24 models",
        ),
        ({"search": {**made_up.SEARCH, "score_replicates": 6}}, "search.score_replicates = 6", "at most 5"),
        ({"controls": {**made_up.CONTROLS, "permuted_labels": True}}, "controls.permuted_labels", "must be false"),
        ({"claims": [BEATS]}, "claims[0].claim", "needs controls.repetitions"),
        ({"claims": [{**BEATS, "against": "pairs"}]}, "claims[0].against = pairs", "other agent in this study"),
        ({"claims": [{**BEATS, "agent": "nobody"}]}, "claims[0].agent = nobody", "no such agent in this study"),
        ({"claims": [{"claim": "convergence", "agent": "random", "margin": 1.0}]}, "claims[0]", "one continuous"),
        (
            {"claims": [BEATS], "controls": {**made_up.CONTROLS, "repetitions": {"runs": 4, "trials": 30}}},
            "controls.repetitions.runs = 4",
            "must be at least 5",
        ),
        ({"claims": [LOWERS], "agents": LSTM}, "claims[0].claim", "needs controls.gradient"),
        (
            {"claims": [LOWERS], "agents": LSTM, "controls": {**made_up.CONTROLS, "gradient": {"agents": ["none"]}}},
            "claims[0].agent = ema",
            "controls.gradient.agents",
        ),
        (
            {"agents": LSTM, "controls": {**made_up.CONTROLS, "gradient": {"agents": ["noone"]}}},
            "controls.gradient.agents[0] = noone",
            "did you mean 'none'",
        ),
        (
            {"claims": [LOWERS], "agents": LSTM, "controls": {**made_up.CONTROLS, "gradient": {"searches": 4}}},
            "controls.gradient.searches = 4",
            "must be at least 5",
        ),
        (
            {
                "claims": [{**LOWERS, "against": "random"}],
                "agents": LSTM,
                "controls": {**made_up.CONTROLS, "gradient": {}},
            },
            "claims[0].against = random",
            "must learn by policy gradient; here: ema, none",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(change: dict[str, Any], key: str, words: str, root: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        made_up.params(**change)
    assert f"studies.tiny.{key}" in str(caught.value).replace("'", "")
    assert words in str(caught.value)


def test_the_dataset_must_be_the_tables(root: Path) -> None:
    raw = made_up.raw()
    raw["datasets"]["digits"] = {**made_up.DATASET, "validation": 0.3}
    with pytest.raises(SettingsError, match=r"datasets.digits.validation = 0.3\D+0.25, with which"):
        checks.validate(raw)


def test_settings_that_fit_are_accepted(root: Path) -> None:
    made_up.params(claims=[BEATS], controls={**made_up.CONTROLS, **REPETITIONS})
    made_up.params(claims=[LOWERS], agents=LSTM, controls={**made_up.CONTROLS, "gradient": {}})
    made_up.params(agents=LSTM, controls={**made_up.CONTROLS, "gradient": {"searches": 2}})


def test_repetitions_need_a_table(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs an evaluator that trains nothing"):
        tiny.study(tmp_path, controls={**tiny.STUDY["controls"], **REPETITIONS})
