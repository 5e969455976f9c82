"""The glossary: in alphabetical order, one entry a term, and the report's own says the same."""

from __future__ import annotations

import re

import pytest

from shipped import ROOT

PAGE = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").replace("\n  ", " ")  # entries go on in the next line
TERMS = dict(re.findall(r"^- \*\*(.+?)\*\*: (.+)$", PAGE, re.MULTILINE))
CLOSING = (ROOT / "src/rlsearch/report/templates/closing.html.j2").read_text(encoding="utf-8")
SHOWN = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", CLOSING, re.DOTALL)


def test_a_term_is_one_entry_and_found_by_its_first_letter() -> None:
    lines = PAGE.splitlines()[4:]
    assert len(lines) == len(TERMS) > 40 and all(line.startswith("- **") for line in lines)
    assert list(TERMS) == sorted(TERMS, key=str.lower)
    assert [term for term, _ in SHOWN] == sorted((term for term, _ in SHOWN), key=str.lower)


@pytest.mark.parametrize(("term", "meaning"), SHOWN, ids=[term for term, _ in SHOWN])
def test_the_report_means_the_same_by_a_term(term: str, meaning: str) -> None:
    assert " ".join(meaning.split()) == TERMS[term].replace("`", "")


def test_the_readme_leads_to_it() -> None:
    assert "(docs/glossary.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
