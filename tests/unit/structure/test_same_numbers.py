"""What the proof of a redesign lets pass, and what it does not: runs compared file by file, in made-up folders."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import same_numbers
from result_comparison import FAMILIES, Tally, compare, family_of, relative

PROVENANCE = {"code": "aa11", "settings": "bb22", "data": "cc33", "threads": 1}
TRIALS = [{"index": i, "key": f"k{i}", "spec": {"scale": 1.25}, "reward": 8.5 + i, "error": None} for i in range(3)]
SUMMARY = {"trials": 3, "answer": {"label": "s = 1.25", "score_accuracy": 0.85}, "provenance": PROVENANCE}
CONTROLS = {"null_constant": {"last_sd": [0.25, 0.5]}, "noise": {"labels": ["a"]}, "provenance": PROVENANCE}
METRICS = {"studies": {"small": {"slots": {"he": {"test_accuracy": 0.75}}}, "small-too": {"cost": {"flops": 5}}}}
FINALISTS = 'rank,key,spec,label,mean_reward\n1,k0,"{""scale"":1.25}",s = 1.25,8.5\n'
TABLE = "slot,test_accuracy,status\nhe,0.75,ok\nbest,0.8125,\n"
CURVES = "study,epoch,loss\nsmall,1,0.5\nsmall-too,1,0.25\n"


def write(path: Path, content: str | Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def make(folder: Path) -> Path:
    """Write a file of every family, and what is not compared."""
    search, retrained = folder / "search/small/random/seed-0", folder / "retrain/small/he"
    write(search / "trials.jsonl", "".join(f"{json.dumps(trial)}\n" for trial in TRIALS))
    write(search / "finalists.csv", FINALISTS)
    write(search / "summary.json", SUMMARY)
    write(search / "steps.csv", "trial,step,optimizer,reward\n0,0,sgd,0.5\n")
    write(search / "policy.json", {"kind": "learned", "weight": [[0.125, -0.5]]})
    write(search / "times.csv", "index,seconds,cached\n0,0.41,0\n")
    write(folder / "controls/small/random.json", CONTROLS)
    write(folder / "select/small/he.json", {"status": "filled", "reason": None, "spec": {"scale": 1.5}})
    write(folder / "select/small/searches.csv", "agent,seed,score_accuracy,bit_exact\nrandom,0,0.85,True\n")
    write(retrained / "metrics.json", {"runs": [{"seed": 0, "test_accuracy": 0.75}], "provenance": PROVENANCE})
    write(retrained / "curves.csv", "seed,epoch,train_loss\n0,1,0.5\n")
    write(retrained / "model.json", {"classes": 10, "sha256": "dd44"})
    torch.save({"layer.weight": torch.tensor([[1.0, 2.0], [3.0, float("nan")]])}, retrained / "weights.pt")
    write(folder / "report/index.html", "<p>words</p>")
    write(folder / "report/figures/small-regret.svg", "<svg/>")
    write(folder / "report/tables/small-slots.csv", TABLE)
    write(folder / "report/tables/curves.csv", CURVES)
    write(folder / "report/tables/small-seconds.csv", "what,seconds\nsearch,41\n")
    write(folder / "metrics.json", METRICS)
    write(folder / "later/kind.json", {"number": 3})
    write(folder / "reference/table.json", {"shipped": 1})
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path / "base")


@pytest.fixture
def new(base: Path) -> Path:
    return Path(shutil.copytree(base, base.with_name("new")))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


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


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a commit and a work tree that differs from it."""
    root = tmp_path / "repository"
    write(root / "presets/smoke.yaml", "studies: {small: {}}\n")
    write(root / ".gitignore", "/results/\n")
    write(root / "gone.py", "old")
    write(root / "src/changed.py", "old")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "state"]):
        identity = ["-c", "user.name=tests", "-c", "user.email=tests"]
        subprocess.run(["git", *identity, *words], cwd=root, check=True)
    (root / "gone.py").unlink()
    write(root / "src/changed.py", "new")
    write(root / "src/added.py", "new")
    write(root / "results/page.html", "ignored")
    monkeypatch.setattr(same_numbers, "ROOT", root)
    return root


def options(keep: Path, *words: str) -> argparse.Namespace:
    return same_numbers.parse(["HEAD", "--preset", "smoke", "--keep", str(keep), *words])


def runner(change: Callable[[Path], object], studies: set[str]) -> Callable[[Path, str, int], set[str]]:
    """Return what stands in for a run: equal results, but for a change and for the studies of the work tree."""

    def run(folder: Path, preset: str, cores: int) -> set[str]:
        shutil.rmtree(folder / "results", ignore_errors=True)
        make(folder / "results")
        if folder.name != "smoke-work-tree":
            return {"small"}
        change(folder / "results")
        return studies

    return run


def sources(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*.*") if path.suffix in (".py", ".yaml")
    }


def test_both_sides_run_in_clones_of_what_they_are(repository: Path, tmp_path: Path) -> None:
    same_numbers.clone("HEAD", tmp_path / "base")
    same_numbers.clone("HEAD", tmp_path / "tree")
    same_numbers.lay_work_tree(tmp_path / "tree")
    found = {name: sources(tmp_path / name) for name in ("base", "tree")}
    assert found["base"]["changed.py"] == "old" and "gone.py" in found["base"]
    assert found["tree"] == {
        **{name: text for name, text in found["base"].items() if name != "gone.py"},
        "changed.py": "new",
        "added.py": "new",
    }
    assert not any((tmp_path / name / "results").exists() for name in ("base", "tree"))


def test_the_exit_status_tells(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(same_numbers, "run", runner(lambda results: None, {"small"}))
    assert same_numbers.compare_presets(options(tmp_path / "kept"), tmp_path / "kept") == 0
    assert capsys.readouterr().out.count("identical") == len(FAMILIES)
    changed = runner(lambda results: replace(results / "metrics.json", "0.75", "0.76"), {"small"})
    monkeypatch.setattr(same_numbers, "run", changed)
    assert same_numbers.compare_presets(options(tmp_path / "kept"), tmp_path / "kept") == 1
    assert "metrics.json: studies, small, slots, he, test_accuracy: 0.75 | 0.76" in capsys.readouterr().out


def test_a_study_of_one_side_must_be_expected(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(same_numbers, "run", runner(lambda results: None, {"small", "seventh"}))
    assert same_numbers.compare_presets(options(tmp_path / "kept"), tmp_path / "kept") == 1
    assert "study seventh is in one of them only\n" in capsys.readouterr().out
    assert same_numbers.compare_presets(options(tmp_path / "kept", "--only", "seventh"), tmp_path / "kept") == 0


def test_a_run_that_cannot_be_made_is_one_message(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert same_numbers.main(["HEAD", "--preset", "paper", "--keep", str(tmp_path / "kept")]) == 2
    assert "there is no presets/paper.yaml" in capsys.readouterr().err
    assert same_numbers.main(["no-such-revision"]) == 2
    assert "no-such-revision" in capsys.readouterr().err
