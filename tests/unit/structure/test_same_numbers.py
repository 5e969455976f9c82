"""What the proof of a redesign lets pass, and what it does not: runs compared file by file, in made-up folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from compared_runs import CURVES, METRICS, TABLE, make, replace, write
from result_comparison import FAMILIES, Tally, compare, family_of, relative


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path / "base")


@pytest.fixture
def new(base: Path) -> Path:
    return Path(shutil.copytree(base, base.with_name("new")))


def differing(tallies: list[Tally]) -> dict[str, list[str]]:
    return {tally.family.name: list(map(str, tally.differences)) for tally in tallies if tally.differences}


def noted(tallies: list[Tally]) -> list[str]:
    return [str(note) for tally in tallies for note in tally.notes]


def test_a_run_is_identical_with_its_copy_and_all_of_it_was_compared(base: Path, new: Path) -> None:
    tallies = compare(base, new)
    assert differing(tallies) == {} and noted(tallies) == []
    counts = {tally.family.name: (tally.files, tally.numbers) for tally in tallies}
    assert set(counts) == {family.name for family in FAMILIES}
    assert counts == {
        "ledgers": (1, 9),
        "finalists": (1, 3),
        "summaries": (1, 2),
        "steps": (1, 3),
        "policies": (1, 2),
        "what agents learnt": (2, 6),
        "controls": (1, 2),
        "slots and searches": (2, 3),
        "retraining": (1, 2),
        "curves": (1, 3),
        "networks": (1, 1),
        "weights": (1, 4),
        "tables": (2, 6),
        "metrics.json": (1, 2),
        "page and figures": (2, 0),
        "seconds": (1, 0),
        "other files": (1, 1),
    }


SEARCH = "search/small/random/seed-0"
CHANGES: dict[str, tuple[str, str, str, str]] = {
    "a reward": (f"{SEARCH}/trials.jsonl", '"reward": 9.5', '"reward": 9.500000000000002', "line 2, reward: 9.5 |"),
    "a key": (f"{SEARCH}/trials.jsonl", '"k1"', '"k7"', "line 2, key: k1 | k7"),
    "a field": (f"{SEARCH}/trials.jsonl", '"index": 1, ', "", "line 2, index: 1 | missing"),
    "a spec": (f"{SEARCH}/finalists.csv", '""scale"":1.25', '""scale"":1.5', "line 2, spec, scale: 1.25 | 1.5"),
    "an answer": (f"{SEARCH}/summary.json", "0.85", "0.86", "answer, score_accuracy: 0.85 | 0.86"),
    "an optimizer": (f"{SEARCH}/steps.csv", "sgd", "sam", "line 2, optimizer: sgd | sam"),
    "a policy": (f"{SEARCH}/policy.json", "-0.5", "-0.25", "weight, [0], [1]: -0.5 | -0.25"),
    "a value of a table": (f"{SEARCH}/q-table.csv", "0.875", "0.75", "line 2, q: 0.875 | 0.75"),
    "a control": ("controls/small/random.json", "0.25, 0.5", "0.25", "null_constant, last_sd, [1]: 0.5 | missing"),
    "a truth value": ("select/small/searches.csv", "True", "False", "line 2, bit_exact: True | False"),
    "an emptied slot": ("select/small/he.json", "filled", "empty", "status: filled | empty"),
    "a network": ("retrain/small/he/model.json", "10", "11", "classes: 10 | 11"),
    "a cell by 1e-9": ("report/tables/small-slots.csv", "0.75", "0.75000000075", "line 2, test_accuracy: 0.75 |"),
    "a cell emptied": ("report/tables/small-slots.csv", "0.75", "", "line 2, test_accuracy: 0.75 | None"),
    "a column's name": ("report/tables/small-slots.csv", "test_accuracy", "accuracy", "line 1, test_accuracy: "),
    "a row": ("report/tables/small-slots.csv", "best,0.8125,\n", "", "line 3: "),
    "metrics.json": ("metrics.json", "0.75", "0.76", "studies, small, slots, he, test_accuracy: 0.75 | 0.76"),
    "a kind of file to come": ("later/kind.json", "3", "4", "number: 3 | 4"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_fails_and_is_located(name: str, base: Path, new: Path) -> None:
    file, old, changed, located = CHANGES[name]
    replace(new / file, old, changed)
    found = differing(compare(base, new))
    assert list(found) == [family_of(file).name]
    assert found[family_of(file).name][0].startswith(f"{file}: {located}")


def test_a_changed_weight_fails(base: Path, new: Path) -> None:
    file = "retrain/small/he/weights.pt"
    torch.save({"layer.weight": torch.tensor([[1.0, 2.0], [3.0000002, float("nan")]])}, new / file)
    assert differing(compare(base, new))["weights"] == [f"{file}: layer.weight [1, 0]: 3.0 | 3.000000238418579"]
    torch.save({"layer.weight": torch.ones(4)}, new / file)
    assert differing(compare(base, new))["weights"] == [f"{file}: layer.weight: float32 (2, 2) | float32 (4,)"]


@pytest.mark.parametrize("file", [f"{SEARCH}/times.csv", "report/figures/small-regret.svg", "metrics.json"])
def test_a_file_that_only_one_has_fails(file: str, base: Path, new: Path) -> None:
    (new / file).unlink()
    assert differing(compare(base, new)) == {family_of(file).name: [f"{file}: there | missing"]}
    assert differing(compare(new, base)) == {family_of(file).name: [f"{file}: missing | there"]}


UNTOUCHED: dict[str, tuple[str, str, str]] = {
    "times": (f"{SEARCH}/times.csv", "0.41", "0.52"),
    "a table of seconds": ("report/tables/small-seconds.csv", "search,41\n", ""),
    "a digest of the code": (f"{SEARCH}/summary.json", "aa11", "ee55"),
    "a digest of the settings": ("retrain/small/he/metrics.json", "bb22", "ee55"),
    "the bytes of weights": ("retrain/small/he/model.json", "dd44", "ee55"),
    "the page": ("report/index.html", "words", "other words"),
    "shipped tables": ("reference/table.json", "1", "2"),
    "order of the columns": ("report/tables/curves.csv", CURVES, "loss,study,epoch\n0.5,small,1\n0.25,small-too,1\n"),
    "the last digit of a statistic": ("report/tables/small-slots.csv", "0.8125", "0.8125000000000001"),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_times_digests_and_last_digits_of_statistics_pass(name: str, base: Path, new: Path) -> None:
    file, old, changed = UNTOUCHED[name]
    replace(new / file, old, changed)
    tallies = compare(base, new)
    assert differing(tallies) == {} and noted(tallies) == []


@pytest.mark.parametrize(
    ("file", "old", "changed", "note"),
    [
        (f"{SEARCH}/summary.json", "s = 1.25", "scale 1.25", "answer, label: s = 1.25 | scale 1.25"),
        ("controls/small/random.json", '"a"', '"b"', "noise, labels, [0]: a | b"),
        ("select/small/he.json", "null", '"why"', "reason: None | why"),
        ("report/tables/small-slots.csv", "ok", "trained", "line 2, status: ok | trained"),
    ],
)
def test_words_for_readers_are_noted(file: str, old: str, changed: str, note: str, base: Path, new: Path) -> None:
    replace(new / file, old, changed)
    tallies = compare(base, new)
    assert differing(tallies) == {} and noted(tallies) == [f"{file}: {note}"]


def test_what_the_work_tree_may_have_more_is_named(base: Path, new: Path) -> None:
    write(new / "transfer/small/metrics.json", {"runs": []})
    replace(new / "retrain/small/he/model.json", "{", '{"kind": "images", ')
    assert set(differing(compare(base, new))) == {"networks", "retraining"}
    tallies = compare(base, new, added=["transfer/*", "kind"])
    assert differing(tallies) == {} and len(noted(tallies)) == 2
    assert set(differing(compare(new, base, added=["transfer/*", "kind"]))) == {"networks", "retraining"}


def test_a_study_of_one_side_is_left_out_whole(base: Path, new: Path) -> None:
    for name in ("search", "controls", "select", "retrain"):
        shutil.rmtree(new / name)
    for name in ("report/figures/small-regret.svg", "report/tables/small-slots.csv"):
        (new / name).unlink()
    write(new / "report/tables/curves.csv", "study,epoch,loss\nsmall-too,1,0.25\n")
    write(new / "report/tables/small-too-slots.csv", TABLE)
    write(new / "metrics.json", {"studies": {"small-too": METRICS["studies"]["small-too"]}})
    found = differing(compare(base, new, ["small", "small-too"], ["small"]))
    assert found == {"tables": ["report/tables/small-too-slots.csv: missing | there"]}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (1.0, 1.0, 0.0),
        (4.0, 5.0, 0.2),
        (0.0, 1e-300, 1.0),
        (float("nan"), float("nan"), 0.0),
        (1.0, float("nan"), None),
    ],
)
def test_a_relative_difference(first: float, second: float, expected: float | None) -> None:
    assert relative(first, second) == pytest.approx(float("inf") if expected is None else expected)
