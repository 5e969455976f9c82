"""The first screen: a card for every study, an answer for every verdict, and surprises that are in the numbers."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import artefact_factory
from control_report import Made
from rlsearch.claims.base import AgainstAgentSettings
from rlsearch.config import artefacts
from rlsearch.evidence.decision import DECISIONS, Decision
from rlsearch.evidence.verdict import Verdict
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.measures import ACCURACY
from rlsearch.report import cards, published_models
from rlsearch.report.places import heeds_rewards
from rlsearch.report.study import StudyData
from rlsearch.report.surprises import surprises
from rlsearch.statistics.intervals import Interval
from rlsearch.units import LOG_RATIO

KINDS = (
    "beats-agent",
    "beats-agent-on-table",
    "selected-beats-baseline",
    "learns",
    "lowers-gradient-variance",
    "convergence",
)


def verdict(kind: str, decision: Decision, **changes: Any) -> Verdict:
    values: dict[str, Any] = {
        "claim": "A statement",
        "kind": kind,
        "agent": "reinforce",
        "against": "random",
        "effect": 0.0123,
        "unit": LOG_RATIO if kind == "lowers-gradient-variance" else ACCURACY,
        "interval": Interval(-0.01, 0.03, 0.975),
        "level": 0.025,
        "p": 0.2,
        "margin": 0.005,
        "decision": decision,
        "mde": 0.02,
        "n": (5, 5),
        "explanation": "Numbers.",
    }
    return Verdict(**{**values, **changes})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("decision", DECISIONS)
def test_every_verdict_is_an_answer_in_a_sentence(kind: str, decision: Decision) -> None:
    text = cards.answer(verdict(kind, decision))
    assert text.endswith(".")
    assert "{" not in text
    assert "A statement" not in text  # a sentence of its own, not the claim's title
    assert len({cards.answer(verdict(kind, other)) for other in DECISIONS}) == len(DECISIONS)


def test_an_answer_that_is_not_there_yet_says_why() -> None:
    text = cards.answer(verdict("beats-agent", "cannot tell", interval=None, explanation="Not decided: not run yet."))
    assert text == "Not known yet: not run yet."


def data(root: Path, scores: dict[str, float]) -> StudyData:
    """Return a study whose slots reach these test accuracies (others 0.90), with a little noise."""
    params = artefact_factory.build(root)
    for slot in artefacts.slots(params.studies["init-scale"]):
        path = root / artefacts.retrain_folder("init-scale", slot.name) / "metrics.json"
        metrics = read_json(path)
        for number, run in enumerate(metrics["runs"]):
            run["test_accuracy"] = scores.get(slot.name, 0.90) + 0.001 * (number % 3)
        write_atomic(path, pretty_json(metrics), durable=False)
    return StudyData(params, "init-scale", root)


def test_baselines_that_beat_the_searches_are_a_surprise(tmp_path: Path) -> None:
    [text] = surprises(data(tmp_path, {"orthogonal": 0.93, "lsuv": 0.92}))
    assert text.startswith("orthogonal and lsuv beat what the searches selected (s = ")
    assert text.endswith("on the target by at least 2.00 points over their mean.")


@pytest.mark.parametrize(("error", "said"), [(0.0001, True), (0.01, False)])
def test_an_agent_is_nearer_to_the_best_only_beyond_the_error_of_the_table(
    error: float, said: bool, loop: Made
) -> None:
    found = copy(loop.data)

    def final(level: float) -> dict[str, Any]:
        values = [level + 0.0001 * (run % 3) for run in range(12)]
        return {"accuracy": {"final": {"values": values, "error": error}}}

    heeding = {agent: heeds_rewards(settings) for agent, settings in found.settings.agents.items()}
    found.regret = {agent: final(0.012 if heeds else 0.004) for agent, heeds in heeding.items()}
    assert any("nearer to the best of the table than" in text for text in surprises(found)) == said


def test_a_proxy_that_ranks_one_side_the_wrong_way_is_a_surprise(tmp_path: Path) -> None:
    grid = {f"grid-{index:02d}": 0.95 - 0.005 * index for index in range(13)}
    found = data(tmp_path, grid)
    points = found.fidelity["points"]
    best = int(np.argmax([point["proxy"] for point in points]))
    assert best >= 5
    below = [text for text in surprises(found) if text.startswith("Below")]
    assert len(below) == 1
    assert "the wrong way round" in below[0]
    assert not [text for text in surprises(found) if text.startswith("Above")]


def test_nothing_surprising_is_nothing_said(tmp_path: Path) -> None:
    assert surprises(data(tmp_path, {})) == []


def test_the_card_of_a_control_problem(loop: Made) -> None:
    found = copy(loop.data)
    made = cards.card(found, published_models.load("optimizer-selection"))
    assert made.claims
    assert made.question.endswith("?")
    assert len(made.others) == len(found.verdicts) - 1


def test_a_study_without_claims_says_what_it_reached(tmp_path: Path) -> None:
    params = artefact_factory.build(tmp_path, raw=artefact_factory.settings(claims=[]))
    made = cards.card(StudyData(params, "init-scale", tmp_path), None)
    assert not made.claims
    assert made.question == "Which scale of the initial weights is best for this network?"
    assert made.answer.startswith("No claim is tested here. What reinforce selected reaches ")


@pytest.mark.parametrize(("gain", "said"), [(0.0, True), (-0.02, True), (0.02, False)])
def test_policies_that_gain_less_than_a_margin_over_noise_are_a_surprise(gain: float, said: bool, loop: Made) -> None:
    found = copy(loop.data)
    values = [0.01 + 0.0001 * (run % 3) for run in range(12)]
    policies = {
        agent: replace(
            one, regret={"accuracy": values}, null_regret={"accuracy": [value + gain for value in values[:6]]}
        )
        for agent, one in found.loop.policies.items()
    }
    found.loop = replace(found.loop, policies=policies)
    assert any("null runs" in text for text in surprises(found)) == said


def test_a_margin_in_another_unit_silences_no_surprise_about_policies(loop: Made) -> None:
    found = copy(loop.data)
    values = [0.01 + 0.0001 * (run % 3) for run in range(12)]
    policies = {
        agent: replace(one, regret={"accuracy": values}, null_regret={"accuracy": values[:6]})
        for agent, one in found.loop.policies.items()
    }
    found.loop = replace(found.loop, policies=policies)
    ratio = AgainstAgentSettings(claim="lowers-gradient-variance", agent="ppo", against="dqn", margin=1e-9)
    found.settings = found.settings.model_copy(update={"claims": (*found.settings.claims, ratio)})
    assert any("null runs" in text for text in surprises(found))
