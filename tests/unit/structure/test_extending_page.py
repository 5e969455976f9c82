"""docs/extending.md tells every kind of plugin, as `config/plugins.KINDS` has it, and files that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlsearch.config import plugins

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8").partition("\n## Kinds of plugins\n")[2]
CELLS = [re.findall(r"[^|]+", row) for row in re.findall(r"^\| `.*$", PAGE.partition("\n### ")[0], re.MULTILINE)]
ROWS = {names[0][0]: names[1:] for row in CELLS if (names := [re.findall(r"`([^`]+)`", cell) for cell in row])}


def test_every_kind_has_a_row_and_a_section() -> None:
    assert list(ROWS) == sorted(plugins.KINDS)
    headings = re.findall(r"^### (\w+)", PAGE, re.MULTILINE)
    assert [heading.lower() for heading in headings] == sorted(plugins.KINDS)


@pytest.mark.parametrize("kind", plugins.KINDS)
def test_a_row_says_what_the_code_asks_for(kind: str) -> None:
    (folder,), defines, contract, suites, examples = ROWS[kind]
    assert folder == str(plugins.folder(kind)) and tuple(defines) == plugins.KINDS[kind].defines
    files = [*contract, *(f"testing/{suite}" for suite in suites), *examples]
    assert len(contract) == len(examples) == 1 and suites
    assert [file for file in files if not (plugins.ROOT / file).is_file()] == []
    assert examples[0].startswith(f"{folder}/")


def test_every_suite_is_named() -> None:
    suites = {suite for _, _, _, suites, _ in ROWS.values() for suite in suites}
    assert suites == {path.name for path in (plugins.ROOT / "testing").glob("test_*.py")}
