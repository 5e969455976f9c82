"""Selection is arithmetic: the right candidate in each slot, and no slot that depends on another's inputs."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest

import layered_factory
from artefact_factory import PARTS, build, settings
from rlsearch.config import artefacts, resolved
from rlsearch.config.models import Params
from rlsearch.config.search_files import SEARCH_FILES
from rlsearch.errors import RlsearchError
from rlsearch.evidence.results import Results
from rlsearch.files import canonical_json, pretty_json, read_json, read_jsonl
from rlsearch.phases import select
from rlsearch.spaces._layered_parameters import parameters

STUDY = "init-scale"
SLOT_KEYS = {"slot", "kind", "source", "status", "reason", "spec", "key", "label", "proxy"}


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, Params]:
    return tmp_path, build(tmp_path, parts=("search", "select"))


def _slot(root: Path, name: str) -> dict[str, Any]:
    value: dict[str, Any] = read_json(root / artefacts.select_folder(STUDY) / f"{name}.json")
    return value


def _bytes(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / artefacts.select_folder(STUDY)).iterdir()}


def _edit_summary(root: Path, agent: str, seed: int, **answer: Any) -> None:
    path = root / artefacts.search_folder(STUDY, agent, seed) / "summary.json"
    value = read_json(path)
    value["answer"] = {**value["answer"], **answer} if answer else None
    path.write_text(pretty_json(value), encoding="utf-8")


def _edit_ledger(root: Path, agent: str, seed: int, index: int, **change: Any) -> dict[str, Any]:
    path = root / artefacts.search_folder(STUDY, agent, seed) / "trials.jsonl"
    trials = [dict(trial) for trial in read_jsonl(path)]
    trials[index].update(change)
    path.write_text("".join(canonical_json(trial) + "\n" for trial in trials), encoding="utf-8")
    return trials[index]


def test_every_slot_has_its_file_and_nothing_else_is_there(tree: tuple[Path, Params]) -> None:
    root, params = tree
    names = {f"{slot.name}.json" for slot in artefacts.slots(params.studies[STUDY])}
    assert set(_bytes(root)) == names | {"searches.csv", "audit.json"}
    assert len(names) == 4 + 5 + 15
    audit = read_json(root / artefacts.select_folder(STUDY) / "audit.json", "networks", "uniform", "decisions")
    assert (audit["networks"]["count"], audit["decisions"][0]["continuous"]) == (141, True)
    for name in names:
        slot = _slot(root, name.removesuffix(".json"))
        assert set(slot) == SLOT_KEYS
        assert (slot["status"], slot["reason"]) == ("filled", None)


def test_the_best_slot_holds_the_answer_with_the_highest_score(tree: tuple[Path, Params]) -> None:
    root, params = tree
    _edit_summary(root, "random", 4, score_accuracy=0.999, label="s = 1.11", key="k", spec={"init": "x"})
    select.run(params, STUDY, root)
    slot = _slot(root, "best-random")
    assert slot["proxy"] == {"mean_accuracy": 0.999, "search_seed": 4}
    assert (slot["label"], slot["key"], slot["spec"]) == ("s = 1.11", "k", {"init": "x"})


def test_of_equal_scores_the_lowest_search_seed_wins(tree: tuple[Path, Params]) -> None:
    root, params = tree
    for seed in (5, 2, 3):
        _edit_summary(root, "random", seed, score_accuracy=0.999)
    _edit_summary(root, "random", 0, score_accuracy=None)
    select.run(params, STUDY, root)
    assert _slot(root, "best-random")["proxy"]["search_seed"] == 2


def test_an_agent_without_any_answer_leaves_its_slot_empty(tree: tuple[Path, Params]) -> None:
    root, params = tree
    for seed in range(6):
        _edit_summary(root, "random", seed)
    _edit_summary(root, "grid", 0)
    select.run(params, STUDY, root)
    slot = _slot(root, "best-random")
    assert (slot["status"], slot["spec"], slot["proxy"]) == ("empty", None, None)
    assert "6 searches of random" in slot["reason"]
    assert _slot(root, "best-grid")["status"] == "filled"
    rows = [row for row in Results(params, STUDY, root).searches or () if row["agent"] == "random"]
    assert [(row["score_accuracy"], row["spec"], row["trials"]) for row in rows] == [(None, None, 45)] * 6


def test_a_baseline_is_the_spaces_own_spec_or_an_empty_slot(tree: tuple[Path, Params]) -> None:
    root, params = tree
    assert _slot(root, "he")["spec"] == {"init": {"scheme": "scaled-normal", "scale": 1.0}}
    assert (_slot(root, "lsuv")["label"], _slot(root, "lsuv")["proxy"]) == ("lsuv", None)
    study = params.studies[STUDY].model_copy(update={"baselines": ("he", "unheard-of")})
    select.run(params.model_copy(update={"studies": {STUDY: study}}), STUDY, root)
    slot = _slot(root, "unheard-of")
    assert slot["status"] == "empty"
    assert "'unheard-of'" in slot["reason"]
    assert "analytic" in slot["reason"]


def test_a_grid_slot_gathers_all_passes_of_all_searches(tree: tuple[Path, Params]) -> None:
    root, params = tree
    ledgers = Results(params, STUDY, root).ledgers_of("grid")
    values = [trial["metrics"]["accuracy"] for ledger in ledgers for trial in ledger if trial["actions"] == [1.0]]
    slot = _slot(root, "grid-07")
    assert slot["label"] == "s = 1"
    assert slot["proxy"]["values"] == values
    assert (slot["proxy"]["n"], slot["proxy"]["excluded"]) == (18, 0)
    assert slot["proxy"]["mean_accuracy"] == pytest.approx(fmean(values))
    assert slot["proxy"]["sd_accuracy"] == pytest.approx(stdev(values))


def test_a_diverged_child_counts_as_measured_and_a_failed_one_not_at_all(tree: tuple[Path, Params]) -> None:
    root, params = tree
    _edit_ledger(root, "grid", 0, 7, status="diverged", metrics={"accuracy": 0.1, "loss": None})
    _edit_ledger(root, "grid", 1, 7, status="failed", metrics={})
    _edit_ledger(root, "grid", 2, 7, status="diverged", metrics={"accuracy": None, "loss": None})
    select.run(params, STUDY, root)
    proxy = _slot(root, "grid-07")["proxy"]
    assert (proxy["n"], proxy["excluded"]) == (16, 2)
    assert proxy["values"][0] == 0.1


def test_a_grid_point_that_never_trained_is_still_retrained(tree: tuple[Path, Params]) -> None:
    root, params = tree
    for seed in range(6):
        for index in (7, 22, 37):
            _edit_ledger(root, "grid", seed, index, status="failed", metrics={})
    select.run(params, STUDY, root)
    slot = _slot(root, "grid-07")
    assert slot["status"] == "filled"
    assert slot["proxy"] == {"mean_accuracy": None, "sd_accuracy": None, "n": 0, "excluded": 18, "values": []}


def test_a_changed_agent_changes_the_bytes_of_its_own_slot_only(tree: tuple[Path, Params]) -> None:
    root, params = tree
    before = _bytes(root)
    _edit_summary(root, "random", 1, score_accuracy=0.999)
    _edit_ledger(root, "random", 1, 0, reward=0.0, metrics={"accuracy": 0.0, "loss": 3.0})
    select.run(params, STUDY, root)
    after = _bytes(root)
    assert {name for name in before if before[name] != after[name]} == {"best-random.json", "searches.csv"}
    _edit_ledger(root, "grid", 3, 2, metrics={"accuracy": 0.0, "loss": 3.0})
    select.run(params, STUDY, root)
    assert {name for name in after if after[name] != _bytes(root)[name]} == {"grid-02.json"}


def test_selecting_twice_gives_the_same_bytes(tree: tuple[Path, Params]) -> None:
    root, params = tree
    before = _bytes(root)
    select.run(params, STUDY, root)
    assert _bytes(root) == before


def test_searches_csv_holds_one_row_a_search(tree: tuple[Path, Params]) -> None:
    root, params = tree
    results = Results(params, STUDY, root)
    rows = results.searches or []
    # In the order that jobs have, whatever order params.yaml has.
    assert [(row["agent"], row["seed"]) for row in rows] == artefacts.searches(resolved.ordered(params), STUDY)
    summary = results.summaries["reinforce", 0]
    row = next(row for row in rows if (row["agent"], row["seed"]) == ("reinforce", 0))
    assert row["score_accuracy"] == summary["answer"]["score_accuracy"]
    assert json.loads(row["spec"]) == summary["answer"]["spec"]
    assert (row["flops"], row["bit_exact"]) == (summary["cost"]["flops"], True)


def test_an_unfinished_search_is_an_error_with_a_remedy(tree: tuple[Path, Params]) -> None:
    root, params = tree
    (root / artefacts.search_folder(STUDY, "grid", 2) / "summary.json").unlink()
    with pytest.raises(RlsearchError, match="'grid' with seed 2") as error:
        select.run(params, STUDY, root)
    assert error.value.remedy


def test_a_study_without_fidelity_has_no_grid(tmp_path: Path) -> None:
    build(tmp_path, raw=settings(fidelity=None), parts=("search", "select"))
    assert not [name for name in _bytes(tmp_path) if name.startswith("grid")]


def test_the_factory_repeats_itself_and_is_complete(tmp_path: Path) -> None:
    params = build(tmp_path / "a", parts=PARTS)
    build(tmp_path / "b", parts=PARTS)
    files = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert all((tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes() for path in files)
    for agent, seed in artefacts.searches(params, STUDY):
        assert {artefacts.search_folder(STUDY, agent, seed) / name for name in SEARCH_FILES} <= files
    for slot in artefacts.slots(params.studies[STUDY]):
        expected = set(artefacts.RETRAIN_FILES) - {"weights.pt"}
        assert {artefacts.retrain_folder(STUDY, slot.name) / name for name in expected} <= files


def test_a_matched_baseline_has_the_size_of_the_best_answer_of_all(tmp_path: Path) -> None:
    params = layered_factory.build(tmp_path, parts=("search", "select"))
    folder = tmp_path / artefacts.select_folder("layered-cnn")
    slots = {path.stem: read_json(path) for path in folder.glob("best-*.json")}
    best = max(sorted(slots), key=lambda name: slots[name]["proxy"]["mean_accuracy"])
    hand_made = read_json(folder / "hand-made.json")
    assert hand_made["matched_to"] == {"slot": best, "label": slots[best]["label"], "key": slots[best]["key"]}
    wanted, got = (parameters(slot["spec"]["network"], 1, 10) for slot in (slots[best], hand_made))  # digits are grey
    layers = hand_made["spec"]["network"]["layers"]
    for width in (layers[0]["filters"] - 1, layers[0]["filters"] + 1):
        other = {"network": {"layers": [{**layer, "filters": width} for layer in layers]}}
        assert abs(parameters(other["network"], 1, 10) - wanted) >= abs(got - wanted)
    assert len(slots) == len(params.studies["layered-cnn"].agents)
