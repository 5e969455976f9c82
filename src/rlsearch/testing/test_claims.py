"""What every kind of claim keeps to: words for its four verdicts, seeds that are known beforehand, and no error where
nothing has run. A kind gives `TEST_SETTINGS` for its entry where there is more to say than the agent, `reinforce`.
"""

from __future__ import annotations

import copy
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from rlsearch.claims.base import Claim, Meanings, Place
from rlsearch.config import plugins
from rlsearch.config.base import ClaimSettings
from rlsearch.config.models import Params
from rlsearch.evidence.decision import DECISIONS
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import judge
from rlsearch.testing import cases, studies
from rlsearch.units import Unit

TASK = {"network": "simple-cnn", "epochs": 1, "batch_size": 32}
STUDY: dict[str, Any] = {
    "dataset": "spots",
    "space": {"type": "init-scale"},
    "proxy": TASK,
    "target": TASK,
    "reward": {"failure": -2.0},
    "agents": {"reinforce": {"type": "reinforce"}, "random": {"type": "random"}, "grid": {"type": "grid", "points": 3}},
    "search": {"seeds": 3, "budget": 12, "finalists": 2, "replicates": 2, "score_replicates": 2},
    "baselines": ["he"],
    "fidelity": {"agent": "grid"},
    "retrain": {"seeds": 3},
    "controls": {"runs": 20, "episodes": 12, "replicates": 3, "actions": 2},
    "claims": [],
}
KINDS = plugins.names("claims")


def claim_of(name: str) -> Claim[Any]:
    module = plugins.load("claims", name)
    entry = {"claim": name, "agent": "reinforce", "margin": 0.01, **cases.of_plugin("claims", name)}
    claim: Claim[Any] = module.CLAIM(module.SETTINGS.model_validate(entry))
    return claim


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    return studies.write(tmp_path_factory.mktemp("claims"), copy.deepcopy(STUDY))


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_its_entry_holds(name: str) -> None:
    settings = claim_of(name).settings
    assert isinstance(settings, ClaimSettings)
    assert type(settings).model_validate(settings.model_dump()) == settings


@pytest.mark.parametrize("name", KINDS)
def test_each_verdict_has_sentences_of_its_own(name: str) -> None:
    claim = claim_of(name)
    assert isinstance(claim.MEANINGS, Meanings)
    advised = {"agent", "against", "size"}
    for part, placeholders in (("answer", {*advised, "margin", "span"}), ("advice", {*advised, "where"})):
        texts = [getattr(claim.MEANINGS[decision], part) for decision in DECISIONS]
        assert all(text.endswith(".") for text in texts) and len(set(texts)) == len(DECISIONS)
        assert {field for text in texts for _, field, _, _ in Formatter().parse(text) if field} <= placeholders
    assert claim.TOPIC.format(agent="a", against="b")


@pytest.mark.parametrize("name", KINDS)
def test_the_seeds_of_a_claim_are_known_beforehand(name: str, params: Params) -> None:
    claim, study = claim_of(name), params.studies["tiny"]
    powers = [claim.power(study, level) for level in (0.05, 0.05 / 3, 0.05 / 10)]
    assert len({(seeds.key, seeds.now) for seeds in powers}) == 1
    assert all(seeds.least >= seeds.now >= 0 for seeds in powers)
    assert [seeds.least for seeds in powers] == sorted(seeds.least for seeds in powers)
    assert isinstance(claim.unit(study), Unit)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_wrong_with_an_entry_is_told_by_its_key(name: str, params: Params) -> None:
    place = Place(params, "tiny", 0)
    for fault in claim_of(name).check(place):
        assert fault.path[0] == "studies" and fault.problem


@pytest.mark.parametrize("name", KINDS)
def test_before_anything_has_run_a_claim_is_not_decided(name: str, params: Params, tmp_path: Path) -> None:
    claim, results = claim_of(name), Results(params, "tiny", tmp_path)
    evidence = claim.evidence(results)
    assert (evidence.test, evidence.kind, evidence.agent, evidence.margin) == (None, name, "reinforce", 0.01)
    assert evidence.reason.startswith("not run yet") and evidence.claim
    verdict = judge(evidence, 0.05)
    assert (verdict.decision, verdict.interval) == ("cannot tell", None)
    room = claim.headroom(results)
    assert room.gain is None and room.source
    claim.slots(results.settings), claim.repeated(results.settings)
