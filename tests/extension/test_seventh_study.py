"""A study that measures something else on other data runs from the data to the report, through both doors."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from clone import Project

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

STUDY, OTHER, TRANSFER = "babble-readers", "babble-by-entropy", "babble-to-murmur"
NOTHING = "Data and pipelines are up to date."
REPEATED = (
    f"search/{STUDY}/*/*/trials.jsonl",
    f"search/{STUDY}/*/*/finalists.csv",
    f"controls/{STUDY}/*.json",
    f"select/{STUDY}/*",
    f"retrain/{STUDY}/*/curves.csv",
    f"retrain/{STUDY}/*/weights.pt",
    f"transfer/{TRANSFER}/*/curves.csv",
    f"report/tables/{STUDY}-verdicts.csv",
    f"report/tables/{STUDY}-entropy-gap.csv",
    f"report/tables/{STUDY}-transfers.csv",
    f"report/figures/{STUDY}-lag-shares.svg",
)


def contents(project: Project, *patterns: str) -> dict[str, bytes]:
    """Return the bytes of files below results by path; every pattern has to fit one."""
    results = project.root / "results"
    found = {pattern: sorted(results.glob(pattern)) for pattern in patterns}
    assert [pattern for pattern, paths in found.items() if not paths] == []
    return {str(path.relative_to(results)): path.read_bytes() for paths in found.values() for path in paths}


def rows(project: Project, table: str) -> list[dict[str, str]]:
    with (project.root / f"results/report/tables/{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def told(page: str) -> str:
    """Return what a reader sees of a page: no tags, no scripts, the words of its figures included."""
    shown = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", shown))


@pytest.fixture(scope="module")
def page(ran: Project) -> str:
    return (ran.root / "results/report/index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def recorded(ran: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy whose results are under DVC."""
    project = ran.copy(tmp_path_factory.mktemp("recorded"))
    project.front("record")
    project.commit()
    return project


def test_after_a_record_neither_door_has_work(recorded: Project) -> None:
    assert NOTHING in recorded.run("dvc", "repro")
    assert "Nothing to be done" in recorded.snakemake()
    assert recorded.run("git", "status", "--porcelain") == ""


def test_both_doors_give_equal_bytes(ran: Project, reproduced: Project) -> None:
    assert contents(ran, *REPEATED) == contents(reproduced, *REPEATED)


def test_dvc_leaves_nothing_to_snakemake(reproduced: Project) -> None:
    assert reproduced.planned() == []


def test_an_edit_of_a_file_of_the_study_runs_what_depends_on_it(recorded: Project, tmp_path: Path) -> None:
    project = recorded.copy(tmp_path)
    project.replace("extensions/surrogates/lag_entropy.py", "math.exp(", "1.0 * math.exp(")
    planned = project.planned()
    assert f"search {OTHER}/bandit, seed 0" in planned and "report" in planned
    assert [job for job in planned if STUDY in job] == []


@pytest.mark.parametrize("part", ["babble-readers-table-entropy-gap", "figure-babble-readers-lag-shares"])
def test_the_page_has_its_own_table_and_figure(part: str, page: str) -> None:
    assert f'id="{part}"' in page


def test_its_own_table_knows_the_entropy(ran: Project) -> None:
    found = {row["slot"]: row for row in rows(ran, f"{STUDY}-entropy-gap")}
    assert {"best-bandit", "best-random", "last", "last-two", "found-1", "found-2", "found-3", "together"} == set(found)
    assert [float(row["least"]) for row in found.values()] == [pytest.approx(1.7995, abs=1e-4)] * 8
    assert 0 < float(found["best-bandit"]["gap"]) < float(found["last"]["gap"])


def test_claims_are_decided_in_units_of_perplexity(ran: Project, page: str) -> None:
    found = {row["claim"]: row for row in rows(ran, f"{STUDY}-verdicts")}
    assert len(found) == 2
    own = found["What bandit selected comes within 0.15 nats of the entropy of the text"]
    assert (own["decision"], own["unit"], own["unit_shown"]) == ("better", "perplexity", "%")
    assert "nobody could predict this text much better; it is below the bound by" in told(page)


def test_the_transfer_is_on_the_page(ran: Project, page: str) -> None:
    found = rows(ran, f"{STUDY}-transfers")
    assert [(row["slot"], row["dataset"]) for row in found] == [("best-bandit", "murmur"), ("last-two", "murmur")]
    assert all(float(row["test_perplexity"]) > 1 for row in found)
    assert f"{TRANSFER} best-bandit" in told(page)


def test_nothing_on_the_page_is_about_other_data(page: str) -> None:
    shown = told(page)
    assert "perplexity" in shown and "reader" in shown
    found = re.findall(r"[^.]*(?:accurac|\bclass|image|pixel|picture|digits)[^.]*", shown, flags=re.IGNORECASE)
    assert found == []


def test_nothing_is_said_of_the_surrogate_as_if_it_had_trained(page: str, ran: Project) -> None:
    article = told(page[page.index(f'<article id="{OTHER}"') : page.index(f'<article id="{STUDY}"')])
    assert "nothing was retrained: a surrogate answered" in article and "On the target network" not in article
    assert "what the best reader of the space is worth without noise, less what the answer is worth" in article
    said = article[article.index("The search") : article.index("What it cost")]
    assert re.findall(r"[^.]*(?:trained on|the training|test set|test value|validation|truth table)[^.]*", said) == []
    assert not (ran.root / f"results/retrain/{OTHER}").exists()


def test_twins_and_null_controls_are_there(ran: Project) -> None:
    searched = {name: ran.root / f"results/search/{name}" for name in (STUDY, OTHER)}
    arms = {name: {path.name for path in folder.iterdir()} for name, folder in searched.items()}
    assert arms == {STUDY: {"bandit", "random", "bandit-never-updated"}, OTHER: {"bandit", "bandit-never-updated"}}
    controls: dict[str, Any] = json.loads((ran.root / f"results/controls/{STUDY}/bandit.json").read_text())
    assert controls["noise"] and controls["planted"]["hit_share"] > controls["planted"]["chance"]
    assert {"null_constant", "null_heteroscedastic", "permuted_labels"} <= set(controls)


def test_a_trial_alone_gives_the_same_bits(ran: Project) -> None:
    said = ran.run("rlsearch", "trial", STUDY, "bandit", "0", "3", PYTHONPATH=str(ran.root / "src"))
    assert "lags" in said and "accuracy" not in said


def test_several_sequences_mean_one_reader(ran: Project) -> None:
    lines = contents(ran, f"search/{STUDY}/*/*/trials.jsonl").values()
    trials = [json.loads(line) for text in lines for line in text.decode().splitlines()]
    twins: dict[str, set[tuple[int, ...]]] = {}
    for trial in trials:
        twins.setdefault(trial["key"], set()).add(tuple(trial["actions"]))
    assert any(len(sequences) > 1 for sequences in twins.values())
    for sequences in twins.values():
        assert len({(tuple(sorted({*one[:2]})), one[2]) for one in sequences}) == 1
