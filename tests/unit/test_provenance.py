"""The semantic digest: words do not count, code does, and what a phase imports is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlsearch import code_facts, provenance

BEFORE = '''"""Module."""
LIMIT = 3
"""What the limit is."""

class A:
    """Class."""
    width = 1
    """What the width is."""

    def f(self):
        """Function."""  # a comment
        return "text"
'''


def semantic(folder: Path, text: str) -> str:
    path = folder / f"{abs(hash(text))}.py"
    path.write_text(text)
    return code_facts.of(str(path)).semantic


@pytest.mark.parametrize(
    "words", ["Module.", "What the limit is.", "Class.", "What the width is.", "Function.", "a comment"]
)
def test_editing_words_changes_nothing(words: str, tmp_path: Path) -> None:
    assert semantic(tmp_path, BEFORE.replace(words, "Other words.")) == semantic(tmp_path, BEFORE)


@pytest.mark.parametrize(("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ('"text"', '"other"'), ("width", "height")])
def test_editing_code_changes_the_digest(old: str, new: str, tmp_path: Path) -> None:
    assert semantic(tmp_path, BEFORE.replace(old, new)) != semantic(tmp_path, BEFORE)


def test_the_closure_follows_imports_inside_functions_and_not_those_for_types() -> None:
    names = {str(path.relative_to(provenance.PACKAGE)) for path in provenance.closure("rlsearch.search.evaluators")}
    assert "training/evaluate.py" in names and "training/loop.py" in names
    assert not any(name.startswith(("report/", "evidence/", "cli/")) for name in names)


def test_children_do_not_depend_on_agents() -> None:
    names = {str(path.relative_to(provenance.PACKAGE)) for path in provenance.closure("rlsearch.training.evaluate")}
    assert not any(name.startswith("agents/") for name in names)
