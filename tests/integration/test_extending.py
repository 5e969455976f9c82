"""docs/extending.md from top to bottom: its files and its commands, as they stand there, to the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clone import BIN, ROOT, Project, new_project
from rlsearch.files import read_csv, read_json

pytestmark = pytest.mark.integration

PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
FENCE = re.compile(r"(?:^`([\w./]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block with its language and, where it is a file, its name in the line above."""


def steps() -> Iterator[tuple[str, str]]:
    """Yield the files of the page, (name, text), and its commands, ("", command), in their order."""
    for name, language, text in FENCE.findall(PAGE):
        if name:
            yield name, text
        elif language == "console":
            yield from (("", command) for command in re.findall(r"^\$ (.*)$", text, flags=re.MULTILINE))


FILES = [name for name, _ in steps() if name]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project of the page lies."""
    return tmp_path_factory.mktemp("extending")


@pytest.fixture(scope="module")
def said(home: Path) -> dict[str, str]:
    """What each command printed; a command that ends with another status than 0 is an error here."""
    project = new_project(home)
    (project.root / ".venv").symlink_to(BIN.parent)
    variables = {
        "MAKEFLAGS": "RUNTIME=.venv/pyvenv.cfg DEV=.venv/pyvenv.cfg",  # what is installed already
        "PYTHONPATH": str(project.root / "src"),
        "PYTEST_ADDOPTS": f"--basetemp={home / 'inner'}",
    }
    outputs: dict[str, str] = {}
    for name, text in steps():
        if name:
            path = project.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        else:
            outputs[text] = project.run("bash", "-euc", text, **variables)
    return outputs


def test_every_file_of_the_page_is_listed_at_its_top() -> None:
    tree = next(text for name, language, text in FENCE.findall(PAGE) if not name and not language)
    assert [line.split()[0] for line in tree.splitlines()] == FILES
    assert len(FILES) == 10


def test_every_block_is_a_file_or_commands_or_shows_something() -> None:
    """A block of another kind would be run by nobody."""
    assert {language for name, language, _ in FENCE.findall(PAGE) if not name} == {"", "console", "toml"}


def test_all_plugins_are_found_with_their_files(said: dict[str, str]) -> None:
    shown = said[".venv/bin/rlsearch list"]
    plugins = [name for name in FILES if name.startswith("extensions/") and "/_" not in name]
    assert len(plugins) == 8 and [name for name in plugins if f"[{name}]" not in shown] == []


def test_the_suites_try_each_of_them(said: dict[str, str]) -> None:
    (told,) = (text for command, text in said.items() if "pytest" in command)
    passed = re.search(r"=+ (\d+) passed, \d+ deselected", told)
    assert passed and int(passed[1]) >= 25, told


def test_settings_plan_and_run_know_the_study(said: dict[str, str]) -> None:
    assert "spirals on arms: 2 agents, 15 searches, 3 slots, 2 claims" in said[".venv/bin/rlsearch validate"]
    assert re.search(r"^spirals +search +15 ", said["make plan"], re.MULTILINE)
    assert "report: " in said["make run"]


def test_the_report_says_what_the_page_says(said: dict[str, str], home: Path) -> None:
    report = Project(home).root / "results/report"
    verdicts = {row["kind"]: row["decision"] for row in read_csv(report / "tables/spirals-verdicts.csv")}
    assert verdicts == {"reaches": "better", "learns": "too small to matter"}
    assert [row["waves"] for row in read_csv(report / "tables/spirals-by-waves.csv")] == ["0", "1", "2"]
    assert (report / "figures/spirals-loss-by-width.svg").is_file()
    page = (report / "index.html").read_text(encoding="utf-8")
    for words in ("Which perceptron tells the arms of a spiral apart?", "The trials by their waves", "by its width"):
        assert words in page
    assert "cross_entropy" in str(read_json(Project(home).root / "results/metrics.json"))


def test_an_edited_agent_runs_its_own_searches_again(said: dict[str, str], home: Path) -> None:
    project = Project(home)
    assert project.planned() == []
    project.replace("extensions/agents/hill_climb.py", "self.rng.random() <", "self.rng.random() <=")
    searches = {job.partition(",")[0] for job in project.planned() if job.startswith("search")}
    assert searches == {"search spirals/climber", "search spirals/climber-never-updated"}
