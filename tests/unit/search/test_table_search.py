"""Searches that a truth table answers: which column, at what cost, in which settings; no data and no torch needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cli_project
import small_table as made_up
from rlsearch import truth
from rlsearch.config import artefacts, resolved
from rlsearch.config.artefacts import search_folder
from rlsearch.config.models import RewardSettings
from rlsearch.errors import DataError, RlsearchError
from rlsearch.files import canonical_json, pretty_json, read_csv, read_json, read_jsonl, write_atomic
from rlsearch.measures import ACCURACY
from rlsearch.overview import costs
from rlsearch.overview.state import StudyState
from rlsearch.phases import search
from rlsearch.search.answers import answers_of
from rlsearch.search.evaluators import Request
from rlsearch.search.reward import Reward
from rlsearch.search.table_evaluator import TableEvaluator
from rlsearch.training.outcome import Outcome


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made_up.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(evaluator: TableEvaluator, row: int, **where: Any) -> Outcome:
    table = evaluator.table
    request = Request(0, table.specs[row], table.space.key(table.specs[row]), **where)
    ((_, result),) = evaluator.run([request])
    assert (result.seconds, result.cached) == (0.0, False)
    return result.outcome


def test_each_purpose_has_columns_of_its_own(root: Path) -> None:
    table = truth.load(made_up.NAME)
    evaluator = TableEvaluator(table, "tiny", 5, replicates=3, scores=2)
    order = table.columns("tiny", table.space.key(table.specs[7]), 5)
    asked = [("search", 0)] + [("finalist", r) for r in range(3)] + [("replicate", r) for r in range(5)]
    seen = [ask(evaluator, 7, purpose=p, replicate=r).metrics["accuracy"] for p, r in asked]
    # One search, three finalists, four scorings use up the eight columns; the fifth scoring begins again.
    assert seen == [*table.values["accuracy"][7, order, 1], table.values["accuracy"][7, order[0], 1]]
    # Trials that ask again meet the trainings that neither finalists nor scores do, then begin again.
    again = [ask(evaluator, 7, purpose="search", replicate=r).metrics["accuracy"] for r in range(7)]
    assert again == table.values["accuracy"][7, order[[0, 6, 7, 0, 6, 7, 0]], 1].tolist()
    assert not set(again) & set(seen[1:6])


def test_an_outcome_is_that_of_a_whole_training(root: Path) -> None:
    table = truth.load(made_up.NAME)
    outcome = ask(TableEvaluator(table, "tiny", 0, 2), 35)
    assert (outcome.status, outcome.epochs, outcome.samples, outcome.flops) == ("ok", 2, 2154, 85_000)
    assert outcome.metrics["accuracy"] == pytest.approx(1 - outcome.metrics["loss"], abs=1e-6)


def test_a_measurement_that_is_no_number_is_a_divergence(root: Path) -> None:
    values = made_up.arrays("validation")
    values["accuracy"][3, :, 1] = np.nan
    made_up.write_part(root, "validation", values)
    evaluator = TableEvaluator(truth.load(made_up.NAME), "tiny", 0, 2)
    assert [ask(evaluator, row).status for row in (3, 4)] == ["diverged", "ok"]
    assert Reward(RewardSettings(failure=-3.0), ACCURACY)(ask(evaluator, 3)) == -3.0


def test_a_candidate_of_another_space_is_refused(root: Path) -> None:
    evaluator = TableEvaluator(truth.load(made_up.NAME), "tiny", 0, 2)
    with pytest.raises(RlsearchError, match="is not in the truth table 'made-up'"):
        list(evaluator.run([Request(0, {}, "0" * 32)]))


def test_agents_with_one_seed_meet_the_same_noise(root: Path) -> None:
    for seed in (0, 1):
        for agent in ("random", "pairs"):
            search.run(made_up.params(), "tiny", agent, seed)
    seen: list[dict[str, float]] = []
    for seed in (0, 1):
        lines = [line for agent in ("random", "pairs") for line in ledger(agent, seed)]
        found = {line["key"]: {one["reward"] for one in lines if one["key"] == line["key"]} for line in lines}
        assert all(len(rewards) == 1 for rewards in found.values())
        seen.append({key: rewards.pop() for key, rewards in found.items()})
    both = seen[0].keys() & seen[1].keys()
    assert sum(seen[0][key] != seen[1][key] for key in both) > len(both) / 2


def ledger(agent: str, seed: int = 0) -> list[Any]:
    return list(read_jsonl(search_folder("tiny", agent, seed) / "trials.jsonl"))


def test_the_first_candidates_are_the_finalists_of_an_agent_that_asks_for_them(root: Path) -> None:
    agents = {"usual": {"type": "random"}, "hasty": {"type": "random", "answer": "first"}}
    for agent in agents:
        search.run(made_up.params(agents=agents), "tiny", agent, 0)
    # They propose the same; what is set aside for other finalists says how much of it.
    common = min(len(ledger(agent)) for agent in agents)
    assert ledger("usual")[:common] == ledger("hasty")[:common]
    rewards = {agent: {line["key"]: line["reward"] for line in ledger(agent)} for agent in agents}
    finalists = {agent: read_csv(search_folder("tiny", agent, 0) / "finalists.csv") for agent in agents}
    best = sorted(rewards["usual"], key=lambda key: -rewards["usual"][key])[:2]
    assert {row["key"] for row in finalists["usual"]} == set(best)
    assert {row["key"] for row in finalists["hasty"]} == set(list(rewards["hasty"])[:2])


def test_an_interrupted_search_ends_as_if_it_had_not_been(root: Path) -> None:
    search.run(made_up.params(), "tiny", "pairs", 0)
    whole = (search_folder("tiny", "pairs", 0) / "trials.jsonl").read_bytes()
    (journal,) = (root / ".rlsearch").rglob("journal.jsonl")
    write_atomic(journal, b"".join(journal.read_bytes().splitlines(keepends=True)[:9]))
    search.run(made_up.params(), "tiny", "pairs", 0)
    assert (search_folder("tiny", "pairs", 0) / "trials.jsonl").read_bytes() == whole
    # A longer search continues the same journal, and its ledger begins with the shorter one's.
    search.run(made_up.params(search={**made_up.SEARCH, "budget": 45}), "tiny", "pairs", 0)
    longer = (search_folder("tiny", "pairs", 0) / "trials.jsonl").read_bytes()
    assert longer.startswith(whole) and len(longer) > len(whole)


def test_no_data_and_no_torch_are_needed(root: Path) -> None:
    write_atomic(root / "settings.json", canonical_json(resolved.dump(made_up.params())))
    code = (
        "import sys; from pathlib import Path; from rlsearch.checks import read; from rlsearch.phases import search\n"
        "search.run(read(Path('settings.json')), 'tiny', 'random', 0)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
    assert not (root / "data").exists() and ledger("random")


def test_another_table_is_another_search(root: Path) -> None:
    params = made_up.params()
    before = answers_of(params, "tiny", root).digest
    values = made_up.arrays("validation")
    values["accuracy"][0, 0, 0] += 0.5
    made_up.write_part(root, "validation", values)
    assert answers_of(params, "tiny", root).digest != before
    made_up.write(root)
    made_up.write_part(root, "test", values)  # what judges answers shapes no search
    assert answers_of(params, "tiny", root).digest == before


def test_a_trial_is_asked_again(root: Path) -> None:
    search.run(made_up.params(), "tiny", "random", 0)
    cli_project.settings(root, made_up.params())
    result = cli_project.run("trial", "tiny", "random", "0", "3")
    assert result.exit_code == 0, result.output
    assert "equal to the last bit" in result.stdout
    summary = read_json(search_folder("tiny", "random", 0) / "summary.json")
    summary["provenance"]["settings"] = "other"
    write_atomic(search_folder("tiny", "random", 0) / "summary.json", pretty_json(summary))
    assert "other settings or code" in cli_project.run("trial", "tiny", "random", "0", "3").stderr


def test_without_its_table_a_study_says_what_is_missing(root: Path) -> None:
    params = made_up.params()
    (root / "results/reference/made-up/validation.npz").unlink()
    with pytest.raises(DataError, match="is not there"):
        search.run(params, "tiny", "random", 0)
    assert StudyState(params, "tiny").search("random", 0).state == "not started"


def test_the_plan_trains_nothing_for_what_a_table_answers(root: Path) -> None:
    searches = artefacts.searches(made_up.params(), "tiny")
    searched, controlled = costs.answered(searches, {"random": 1.5, "pairs": 2.0})
    assert (searched.children, searched.flops, searched.jobs) == (0, 0, (0.0,) * 4)
    assert (controlled.children, controlled.flops, controlled.jobs) == (0, 0, (1.5, 2.0))


def test_the_command_counts_retrained_children_only(root: Path) -> None:
    import json

    cli_project.settings(root, made_up.params())
    result = cli_project.run("plan", "--json", "--cores", "2")
    assert result.exit_code == 0, result.output
    rows = {row["phase"]: row for row in json.loads(result.stdout)["rows"]}
    assert (rows["search"]["children"], rows["controls"]["children"], rows["search"]["jobs"]) == (0, 0, 4)
    assert rows["retrain"]["children"] == 6 and rows["retrain"]["flops"] > 0
    assert rows["controls"]["seconds"] > 0
