"""What an agent has learnt, beside its ledger: which arms have which files, what stands in them, and who vouches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import rlsearch
import small_table
from rlsearch.agents.random import Random, Settings
from rlsearch.config import plugins
from rlsearch.config.artefacts import search_folder
from rlsearch.config.search_files import RULES, SEARCH_FILES, search_files
from rlsearch.config.twins import arms
from rlsearch.errors import RlsearchError
from rlsearch.evidence import standing, tables
from rlsearch.files import file_sha256, read_csv, read_json, read_jsonl, write_atomic
from rlsearch.phases import search
from rlsearch.search import learnt
from rlsearch.spaces.layered_cnn import LayeredCNN

AGENTS: dict[str, Any] = {
    # `max`: what the ask of the proposal that no longer fitted learnt once more changes no value.
    "q": {"type": "q-learning", "update": "max", "schedule": [[1.0, 10], [0.1, 10]]},
    "twice": {"type": "q-learning", "update": "double", "schedule": [[1.0, 10]]},
    "random": {"type": "random"},
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(agent: str) -> set[str]:
    return {path.name for path in search_folder("tiny", agent, 0).iterdir()}


def test_a_table_is_written_beside_the_ledger_of_the_agent_that_learnt_it(root: Path) -> None:
    params = small_table.params(agents=AGENTS)
    study = params.studies["tiny"]
    for agent in arms(study):
        search.run(params, "tiny", agent, 0)
        assert names(agent) == set(search_files(study, agent))
    assert {"learnt.json", "q-table.csv"} < names("q")
    assert names("q-never-updated") == names("random") == set(SEARCH_FILES)
    folder = search_folder("tiny", "q", 0)
    told, trials = read_json(folder / "learnt.json"), read_jsonl(folder / "trials.jsonl")
    rows = read_csv(folder / "q-table.csv")
    assert list(rows[0]) == told["q_table"]["columns"] == ["state", "depth", "option", "index", "q", "visits"]
    assert [list(row.values()) for row in rows] == [list(map(str, row)) for row in told["q_table"]["rows"]]
    assert told["candidates"] == len(trials) and told["greedy"]["actions"]
    first = {row["option"]: float(row["q"]) for row in rows if row["state"] == "start"}
    assert set(first) == {"kernel 1", "kernel 3"}
    # What the last tell says of the first decision.
    assert list(first.values()) == list(trials[-1]["diagnostics"].values())
    double = read_csv(search_folder("tiny", "twice", 0) / "q-table.csv")
    assert all(float(row["q"]) == pytest.approx((float(row["q_first"]) + float(row["q_second"])) / 2) for row in double)


def test_its_summary_vouches_for_it(root: Path) -> None:
    params = small_table.params(agents=AGENTS)
    search.run(params, "tiny", "q", 0)
    folder = search_folder("tiny", "q", 0)
    stamped = read_json(folder / "summary.json")["provenance"]["files"]
    assert {name: file_sha256(folder / name) for name in stamped} == stamped
    assert set(stamped) == names("q") - {"summary.json", "times.csv"}
    standing.check(params, root, ["tiny"], ("search",))
    table = folder / "q-table.csv"
    write_atomic(table, table.read_text(encoding="utf-8").replace("kernel 1", "kernel 9"))
    with pytest.raises(RlsearchError, match=r"changed since its job wrote it[^$]*q-table\.csv"):
        standing.check(params, root, ["tiny"], ("search",))


class Counts(Random):
    """An agent that has counted."""

    told = 0

    def tell(self, proposals: Any, rewards: Any) -> dict[str, float]:
        self.told += len(proposals)
        return {}

    def learnt(self) -> Any:
        return {"told": self.told} if self.told else None


def test_any_agent_may_tell_and_its_files_are_known_beforehand(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = small_table.params(agents=AGENTS)
    study = params.studies["tiny"]
    assert search_files(study, "random") == RULES["search"]
    assert search_files(study, "q") == RULES["search_table"]
    monkeypatch.setattr(plugins.load("agents", "random"), "AGENT", Counts)
    assert search_files(study, "random") == RULES["search_learnt"] == (*SEARCH_FILES, "learnt.json")
    search.run(params, "tiny", "random", 0)
    assert read_json(search_folder("tiny", "random", 0) / "learnt.json")["told"] > 0
    assert names("random") == set(RULES["search_learnt"])
    assert learnt.files(None, ("learnt.json",), "here") == {"learnt.json": "null\n"}


@pytest.mark.parametrize("told", [None, {}, {"q_table": []}, {"q_table": {"rows": []}}])
def test_a_tabular_agent_without_a_table_is_refused(told: Any) -> None:
    with pytest.raises(RlsearchError, match=r"told no table[^$]*where: agent 'mine'[^$]*q_table"):
        learnt.files(told, ("learnt.json", "q-table.csv"), "agent 'mine'")


@pytest.mark.parametrize(
    ("columns", "row", "words"),
    [
        (["state", "option"], ["start", "a"], "a table without a column 'q'"),
        (["state", "option", "q"], ["start", "a"], "a table with a row that has not 3 values"),
    ],
)
def test_a_table_that_nobody_could_read_is_refused(columns: list[str], row: list[Any], words: str) -> None:
    with pytest.raises(RlsearchError, match=words):
        learnt.files({"q_table": {"columns": columns, "rows": [row]}}, ("learnt.json", "q-table.csv"), "agent 'mine'")


def test_a_column_of_ones_own_may_hold_words(tmp_path: Path) -> None:
    table = {"columns": ["state", "option", "q", "layer"], "rows": [["start", "a", 0.5, "first"]]}
    text = learnt.files({"q_table": table}, ("learnt.json", "q-table.csv"), "agent 'mine'")["q-table.csv"]
    write_atomic(tmp_path / "q-table.csv", text)
    assert tables.q_table(tmp_path / "q-table.csv") == [{"state": "start", "option": "a", "q": 0.5, "layer": "first"}]


def test_a_search_in_plain_python_returns_it() -> None:
    found = rlsearch.search(LayeredCNN(), "q-learning", lambda spec: len(str(spec)) / 1000, trials=12)
    assert found.learnt["candidates"] == 12 and found.learnt["greedy"]["key"]
    others = [rlsearch.search(LayeredCNN(), "random", lambda _: 0.0, trials=3)]
    others += [rlsearch.search(LayeredCNN(), "q-learning", lambda _: 0.0, trials=3, learning=False)]
    others += [rlsearch.search(LayeredCNN(), "maskable-ppo", lambda _: 0.0, trials=3)]
    assert [other.learnt for other in others] == [None] * 3


def test_what_has_no_json_form_is_refused() -> None:
    class Strange(Counts):
        def learnt(self) -> Any:
            return {"when": object()}

    with pytest.raises(RlsearchError, match=r"what learnt\(\) of Strange returned\['when'\] is <object"):
        rlsearch.search(LayeredCNN(), Strange(LayeredCNN(), Settings(), 0), lambda _: 0.0, trials=3)
