"""A study whose `target` is null: a surrogate answers, nothing is retrained, and values have their own name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import made_up_table
import mock_study
from rlsearch import provenance
from rlsearch.claims import base as claims
from rlsearch.claims import beats_agent
from rlsearch.config import artefacts
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.errors import SettingsError
from rlsearch.evidence.results import Results
from rlsearch.measures import ACCURACY, VALUE
from rlsearch.overview import measured
from rlsearch.overview.headroom import Foreseen, out_of_reach
from rlsearch.overview.sizes import sizes
from rlsearch.overview.state import StudyState
from rlsearch.phases import controls, search, select
from rlsearch.report import metrics, page, tables
from rlsearch.report.study import StudyData

STUDY = "mock"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    """Return a project in which the study has run but for its figures, and its settings."""
    root = tmp_path_factory.mktemp("mock")
    margin = {"claim": "beats-agent-on-table", "agent": "evolution", "against": "random", "margin": 0.01}
    repeated = {**mock_study.STUDY["controls"], "repetitions": {"runs": 12, "trials": 24, "top": [1]}}
    params = mock_study.study(claims=[margin], controls=repeated)
    for agent, seed in artefacts.searches(params, STUDY):
        search.run(params, STUDY, agent, seed, root)
    for agent in artefacts.controlled(params.studies[STUDY]):
        controls.run(params, STUDY, agent, root)
    select.run(params, STUDY, root)
    return root, params


def test_it_has_no_slots_no_retraining_and_no_data_to_train_on(ran: tuple[Path, Params]) -> None:
    root, params = ran
    study = params.studies[STUDY]
    assert artefacts.slots(study) == () and study.measure is study.target_measure is VALUE
    assert {path.name for path in (root / artefacts.select_folder(STUDY)).iterdir()} == {"searches.csv", "audit.json"}
    state = StudyState(params, STUDY, root)
    assert [phase.phase for phase in state.phases()] == ["search", "controls", "select"]
    assert not (root / "data").exists()
    assert all(provenance.phase_files(phase, params, STUDY) for phase in artefacts.PHASES if phase != "transfer")
    values = Asked(params).settings("retrain", study=STUDY)
    assert values["studies.mock.target"] is None and values["studies.mock.retrain"] is None


def test_a_plan_counts_no_retraining(ran: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch) -> None:
    root, params = ran
    monkeypatch.setattr(measured, "_simulation_seconds", lambda study, label: 0.0)
    data = {"digits": sizes(params, "digits", root)}
    study = measured.MeasuredStudy(params, STUDY, data, params.runtime, cores=1)
    assert study.work["retrain"].jobs == () and study.work["search"].children == study.weights == study.store == 0


def test_the_report_calls_its_numbers_surrogate_values_and_says_that_nothing_was_retrained(
    ran: tuple[Path, Params],
) -> None:
    root, params = ran
    data = StudyData(params, STUDY, root)
    assert data.missing == ()
    text = page.render(params, [page.Chapter(data, [], tables.build(data))])
    article = re.sub(r"<[^>]*>", " ", text[text.index("<article") : text.index("</article>")])
    shown = re.sub(r"\s+", " ", article)
    assert "No proxy (the search asks the surrogate nasnet-mock); nothing was retrained: a surrogate answered;" in shown
    assert "surrogate value" in shown and "On the target network" not in shown and "The data" not in shown
    assert re.findall(r"[^.]*(?:accurac|test set|test value|validation|truth table|[Oo]n this table)[^.]*", shown) == []
    numbers = metrics.build([data])["studies"][STUDY]
    assert "score_value" in numbers["searches"]["random"] and set(numbers["regret"]["random"]) == {"value"}


def test_a_surrogate_beside_a_target_is_judged_by_its_own_measure() -> None:
    planted = {"type": "surrogate", "name": "planted"}
    study = made_up_table.study(evaluator=planted, agents={"random": {"type": "random"}}).studies["layers"]
    assert (study.measure, study.target_measure) == (VALUE, ACCURACY)


TASK = made_up_table.TASK
BEATS = {"claim": "selected-beats-baseline", "agent": "random", "against": "hand-made", "margin": 0.1}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "retrain": ({"retrain": {"seeds": 2}}, "mock.retrain must be null, since `target` is"),
    "target": ({"target": TASK}, "mock.retrain = null .nothing. must be a section of keys"),
    "baselines": (
        {"baselines": ["nasnet-a"]},
        "baselines.*nothing is retrained, since `target` is null: must be \\[\\]",
    ),
    "fidelity": ({"fidelity": {"agent": "random"}}, "fidelity.*nothing is retrained.*must be null"),
    "claim": ({"claims": [BEATS]}, "claims\\[0\\].claim.*needs a target"),
    "proxy": (
        {"evaluator": "train"},
        "mock.proxy = null .nothing. must be a section of keys: children are trained on it",
    ),
    "labels": (
        {"controls": {**mock_study.STUDY["controls"], "permuted_labels": True}},
        "controls.permuted_labels = True must be false: nothing is trained, so there are no labels",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_compares_retrained_networks_is_refused(name: str) -> None:
    changes, told = REFUSED[name]
    with pytest.raises(SettingsError) as caught:
        mock_study.study(**changes)
    assert re.search(told, " ".join(str(caught.value).split()))


def test_a_transfer_of_such_a_study_is_refused() -> None:
    moved = {"study": STUDY, "slots": ["best-random"], "dataset": "digits", "task": TASK, "seeds": 1}
    with pytest.raises(SettingsError, match="retrains nothing"):
        mock_study.study(transfers={"moved": moved})


def test_real_searches_have_the_surrogate_s_optimum_as_ceiling(tmp_path: Path) -> None:
    seeds, left_out = {**mock_study.STUDY["search"], "seeds": 6}, {**mock_study.STUDY["controls"], "repetitions": None}
    pairs = [("evolution", "random", 0.01), ("random", "evolution", 0.4)]
    asked = [{"claim": "beats-agent", "agent": one, "against": other, "margin": size} for one, other, size in pairs]
    params = mock_study.study(claims=asked, search=seeds, controls=left_out)
    (claim, _), foreseen = claims.of_study(params.studies[STUDY]), Foreseen(params, STUDY, tmp_path)
    before = claim.headroom(foreseen)
    assert before.ceiling == pytest.approx(0.998) and before.floor is not None and 0.8 < before.floor < 0.95
    assert "random search's, simulated before the run; the ceiling is the surrogate's optimum" in before.source
    assert claim.headroom(Results(params, STUDY, tmp_path)).gain is None, "nothing is simulated for the page"
    # A search of 36 trials is simulated, and no repetition of the settings, of which there are none.
    simulated = foreseen.simulated(beats_agent._as_searches(params.studies[STUDY]))
    assert simulated is not None and (simulated["runs"], simulated["trials"]) == (100, 40)
    (far,) = out_of_reach(params, tmp_path)
    assert far.index == 1 and "no run can show a gain of 0.4" in far.warning
    for agent, seed in artefacts.searches(params, STUDY):
        search.run(params, STUDY, agent, seed, tmp_path)
    select.run(params, STUDY, tmp_path)
    results = Results(params, STUDY, tmp_path)
    after, rows = claim.headroom(results), results.searches or ()
    scores = [row["score_value"] for row in rows if row["agent"] == "random"]
    assert after.floor == pytest.approx(sum(scores) / 6) and after.interval is not None
    assert after.ceiling == before.ceiling and "the mean score of random" in after.source
