"""What was selected beats a baseline in a transfer: all the data, after a search on a part of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from artefact_factory import build, settings
from rlsearch import checks
from rlsearch.claims import base as claims
from rlsearch.config import artefacts, resolved
from rlsearch.config.models import Params
from rlsearch.errors import SettingsError
from rlsearch.evidence.results import Results
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.overview import power

STUDY, SLOTS = "init-scale", ["best-reinforce", "he"]
HERE = {"claim": "selected-beats-baseline", "agent": "reinforce", "against": "he", "margin": 0.005}


def raw(slots: list[str] = SLOTS, seeds: int = 6, **claim: Any) -> dict[str, Any]:
    agents = {"reinforce": {"type": "reinforce"}, "random": {"type": "random"}}
    few = {"runs": 20, "episodes": 57, "replicates": 3, "actions": 2}
    value = settings(claims=[{**HERE, "on": "all", **claim}, HERE], agents=agents, fidelity=None, controls=few)
    digits, target = value["datasets"]["digits"], value["studies"][STUDY]["target"]
    value["datasets"] = {"digits": {**digits, "train_size": 300}, "all-digits": digits}
    value["transfers"] = {
        "all": {"study": STUDY, "slots": slots, "dataset": "all-digits", "task": target, "seeds": seeds},
        "other": {"study": "further", "slots": ["he"], "dataset": "all-digits", "task": target, "seeds": 2},
    }
    value["studies"]["further"] = {**value["studies"][STUDY], "claims": []}
    return value


def moved(params: Params, root: Path, slot: str, less: float) -> None:
    """Write what a transfer of a slot left: the runs of its retraining, on a test set that is harder by `less`."""
    found = read_json(root / artefacts.retrain_folder(STUDY, slot) / "metrics.json")
    runs = [{**run, "test_accuracy": run["test_accuracy"] - less} for run in found["runs"]]
    write_atomic(root / artefacts.transfer_folder("all", slot) / "metrics.json", pretty_json({**found, "runs": runs}))


def test_both_arms_are_compared_on_the_test_set_of_the_transfer(tmp_path: Path) -> None:
    params = build(tmp_path, raw=raw())
    moved(params, tmp_path, "he", 0.1)
    verdict, on_target = claims.evaluate(Results(params, STUDY, tmp_path))
    assert verdict.explanation == "Not decided: not run yet (no run in all of best-reinforce)."
    moved(params, tmp_path, "best-reinforce", 0.2)
    results = Results(params, STUDY, tmp_path)
    verdict, target = claims.evaluate(results)
    assert (target.decision, target.against, on_target.effect) == ("better", "he", target.effect)
    # A tenth less than on the target, where it was about two points better.
    assert (verdict.decision, verdict.n, verdict.against) == ("worse", (6, 6), "he in transfer all")
    assert target.effect is not None and verdict.effect == pytest.approx(target.effect - 0.1)
    assert verdict.claim.endswith(" in transfer all") and target.claim.endswith(" on the target network")
    # The page says what two slots reach on the target, which only one of the claims is about.
    assert [claim.slots(results.settings) for claim in claims.of_study(results.settings)] == [None, tuple(SLOTS)]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"on": "al"}, "claims[0].on = 'al' there is no such transfer of this study (did you mean 'all'?)"),
        ({"on": "other"}, "claims[0].on = 'other' there is no such transfer of this study"),
        ({"slots": ["best-random"]}, "does not train best-reinforce and he, which the claim compares: add"),
        ({"seeds": 3}, "transfers.all.seeds = 3 too few seeds to decide the claim selected-beats-baseline"),
    ],
)
def test_what_does_not_fit_is_refused(made: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        checks.validate(raw(**made))
    assert said in " ".join(str(caught.value).split())


def test_its_seeds_are_those_of_the_transfer(tmp_path: Path) -> None:
    first, second = power.power(checks.validate(raw(seeds=5)), tmp_path)
    assert [(one.key, one.seeds) for one in (first, second)] == [("transfers.all.seeds", 5), ("retrain.seeds", 6)]


def test_a_claim_about_the_target_is_written_as_before() -> None:
    written = resolved.dump(checks.validate(raw()))["studies"][STUDY]["claims"]
    assert ["on" in entry for entry in written] == [True, False]
