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
from rlsearch.search.reward import Reward
from rlsearch.search.stopping import Prices, flop_limit
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
    found = flop_limit(Prices(1237, 1237), search, 48, "search.budget")
    assert (found.total, found.reserve, found.unit) == (48 * 1237, 9 * 1237, 1237)
    assert found.remaining(0, 0) == search.trials


def test_unlike_costs_are_judged_by_the_largest() -> None:
    search = SearchSettings(seeds=1, budget=48, finalists=3, replicates=3)
    space = LayeredCNN(LayeredSettings(layers=2, kernels=(1, 3), filters=(1, 2), strides=(1,)))

    def cost(spec: Any) -> int:
        layers = spec["network"]["layers"]
        if layers[0]["kernel"] == [1, 1] and layers[1]["kernel"] == [1, 1]:
            raise ValueError("cannot be built")
        return int(sum(layer["kernel"][0] * layer["filters"] for layer in layers))

    # Kernel x filters is 1, 2, 3 or 6 in each layer; of the 16 networks 12 have a 3x3 layer and can be built.
    pairs = [(a, b) for a in (1, 2, 3, 6) for b in (1, 2, 3, 6) if max(a, b) > 2]
    assert proxy.prices(space, search, cost) == Prices(round(fmean(map(sum, pairs))), 12)
    with pytest.raises(SettingsError, match="leave no room for a trial") as caught:
        flop_limit(Prices(10, 60), search, 48, "search.budget")
    assert "at least 60" in caught.value.allowed
    flop_limit(Prices(10, 60), search, 60, "search.budget")


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"evaluator": {"type": "table", "name": "made-off"}}, "evaluator.name = made-off", "did you mean 'made-up'"),
        ({"proxy": {**made_up.TASK, "epochs": 3}}, "proxy.epochs = 3", "must be 2, with which"),
        ({"space": {**made_up.SPACE, "filters": [2, 4]}}, "space.filters", "must be [2, 4, 8]"),
        ({"search": {**made_up.SEARCH, "replicates": 7, "budget": 40}}, "search.replicates = 7", "at most 6"),
        ({"search": {**made_up.SEARCH, "finalists": 7, "budget": 32}}, "search.budget = 32", "the largest"),
        (
            {
                "search": {**made_up.SEARCH, "finalists": 7, "budget": 60},
                "controls": {**made_up.CONTROLS, "repetitions": {"runs": 5, "trials": 20}},
            },
            "controls.repetitions.trials = 20",
            "the largest network costs",
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
