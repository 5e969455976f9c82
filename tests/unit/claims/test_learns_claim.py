"""The claim that an agent learns: against its never-updated twin, on searches or on a truth table."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import artefact_factory
import layered_factory
import tiny
from rlsearch.checks import validate
from rlsearch.claims import base as claims
from rlsearch.errors import SettingsError
from rlsearch.evidence import worth
from rlsearch.evidence.results import Results
from rlsearch.report import meanings

LEARNS = {"claim": "learns", "agent": "reinforce", "margin": 0.005}
BEATS = {"claim": "beats-agent", "agent": "reinforce", "against": "random", "margin": 0.005}


def test_searches_are_compared_with_those_of_the_twin(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=artefact_factory.settings(claims=[BEATS, LEARNS]))
    results = Results(params, "init-scale", tmp_path)
    beats, learns = claims.evaluate(results)
    rows = results.searches or []
    first, second = (
        [row["score_accuracy"] for row in rows if row["agent"] == label]
        for label in ("reinforce", "reinforce-never-updated")
    )
    assert learns.effect == pytest.approx(sum(first) / 6 - sum(second) / 6)
    assert (learns.kind, learns.agent, learns.against) == ("learns", "reinforce", "reinforce-never-updated")
    assert learns.n == (6, 6)
    assert (
        "learns" in learns.claim and max(beats.level, learns.level) <= 0.05 and min(beats.level, learns.level) == 0.025
    )
    assert meanings.meaning(learns) and "its never-updated twin" in meanings.meaning(learns)
    assert claims.of_study(results.settings)[1].repeated(results.settings) is None


def test_repetitions_are_compared_with_those_of_the_twin_in_pairs(tmp_path: Path) -> None:
    claim = {**LEARNS, "agent": "lstm-reinforce"}
    few = {label: layered_factory.AGENTS[label] for label in ("lstm-reinforce", "random")}
    params = layered_factory.build(tmp_path, raw=layered_factory.settings(claims=[claim], agents=few))
    results = Results(params, layered_factory.STUDY, tmp_path)
    (learns,) = claims.evaluate(results)
    truth = worth.load_truth(results)
    assert isinstance(truth, worth.Truth)
    answers = [
        worth.final(results.block(label, "repetitions"), truth)
        for label in ("lstm-reinforce", "lstm-reinforce-never-updated")
    ]
    assert learns.effect == pytest.approx((answers[1].values - answers[0].values).mean())
    assert learns.kind == "learns" and learns.way == "pairs"
    assert learns.headroom.gain is not None and "lstm-reinforce-never-updated" in learns.headroom.source
    (claim_made,) = claims.of_study(results.settings)
    assert claim_made.repeated(results.settings) == ("lstm-reinforce", "lstm-reinforce-never-updated")


def test_an_unfinished_run_does_not_say_who_learns(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=artefact_factory.settings(claims=[LEARNS]), parts=())
    (learns,) = claims.evaluate(Results(params, "init-scale", tmp_path))
    assert (learns.kind, learns.effect, learns.decision) == ("learns", None, "cannot tell")


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "random": ({**LEARNS, "agent": "random"}, {}, "must be an agent that learns; here: reinforce"),
    "never": (LEARNS, {"reinforce": {"type": "reinforce", "learning": False}}, "agent that learns; here: none"),
    "against": ({**LEARNS, "against": "random"}, {}, "allowed: claim, agent, margin"),
    "twin": (
        {"claim": "beats-agent", "agent": "reinforce", "against": "reinforce-never-updated", "margin": 0.1},
        {},
        "there is no such other agent in this study; allowed: random",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_claimed_is_refused(name: str, tmp_path: Path) -> None:
    claim, changed, message = REFUSED[name]
    agents = {"reinforce": {"type": "reinforce"}, "random": {"type": "random"}, **changed}
    with pytest.raises(SettingsError) as caught:
        tiny.study(tmp_path, agents=agents, claims=[claim], search={**tiny.STUDY["search"], "seeds": 5})
    assert message in " ".join(str(caught.value).split())


def test_every_study_that_claims_something_of_a_learning_agent_claims_that_it_learns() -> None:
    from rlsearch.checks import read
    from rlsearch.config.twins import learns as can_learn

    root = Path(__file__).parents[3]
    for file in ("presets/laptop.yaml", "presets/paper.yaml"):
        for name, study in read(root / file).studies.items():
            learners = [claim for claim in study.claims if can_learn(study.agents[claim.agent])]
            assert not learners or any(claim.claim == "learns" for claim in learners), f"{file}: {name}"


def test_too_few_seeds_for_it_are_refused() -> None:
    raw = copy.deepcopy(artefact_factory.settings(claims=[LEARNS]))
    raw["studies"]["init-scale"]["search"] |= {"seeds": 3}
    with pytest.raises(SettingsError, match="too few seeds to decide the claim learns of reinforce"):
        validate(raw)
