"""The best candidates of an agent over all its searches: in slots of their own, and together as one network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch.checks import validate
from rlsearch.config import artefacts
from rlsearch.config.models import Params, StudySettings
from rlsearch.errors import SettingsError
from rlsearch.evidence import tables
from rlsearch.measures import ACCURACY
from rlsearch.overview import costs
from rlsearch.overview.state import StudyState
from rlsearch.phases import retrain, search, select
from rlsearch.report.study import StudyData
from rlsearch.report.tables import slots as slots_table
from rlsearch.search import retraining
from rlsearch.search.store import WORK
from rlsearch.slots import _ranked
from rlsearch.slots.base import Searched, SlotKind, candidate, filled
from rlsearch.training.calibrate import ChildCost
from top_slots import CHANGES, SLOTS, chosen, metrics, of_search


@pytest.fixture(scope="module")
def selected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    root = tmp_path_factory.mktemp("selected")
    params = tiny.study(root, **CHANGES)
    for seed in range(2):
        search.run(params, "tiny", "random", seed, root)
    select.run(params, "tiny", root)
    return root, params


@pytest.fixture(scope="module")
def retrained(selected: tuple[Path, Params]) -> Path:
    root, params = selected
    for slot in ("joined", "first-1", "first-2"):
        retrain.run(params, "tiny", slot, root)
    return root


def test_slots_are_named_by_their_entries(selected: tuple[Path, Params]) -> None:
    slots = {slot.name: slot for slot in artefacts.slots(selected[1].studies["tiny"])}
    assert list(slots) == ["best-random", "he", "first-1", "first-2", "first-3", "first-4", "joined", "many"]
    assert (slots["first-1"].networks, slots["joined"].networks, slots["many"].networks) == (1, 2, 4)


def test_candidates_are_ranked_by_all_their_fresh_seeds(selected: tuple[Path, Params]) -> None:
    root, _ = selected
    fresh: dict[str, list[tuple[float, int]]] = {}
    for seed in range(2):
        answer = tables.summary(of_search(root, seed) / "summary.json")["answer"]
        for row in tables.finalists(of_search(root, seed) / "finalists.csv"):
            fresh.setdefault(row["key"], []).append((row["mean_accuracy"], 2))
            if row["key"] == answer["key"]:
                fresh[row["key"]].append((answer["score_accuracy"], answer["score_replicates"]))
    means = {key: sum(mean * n for mean, n in found) / sum(n for _, n in found) for key, found in fresh.items()}
    found = [chosen(root, f"first-{place}") for place in (1, 2, 3)]
    assert [one["key"] for one in found] == sorted(means, key=lambda key: -means[key])[:3]
    assert [one["proxy"]["mean_accuracy"] for one in found] == pytest.approx(sorted(means.values(), reverse=True)[:3])
    assert chosen(root, "joined")["spec"]["members"] == [
        {name: one[name] for name in ("key", "label", "spec")} for one in found[:2]
    ]


def test_a_candidate_that_two_searches_found_counts_once_with_all_its_seeds() -> None:
    rows = {
        0: [{"rank": 1, "key": "a", "spec": {}, "label": "A", "mean_accuracy": 0.8, "replicates": 2}],
        1: [
            {"rank": 1, "key": "b", "spec": {}, "label": "B", "mean_accuracy": 0.9, "replicates": 2},
            {"rank": 2, "key": "a", "spec": {}, "label": "A", "mean_accuracy": 0.6, "replicates": 2},
            {"rank": 3, "key": "c", "spec": {}, "label": "C", "mean_accuracy": None, "replicates": 2},
        ],
    }
    answers: dict[int, dict[str, Any]] = {
        0: {"key": "a", "score_accuracy": 0.7, "score_replicates": 4},
        1: {"key": "b", "score_accuracy": 0.3, "score_replicates": 4},
    }
    searched = Searched(
        "tiny",
        Study(),  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        {("mine", seed): {"answer": answer} for seed, answer in answers.items()},
        trials=lambda *_: [],
        finalists=lambda _, seed: rows[seed],
        form=lambda: pytest.fail("no form is needed"),
    )
    found = _ranked.ranked(searched, "mine")
    assert [one["key"] for one in found] == ["a", "b"], "what was not measured on every seed has no place"
    assert [one["proxy"]["mean_accuracy"] for one in found] == pytest.approx([0.7, 0.5])
    assert [one["proxy"]["n"] for one in found] == [8, 6]


class Study:
    """What `ranked` asks of a study."""

    measure = ACCURACY


def test_what_one_slot_has_trained_no_other_trains_again(
    retrained: Path, selected: tuple[Path, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining.Retraining, "_train", lambda *_: pytest.fail("trained again"))
    before = metrics(retrained, "joined")
    for slot in ("joined", "first-1", "first-2"):
        retrain.run(selected[1], "tiny", slot, retrained)
    assert metrics(retrained, "joined") == before


def test_a_plan_counts_every_network_and_the_report_every_member(
    retrained: Path, selected: tuple[Path, Params]
) -> None:
    root, params = selected
    study, child = params.studies["tiny"], ChildCost(10, 1.0, 5)
    # All networks of the ensembles have slots of their own, and the store trains them once.
    assert costs.retrain(study, child).children == 2 * (1 + 1 + 4 + 0 + 0)
    assert costs.retrain(study, child, {"joined", "many"}).children == 2 * 4
    made = costs.retrain(study, child, {"joined", "first-1", "first-2"})
    assert made.children == len(list((root / WORK / "retrain").rglob("*.pt")))
    assert costs.weights_bytes(study, child) == 5 * (1 + 1 + 4 + 2 + 4)
    rows = {str(row["slot"]): row for row in slots_table.table(StudyData(params, "tiny", root)).rows}
    assert [name for name in rows if name.startswith("joined")] == ["joined", "joined, member 1", "joined, member 2"]
    for place in (1, 2):
        member, alone = rows[f"joined, member {place}"], rows[f"first-{place}"]
        assert (member["candidate"], member["test_accuracy"]) == (alone["candidate"], alone["test_accuracy"])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"type": "top", "agent": "rando", "count": 1}, "did you mean 'random'"),
        ({"type": "top", "agent": "random", "count": 5}, "2 x 2 (searches x finalists of random)"),
        ({"type": "ensemble", "agent": "random", "count": 1}, "at least 2"),
        ({"type": "best", "agent": "random", "count": 1}, "allowed: ensemble, top"),
        ({"agent": "random", "count": 1}, "allowed: ensemble, top"),
    ],
)
def test_what_cannot_be_is_refused(entry: dict[str, Any], said: str, tmp_path: Path) -> None:
    tiny.study(tmp_path, **CHANGES)
    study = {**tiny.STUDY, **CHANGES, "retrain": {"seeds": 2, "slots": {"mine": entry}}}
    raw = {
        "preset": "t",
        "datasets": {"spots": {"source": "npz", "path": "x.npz"}},
        "runtime": {},
        "studies": {"s": study},
    }
    with pytest.raises(SettingsError, match=said.replace("(", r"\(").replace(")", r"\)")):
        validate(raw)


def test_an_ensemble_is_made_of_what_has_slots_of_its_own_or_of_nothing_that_has(tmp_path: Path) -> None:
    slots = {"few": {**SLOTS["first"], "count": 3}, "many": SLOTS["many"]}
    with pytest.raises(SettingsError) as caught:
        tiny.study(tmp_path, **{**CHANGES, "retrain": {"seeds": 2, "slots": slots}})
    text = " ".join(str(caught.value).split())
    assert "one fault: - studies.tiny.retrain.slots.many.count = 4 is above the 3 of random that have slots" in text
    tiny.study(tmp_path, **{**CHANGES, "retrain": {"seeds": 2, "slots": {"many": SLOTS["many"]}}})


def test_two_slots_of_one_name_are_refused(tmp_path: Path) -> None:
    slots = {"he": {"type": "ensemble", "agent": "random", "count": 2}}
    with pytest.raises(SettingsError, match="2 slots would be called he"):
        tiny.study(tmp_path, **{**CHANGES, "retrain": {"seeds": 2, "slots": slots}})


class Middle(SlotKind):
    """The candidate in the middle of the space."""

    kind, order, role = "middle", 35, "further"

    def slots(self, study: StudySettings) -> list[artefacts.Slot]:
        return [self.slot(study, "in-the-middle", "random")]

    def fill(self, slot: artefacts.Slot, searched: Searched) -> dict[str, Any]:
        return filled(slot, candidate(searched.space.decode(searched.space.spread(3)[1]), searched.space), None)


def test_a_kind_of_ones_own_needs_nothing_but_its_file(selected: tuple[Path, Params], own: Path) -> None:
    (own / "slots").mkdir()
    (own / "slots/middle.py").write_text(f"from {__name__} import Middle\n\nSLOT = Middle()\n", encoding="utf-8")
    root, params = selected
    study = params.studies["tiny"]
    further = [slot.name for slot in artefacts.slots(study) if slot.role == "further"]
    assert further[0] == "in-the-middle", "its order is the lowest of them"
    select.run(params, "tiny", root)
    retrain.run(params, "tiny", "in-the-middle", root)
    planned = {state.phase: state.planned for state in StudyState(params, "tiny", root).phases()}
    assert planned["retrain"] == len(artefacts.slots(study))
    data = StudyData(params, "tiny", root)
    shown = {*data.trained, *(row["slot"] for row in slots_table.table(data).rows)}
    assert "in-the-middle" in shown
