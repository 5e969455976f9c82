"""rlsearch q-table: options by their values, the greedy candidate, and what is said where there is no table."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import cli_project
import small_table
from rlsearch.config.artefacts import search_folder
from rlsearch.errors import RlsearchError
from rlsearch.files import read_csv, read_json, write_atomic
from rlsearch.phases import search
from rlsearch.spaces.metaqnn import SETTINGS, TEST_SETTINGS

q_table: Any = importlib.import_module("rlsearch.cli.q_table")  # the package has a command of this name

AGENTS: dict[str, Any] = {
    "q": {"type": "q-learning", "update": "max", "schedule": [[1.0, 15], [0.0, 5]]},
    "random": {"type": "random"},
}
FOLDER = search_folder("tiny", "q", 0)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("searched")
    with pytest.MonkeyPatch.context() as patch:
        small_table.write(root)
        patch.chdir(root)
        params = small_table.params(agents=AGENTS)
        cli_project.settings(root, params)
        search.run(params, "tiny", "q", 0)
    return root


@pytest.fixture
def project(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(searched, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(*arguments: str, seed: str = "0") -> Any:
    return cli_project.run("q-table", *arguments, "--seed", seed)


def test_the_states_of_the_greedy_candidate_are_shown_with_their_options(project: Path) -> None:
    before = cli_project.files(project)
    result, told = ask("tiny", "q"), read_json(FOLDER / "learnt.json")
    assert result.exit_code == 0, result.output
    greedy, rows = told["greedy"], read_csv(FOLDER / "q-table.csv")
    states = {row["state"] for row in rows}
    assert result.stdout.splitlines()[0] == f"q of tiny, seed 0: {len(rows)} values in {len(states)} states"
    assert f"greedy: {greedy['label']}, which earned {greedy['reward']:.4g}" in result.stdout
    shown = [line.removeprefix("state: ") for line in result.stdout.splitlines() if line.startswith("state: ")]
    assert shown == greedy["states"] and shown[0] == "start"
    # The best option of each state comes first, and the greedy candidate takes it.
    tables = result.stdout.split("state: ")[1:]
    for text, option, q in zip(tables, greedy["options"], greedy["q"], strict=True):
        first = text.splitlines()[3]
        assert first.startswith(option) and f"{q:.4f}" in first
    assert cli_project.files(project) == before


def test_one_state_is_shown_alone(project: Path) -> None:
    result = ask("tiny", "q", "--state", "kernel 3")
    lines = [row for row in read_csv(FOLDER / "q-table.csv") if row["state"] == "kernel 3"]
    assert result.stdout.count("state: ") == 1 and len(lines) > 1
    for row in lines:
        [line] = [line for line in result.stdout.splitlines() if line.startswith(row["option"])]
        assert line.split()[-2:] == [f"{float(row['q']):.4f}", row["visits"]]


def test_a_state_of_layer_chains_is_told_by_its_layers() -> None:
    """By those of the space, by prefixes, or by the depth alone, as the table has them."""
    params: Any = SimpleNamespace(studies={"s": SimpleNamespace(space=SETTINGS(**TEST_SETTINGS))})
    by_space, by_prefix = "2, P(2,2), (8,4], 0", "C(4,3,1) - P(2,2)"
    for states in ([by_space], [by_prefix], ["2"]):
        assert (
            q_table._named(params, "s", " c(4,3,1)-P(2,2)", states)
            == states[0]
            == q_table._named(params, "s", states[0], states)
        )
    for text, message in (
        ("C(4,3,1) - P(2,2) - P(2,2)", r"layer 3 P\(2,2\) follows a pool"),
        ("C(4,3,1) - D(3)", r"layer 2 'D\(3\)' is unknown"),
        ("C(4,1,1)", r"passed a state '1, C\(4,1,1\), > 8, 0'"),
        ("2, P(3,2), (8,4], 0", r"passed a state '2, P\(3,2\), \(8,4\], 0' \(did you mean '2, P\(2,2\)"),
    ):
        with pytest.raises(RlsearchError, match=message):
            q_table._named(params, "s", text, [by_space])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tiny", "q", "--state", "kernel 4"), "passed a state 'kernel 4' (did you mean 'kernel 3'?)"),
        (("tiny", "random"), "agent 'random' learns no table\n  allowed: q"),
        (("tiny", "q-never-updated"), "agent 'q-never-updated' learns no table\n  allowed: q"),
        (("tiny", "p"), "there is no agent 'p' in study 'tiny'"),
        (("tinny", "q"), "there is no study 'tinny' (did you mean 'tiny'?)"),
    ],
)
def test_what_is_not_there_is_said(project: Path, arguments: tuple[str, ...], message: str) -> None:
    result = ask(*arguments)
    assert result.exit_code == 2 and message in result.stderr


def test_a_search_that_has_not_run_and_one_of_other_settings(project: Path) -> None:
    assert "rlsearch search tiny q 1" in ask("tiny", "q", seed="1").stderr
    assert "has no search seed 2" in ask("tiny", "q", seed="2").stderr
    cli_project.settings(project, small_table.params(agents={**AGENTS, "q": {**AGENTS["q"], "q0": 0.25}}))
    assert "these results were made under other settings" in ask("tiny", "q").stderr


def test_a_table_that_was_changed_is_refused(project: Path) -> None:
    path = FOLDER / "learnt.json"
    write_atomic(path, path.read_text(encoding="utf-8").replace("0", "1"))
    assert "the file has been changed since its job wrote it" in ask("tiny", "q").stderr
