"""Python's own help as text; nothing here depends on the patch release, of which it differs."""

from __future__ import annotations

import hashlib
import platform
import sys
from pydoc_data.topics import topics
from typing import Any

import pytest

from rlsearch.data import registry
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import RawText
from rlsearch.errors import DataError


def source(**entry: Any) -> Any:
    return registry.create(registry.settings(source="python-docs", **entry))


def test_topics_come_in_the_order_of_their_names() -> None:
    raw: RawText = source().read(RawStore([]))
    text = "".join(raw.train)
    start = 0
    for name in sorted(topics):
        assert text[start : start + len(topics[name])] == topics[name], name
        start += len(topics[name]) + 1
    assert len(text) == sum(map(len, topics.values())) + len(topics) - 1
    assert (raw.validation, raw.test) == (None, None)
    assert raw.files == {"python": platform.python_version(), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def test_words_end_lines() -> None:
    raw: RawText = source(tokens="words").read(RawStore([]))
    text = "\n".join(topics[name] for name in sorted(topics))
    assert [word for word in raw.train if word != "<eos>"] == [word for word in text.split() if word != "<eos>"]
    assert list(raw.train).count("<eos>") == len(text.split("\n")) - text.endswith("\n")


@pytest.mark.parametrize("tokens", ["words", "characters"])
def test_a_plan_knows_the_size(tokens: str) -> None:
    read = source(tokens=tokens).read(RawStore([])).train
    assert source(tokens=tokens).extent() == Extent(len(read), 0, 1, words=len(set(read)))


def test_a_python_without_its_help_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(DataError, match="without its help texts") as caught:
        source().read(RawStore([]))
    assert platform.python_version() in str(caught.value) and "toy-language" in str(caught.value)
