"""Claims judged by trainings that are kept from all searches, and claims against an agent of another study."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from rlsearch import checks
from rlsearch.claims.beats_agent_on_table import BeatsAgentOnTable, OnTableSettings, judged
from rlsearch.errors import SettingsError
from rlsearch.evidence import worth
from rlsearch.evidence.verdict import Evidence, judge
from rlsearch.measures import ACCURACY
from rlsearch.truth.table import TruthTable, search_places
from shipped import ROOT, SETTINGS

EVIDENCE = Evidence("a beats b", "beats-agent-on-table", "a", "b", ACCURACY, 0.005)


def laptop() -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load((SETTINGS).read_text(encoding="utf-8"))
    return copy.deepcopy(raw)


def faults(raw: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    with pytest.raises(SettingsError) as caught:
        checks.validate(raw)
    return str(caught.value)


def test_the_noise_of_the_judges_is_in_the_interval() -> None:
    """Answers that never vary, judged by six trainings that disagree: no number of repetitions makes that certain."""
    judges = np.array([-0.011, -0.007, 0.0025, -0.009, -0.004, 0.0002])
    first, second = np.tile(0.97 + judges, (12, 1)), np.full((12, 6), 0.97)
    second[:, 0] += np.linspace(-1e-4, 1e-4, 12)
    found = judge(judged(EVIDENCE, first, second, []), 0.05)
    assert found.interval is not None
    error = float(judges.std(ddof=1) / np.sqrt(6))
    assert found.interval.high - found.interval.low > 2 * 2.0 * error
    assert found.effect == pytest.approx(judges.mean(), abs=1e-12)
    assert found.n == (12, 12)
    assert any("same 6 trainings" in note for note in found.notes)


def test_runs_that_vary_are_in_the_interval_too() -> None:
    rng = np.random.default_rng(0)
    calm = np.tile(rng.normal(0.97, 1e-3, (1, 6)), (12, 1))
    wild = calm + rng.normal(0, 0.02, (12, 1))
    widths = []
    for arm in (calm + 1e-9 * np.arange(12)[:, None], wild):
        found = judge(judged(EVIDENCE, arm, calm, []), 0.05)
        assert found.interval is not None
        widths.append(found.interval.high - found.interval.low)
    assert widths[1] > 5 * widths[0]


def test_the_judged_interval_covers_in_simulation() -> None:
    """Runs and judges drawn anew: the 95 % interval holds the true difference about as often as it says."""
    rng, held, times = np.random.default_rng(1), 0, 400
    for _ in range(times):
        seed_order = rng.normal(0, 0.004, (2, 6))
        arms = [0.97 + rng.normal(0, 0.002, (12, 1)) + seed_order[arm] for arm in range(2)]
        found = judge(judged(EVIDENCE, *arms, []), 0.05)
        assert found.interval is not None
        held += found.interval.low <= 0.0 <= found.interval.high
    assert held / times > 0.93


def test_an_answer_that_is_missing_decides_nothing() -> None:
    lost = np.full((12, 6), 0.97)
    lost[3] = np.nan
    found = judged(EVIDENCE, lost, np.full((12, 6), 0.97), [])
    assert found.test is None
    assert "1 repetitions gave no answer" in found.reason


@pytest.mark.parametrize(
    ("mine", "theirs", "reason"),
    [
        ((10, 11, 12), (10, 11, 12), ""),
        ((10, 11, 12), (), "fewer than two trainings are kept from the searches of other"),
        ((), (), "fewer than two trainings are kept from the searches of own"),
        ((12,), (12,), "fewer than two trainings are kept from the searches of own"),
        ((10, 11, 12), (11, 12, 13), "not judged by trainings of the same seeds"),
    ],
)
def test_only_trainings_that_are_kept_from_both_studies_and_are_the_same_judge(
    mine: tuple[int, ...], theirs: tuple[int, ...], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = {"runs": 4, "trials": 9, "flops": [1.0] * 4}

    def arm(name: str, judges: tuple[int, ...]) -> SimpleNamespace:
        merits = 0.9 + 0.001 * np.arange(4)[:, None] + 0.002 * np.arange(max(1, len(judges)))
        controls = SimpleNamespace(repetitions=SimpleNamespace(runs=4, trials=9))
        return SimpleNamespace(
            name=name,
            measure=ACCURACY,
            settings=SimpleNamespace(controls=controls),
            truth=SimpleNamespace(judges=judges, by_judge=lambda _: merits),
            block=lambda *_: block,
            of=lambda _: arm("other", theirs),
        )

    monkeypatch.setattr(worth, "load_truth", lambda arm: arm.truth)
    monkeypatch.setattr(BeatsAgentOnTable, "start", lambda *_: EVIDENCE)
    settings = OnTableSettings(
        claim="beats-agent-on-table", agent="a", against="b", against_study="other", margin=0.005
    )
    evidence = BeatsAgentOnTable(settings)._elsewhere(arm("own", mine))  # type: ignore[arg-type]
    assert reason in evidence.reason and bool(evidence.test) is not bool(reason)


def test_the_seeds_that_judge_are_the_last_of_a_recipe() -> None:
    recipe = TruthTable.load("schedule-tree", "test", ROOT).recipe
    assert recipe.judges == tuple(recipe.first_seed + place for place in range(10, 16))
    assert recipe.model_copy(update={"judge": 0}).judges == ()


@pytest.mark.parametrize("places", [(10, 3, 4), (10, 3, 0), (16, 1, 1)])
def test_no_trial_meets_a_training_that_chooses_or_scores(places: tuple[int, int, int]) -> None:
    seeds, replicates, scores = places
    found = search_places(*places)
    assert not set(found) & set(range(1, 1 + replicates + scores))
    assert set(found) | set(range(1, 1 + replicates + scores)) == set(range(seeds))


def test_the_shipped_tree_keeps_its_judges_apart() -> None:
    searches = TruthTable.load("schedule-tree", "validation", ROOT)
    judges, test = searches.judges("validation"), TruthTable.load("schedule-tree", "test", ROOT)
    assert judges is not None
    assert (searches.seeds, judges.seeds, test.seeds) == (10, 6, 6)
    assert not np.array_equal(searches.values["accuracy"][:, :6], judges.values["accuracy"])


CHANGES: dict[str, tuple[Any, str]] = {
    "itself": ({"agent": "ppo", "against": "dqn", "against_study": "optimizer-selection"}, "must be another study"),
    "unknown study": ({"agent": "ppo", "against": "random", "against_study": "sgd-swep"}, "sgd-sweep"),
    "unknown agent": ({"agent": "ppo", "against": "tpe", "against_study": "sgd-sweep"}, "random"),
    "other data": ({"agent": "ppo", "against": "random", "against_study": "layered-cnn"}, "dataset and proxy"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_claim_against_another_study_is_checked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, (claim, told) = laptop(), CHANGES[name]
    raw["studies"]["optimizer-selection"]["claims"] = [{"claim": "beats-agent-on-table", "margin": 0.005, **claim}]
    assert told in faults(raw, monkeypatch)


def test_too_few_repetitions_of_the_other_study_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = laptop()
    raw["studies"]["sgd-sweep"]["controls"]["repetitions"]["runs"] = 2
    assert "must be at least 5" in faults(raw, monkeypatch)


AGENTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no masks": ({"type": "maskable-ppo"}, {}, "cannot search"),
    "no policy": ({"type": "sb3", "algorithm": "QRDQN"}, {}, "cannot be stored"),
    "many schedules": ({"type": "switching", "switches": 3}, {"steps": 150}, "more than 20,000"),
    "patience": ({"type": "random"}, {"patience": 4}, "below the 4 steps"),
}


@pytest.mark.parametrize("name", AGENTS)
def test_what_a_control_problem_cannot_do_is_refused_before_it_starts(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, space, told = AGENTS[name]
    raw = laptop()
    study = raw["studies"].pop("optimizer-selection")
    study |= {"evaluator": "train", "claims": [], "agents": {"one": agent}}
    study["space"] |= space
    study["controls"] |= {"repetitions": None}
    if "steps" in space:
        study["proxy"]["epochs"] = study["target"]["epochs"] = 2 * space["steps"]
    raw["studies"]["optimizer-selection"] = study
    assert told in faults(raw, monkeypatch)


def test_most_trials_ends_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    from rlsearch.search.budget import FlopLimit

    raw = laptop()
    raw["studies"]["optimizer-selection"]["search"]["most_trials"] = 1
    study = checks.validate(raw).studies["optimizer-selection"]
    assert study.search.trials == 1
    limit = FlopLimit(100, lambda _: 5, 2, 1, 5, most=study.search.most_trials)
    account = limit.account()
    assert account.fitting([("a", None), ("b", None)]) == limit.trials_at(5) == 1
    account.settle("a", None, 1.0, trained=True)
    assert account.capped and not account.open and account.fitting([("b", None)]) == 0
