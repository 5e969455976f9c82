"""Surrogates that answer for children: a search without torch, repetitions, and regret that is known exactly."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made_up_table
import tiny
from rlsearch.claims import base as claims
from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params
from rlsearch.controls import repetitions
from rlsearch.errors import RlsearchError, SettingsError
from rlsearch.evidence import regret, worth
from rlsearch.evidence.results import Results
from rlsearch.files import canonical_json, read_json, read_jsonl, write_atomic
from rlsearch.phases import controls, search, select
from rlsearch.search.answers import answers_of
from rlsearch.search.answers.surrogate import SurrogateAnswers
from rlsearch.search.evaluators import Request
from rlsearch.spaces.base import Space
from rlsearch.surrogates.planted import Planted, Settings, candidates

PLANTED = {"type": "surrogate", "name": "planted", "noise": 0.02}
AGENTS = {"random": {"type": "random"}, "evolution": {"type": "regularized-evolution", "population": 8, "sample": 3}}
BEATS = {"claim": "beats-agent-on-table", "agent": "evolution", "against": "random", "margin": 0.01}


def study(**changes: Any) -> Params:
    return made_up_table.study(**{"evaluator": PLANTED, "agents": AGENTS, "search": SEARCH, **changes})


SEARCH = {"seeds": 2, "budget": 24, "finalists": 2, "replicates": 2, "score_replicates": 2}
SPACES: dict[str, dict[str, Any]] = {
    "layered-cnn": {key: value for key, value in made_up_table.SPACE.items() if key != "type"},
    "sgd-sweep": {},
    "init-scale": {},
}


def space(name: str) -> Space:
    module = plugins.load("spaces", name)
    made: Space = module.SPACE(module.SETTINGS.model_validate(SPACES[name]))
    return made


@pytest.mark.parametrize("name", SPACES)
def test_the_best_candidate_is_worth_the_stated_effect_more_than_the_average(name: str) -> None:
    made = space(name)
    surrogate = Planted(made, Settings(level=0.6, effect=0.3))
    assert Planted.supports(made)
    values = [surrogate.value(made.decode(actions)) for actions in candidates(made)]
    assert max(values) == surrogate.optimum == pytest.approx(0.9)
    assert np.mean(values) == pytest.approx(0.6, abs=0.02)  # below 0 nothing is worth anything
    assert values.count(max(values)) == 1


def test_what_is_no_candidate_has_no_value() -> None:
    made = space("init-scale")
    with pytest.raises(RlsearchError, match="none of the space"):
        Planted(made, Settings()).value(made.baselines()["lsuv"])


@pytest.mark.parametrize("name", ["optimizer-selection", "layered-cnn"])
def test_large_spaces_and_closed_loops_have_none(name: str) -> None:
    module = plugins.load("spaces", name)
    settings = {"layers": 12, "strides": (1,)} if name == "layered-cnn" else {}
    assert not Planted.supports(module.SPACE(module.SETTINGS(**settings)))


def test_the_noise_is_as_large_as_stated_and_shared_by_all_agents() -> None:
    answers = answers_of(study(), "layers")
    assert isinstance(answers, SurrogateAnswers) and not answers.trains and answers.files == ()
    spec = answers.space.decode((1, 1))
    requests = [Request(0, spec, answers.space.key(spec), replicate) for replicate in range(400)]
    with answers.evaluator(0, 1) as first, answers.evaluator(0, 1) as second:
        levels = [found.outcome.metrics["value"] for _, found in first.run(requests)]
        assert levels == [found.outcome.metrics["value"] for _, found in second.run(requests)]
    assert np.mean(levels) == pytest.approx(answers.surrogate.value(spec), abs=0.005)
    assert np.std(levels) == pytest.approx(0.02, rel=0.15)


def test_a_search_needs_no_torch_and_no_data(tmp_path: Path) -> None:
    raw = {"preset": "test", "datasets": {"digits": made_up_table.DATASET}, "runtime": {"device": "cpu"}}
    settings = {**made_up_table.STUDY, "evaluator": PLANTED, "agents": AGENTS, "search": SEARCH}
    write_atomic(tmp_path / "settings.json", canonical_json({**raw, "studies": {"layers": settings}}))
    code = (
        "import sys; from pathlib import Path; from rlsearch.checks import read; from rlsearch.phases import search\n"
        "search.run(read(Path('settings.json')), 'layers', 'random', 0)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0
    folder = tmp_path / artefacts.search_folder("layers", "random", 0)
    assert len(read_jsonl(folder / "trials.jsonl")) == 24 - 2 * 2
    assert read_json(folder / "summary.json")["answer"]["score_value"] > 0.4


@pytest.fixture(scope="module")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("surrogate")
    params = study(claims=[BEATS], evaluator={**PLANTED, "noise": 0.3})
    for agent, seed in artefacts.searches(params, "layers"):
        search.run(params, "layers", agent, seed, root)
    select.run(params.model_copy(update={"studies": {"layers": _without_baselines(params)}}), "layers", root)
    for agent in artefacts.controlled(params.studies["layers"]):
        controls.run(params, "layers", agent, root)
    return root, params


def _without_baselines(params: Params) -> Any:
    """Return the study without the baselines that are built to the size of images."""
    return params.studies["layers"].model_copy(update={"baselines": ()})


def test_regret_is_known_exactly(controlled: tuple[Path, Params]) -> None:
    root, params = controlled
    answers = answers_of(params, "layers", root)
    assert isinstance(answers, SurrogateAnswers)
    results = Results(params, "layers", root)
    found = regret.evaluate(results)
    assert set(found) == set(artefacts.controlled(params.studies["layers"]))
    for agent, one in found.items():
        rows = results.block(agent, "repetitions")["answers"]
        values = [answers.surrogate.value(answers.space.decode(answers.candidates[row])) for row in rows]
        exact = answers.surrogate.optimum - np.array(values)
        assert one["value"]["final"]["values"] == pytest.approx(exact.tolist(), abs=1e-12)
        assert one["value"]["by_trials"].mean[-1] <= one["value"]["by_trials"].mean[0]


def test_claims_compare_what_answers_are_really_worth(controlled: tuple[Path, Params]) -> None:
    root, params = controlled
    (verdict,) = claims.evaluate(Results(params, "layers", root))
    blocks = [Results(params, "layers", root).block(agent, "repetitions") for agent in ("evolution", "random")]
    truth = worth.load_truth(Results(params, "layers", root))
    assert isinstance(truth, worth.ExactTruth)
    first, second = (worth.final(block, truth).values for block in blocks)
    assert verdict.effect == pytest.approx(float(np.mean(second - first)))
    assert "the surrogate" in verdict.claim and "optimum" in verdict.headroom.source
    assert verdict.headroom.gain == pytest.approx(float(second.mean()))


def test_repetitions_meet_noisy_answers_of_the_surrogate() -> None:
    answers = answers_of(study(), "layers")
    assert answers.oracle is not None
    assert answers.oracle.levels.mean(axis=1) == pytest.approx(answers.values, abs=0.02)  # type: ignore[attr-defined]
    found = repetitions.block(answers, "random")
    assert found is not None and found["budget_flops"] == found["trials"] == 30  # an answer costs 1
    assert max(np.bincount(found["answers"])) == np.bincount(found["answers"])[np.argmax(answers.values)]  # type: ignore[attr-defined]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "table": ({"table": "rl-nas-1296"}, r"is now spelt `evaluator: \{type: table, name: rl-nas-1296\}`"),
    "null": ({"table": None}, "is now spelt `evaluator: train`"),
    "word": ({"evaluator": "trained"}, r"must be train, \{type: table, name: ...\} or \{type: surrogate"),
    "type": ({"evaluator": {"type": "tables", "name": "a"}}, r"must be train, \{type: table"),
    "key": ({"evaluator": {"type": "table", "names": "a"}}, "did you mean 'name'"),
    "name": ({"evaluator": {**PLANTED, "name": "plantad"}}, "did you mean 'planted'"),
    "noise": ({"evaluator": {**PLANTED, "noise": -1}}, "at least 0"),
    "effect": ({"evaluator": {**PLANTED, "effect": 0.6}}, "above 1, the highest value"),
    "space": ({"space": {**made_up_table.SPACE, "layers": 12}}, "is no function of the space layered-cnn"),
    "labels": (
        {"controls": {**made_up_table.STUDY["controls"], "permuted_labels": True}},
        "must be false: nothing is trained",
    ),
    **{
        key: ({"proxy": {**made_up_table.STUDY["proxy"], key: value}}, "a surrogate answers in place of training")
        for key, value in (("patience", 1), ("restart", {"most": 1}), ("record", ["one-class"]))
    },
}


def test_a_surrogate_that_would_take_a_closed_loop_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Planted, "supports", lambda space: True)
    with pytest.raises(SettingsError) as caught:
        tiny.study(tmp_path, **{**copy.deepcopy(tiny.CONTROL), "evaluator": PLANTED})
    assert "those of optimizer-selection are answered step by step" in " ".join(str(caught.value).split())


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_answer_is_refused_in_one_message(name: str) -> None:
    changes, told = REFUSED[name]
    with pytest.raises(SettingsError, match=told) as caught:
        study(**changes)
    assert "The settings have one fault" in str(caught.value)
