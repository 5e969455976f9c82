"""Every Python example in the documents runs, and every link between documents leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from rlsearch import checks
from rlsearch.cli import app
from rlsearch.config import artefacts
from rlsearch.overview import costs
from rlsearch.training.calibrate import ChildCost
from shipped import SETTINGS

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
EXAMPLE = re.compile(r"(?<!`:\n\n)^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
"""A block of Python that is no file with its name above it: tests/integration/test_extending.py runs those."""

EXAMPLES = [
    pytest.param(code, id=f"{page.name}-{number}")
    for page in PAGES
    for number, code in enumerate(EXAMPLE.findall(page.read_text(encoding="utf-8")))
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("code", EXAMPLES)
def test_example_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, "example", "exec"), names)
    result = names.get("result")
    if result is not None and "init" in result.best.spec:
        assert abs(result.best.spec["init"]["scale"] - 1.25) < 0.05


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_anchors_of_links_are_headings(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", text):
        there = page.parent / target if target else page
        assert anchor in anchors(there.read_text(encoding="utf-8")), f"{page.name} links to {target}#{anchor}"


CODE = [
    path.relative_to(ROOT).as_posix()
    for folder in ("src", "tests", "workflow", "benchmarks", "containers", "docs")
    for path in (ROOT / folder).rglob("*.*")
]
"""Files of the project, named in documents from any folder on: `spaces/base.py`."""


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`([\w./-]+\.(?:py|smk|sh|j2))`", text))
    files = [name for name in named if not name.startswith("extensions/")]
    made_up = re.findall(r"^`([^`]+)`:$", page.read_text(encoding="utf-8"), re.MULTILINE)
    known = [f"/{path}" for path in [*CODE, *made_up]]
    assert [name for name in files if not any(path.endswith(f"/{name}") for path in known)] == []


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


WRAPPED = [page for page in PAGES if page.name != "CHANGELOG.md"]
WRAPPED += [ROOT / "SECURITY.md", ROOT / "extensions/README.md"]


@pytest.mark.parametrize("page", WRAPPED, ids=lambda page: page.name)
def test_lines_end_at_120(page: Path) -> None:
    """But for rows of tables, which are one line each, and what a command prints."""
    text = re.sub(r"^ *```.*?^ *```", _blank, page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    lines = enumerate(text.splitlines(), 1)
    assert [f"{number}: {line}" for number, line in lines if len(line) > 120 and not line.startswith("|")] == []


def _blank(block: re.Match[str]) -> str:
    return "\n" * block[0].count("\n")


CLI = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
SHIPPED = checks.validate(yaml.safe_load(SETTINGS.read_text(encoding="utf-8")))

SAID_FIRST = "params.yaml: preset laptop"


def printed(command: str) -> str:
    """Return what docs/cli.md shows of a command's output."""
    found = re.search(rf"^\$ {command}\n(.*?)^```", CLI, re.DOTALL | re.MULTILINE)
    assert found, command
    return found[1]


def jobs(study: str) -> dict[str, tuple[int, int]]:
    """Return the jobs and the children of every phase of a shipped study."""
    settings, searches = SHIPPED.studies[study], artefacts.searches(SHIPPED, study)
    child, controlled = ChildCost(1, 1.0, 1), artefacts.controlled(settings)
    searched = costs.search(settings, searches, child, 1).children
    noise = costs.controls(settings, child, 1, dict.fromkeys(controlled, 0.0), 1).children
    return {
        "search": (len(searches), searched * settings.trains),
        "controls": (len(controlled), noise * settings.trains),
        "select": (1, 0),
        **(
            {"retrain": (len(artefacts.slots(settings)), costs.retrain(settings, child).children)}
            if settings.target
            else {}
        ),
    }


def test_the_plan_in_the_documents_has_the_jobs_and_children_of_the_shipped_settings() -> None:
    rows = re.findall(r"^(\S+) +([a-z]+) +(\d+) +0(?: +(\d+) +\S+e[+-]\d+)? ", printed("rlsearch plan"), re.MULTILINE)
    shown = {(study, phase): (int(count), int(children or 0)) for study, phase, count, children in rows}
    wanted = {(study, phase): counts for study in SHIPPED.studies for phase, counts in jobs(study).items()}
    for name, transfer in SHIPPED.transfers.items():
        wanted[name, "transfer"] = len(transfer.slots), len(transfer.slots) * transfer.seeds
    wanted |= {("all", "fetch"): (len(SHIPPED.datasets), 0), ("all", "report"): (1, 0)}
    assert shown == wanted
    (total,) = re.findall(r"^total +(\d+) +0 +(\d+) ", printed("rlsearch plan"), re.MULTILINE)
    assert tuple(map(int, total)) == tuple(map(sum, zip(*wanted.values(), strict=True)))


def test_the_status_in_the_documents_has_the_jobs_of_the_shipped_settings() -> None:
    rows = re.findall(r"^(\S+) +([a-z]+) +\d+/(\d+)", printed("rlsearch status"), re.MULTILINE)
    assert rows and [int(count) for _, _, count in rows] == [jobs(study)[phase][0] for study, phase, _ in rows]


def test_what_claims_find_in_the_documents_is_what_the_command_says() -> None:
    said = CliRunner().invoke(app, ["plan", "--power", "--params", str(SETTINGS)]).stdout.splitlines()
    shown = [line for line in printed("rlsearch plan --power").splitlines() if line not in ("...", SAID_FIRST)]
    assert [line for line in shown if line not in said] == []
