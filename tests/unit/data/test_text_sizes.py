"""How many different tokens a text has, before it is fetched: what plans and checks count with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlsearch.data import registry
from rlsearch.data.kinds import _registry as kinds
from rlsearch.data.kinds.base import Form
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.data.text.vocabulary import expected


def forms(source: str, **entry: Any) -> tuple[Form, Form]:
    """Return what is imagined of a dataset, and what it is."""
    kind, reader = kinds.of_source(source), registry.create(registry.settings(source=source, **entry))
    raw = reader.read(RawStore(()))
    parts = kind.split(raw, reader.settings)
    return kind.imagined(reader.extent()), kind.form(kind.about(raw, parts, reader.settings))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"length": 30_000}, 72),
        ({"length": 30_000, "relative": 0.0, "nouns": 5}, 53),
        ({"length": 30_000, "tokens": "characters"}, 21),
    ],
)
def test_the_toy_language_tells_its_words(entry: dict[str, Any], words: int) -> None:
    imagined, form = forms("toy-language", **entry)
    assert imagined == form == Form((), words)


@pytest.mark.parametrize(
    ("entry", "sources", "targets"),
    [
        ({}, 54, 64),
        ({"relative": 0.0, "nouns": 5}, 43, 52),
        ({"vocabulary": 57}, 54, 59),
        ({"vocabulary": 20}, 22, 22),
        ({"tokens": "characters"}, 20, 20),
    ],
)
def test_the_toy_translation_tells_those_of_both_languages(entry: dict[str, Any], sources: int, targets: int) -> None:
    imagined, form = forms("toy-translation", **entry)
    assert (imagined.shape, imagined.outputs) == (form.shape, form.outputs) == ((sources,), targets)


def test_a_vocabulary_of_the_settings_bounds_it() -> None:
    imagined, form = forms("python-docs", tokens="words", vocabulary=300)
    assert imagined == form == Form((), 301)
    published = registry.create(registry.settings(source="wikitext-2", vocabulary=300))
    assert published.extent().words == 300  # `<unk>` is one of the words of its files


@pytest.mark.parametrize(
    ("known", "most", "found"), [(None, None, None), (5, None, 5), (None, 3, 4), (5, 3, 4), (4, 4, 4), (3, 9, 3)]
)
def test_what_is_known_and_what_is_asked_for(known: int | None, most: int | None, found: int | None) -> None:
    assert expected(known, most) == found


def test_what_nobody_knows_is_assumed() -> None:
    assert kinds.load("text").imagined(Extent(1, 0, 1)) == Form((), 10_000)
    assert kinds.load("pairs").imagined(Extent(1, 0, 1)) == Form((10_000,), 10_000, 16)


def test_a_folder_of_pairs_is_counted(tmp_path: Path) -> None:
    lines = [f"a w{number % 7} v{number % 9}" for number in range(60)]
    for suffix, text in (("source", lines), ("target", [f"{line} x{len(line)}" for line in lines])):
        (tmp_path / f"train.{suffix}").write_text("\n".join(text) + "\n", encoding="utf-8")
    imagined, form = forms("pairs-folder", path=str(tmp_path), test=0.2, validation=0.2)
    assert (imagined.shape, imagined.outputs) == (form.shape, form.outputs)
