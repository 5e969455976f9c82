"""Penn Treebank: a folder that the user supplies, checked file by file. No test has the licensed text."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rlsearch.data import registry
from rlsearch.data.sources import ptb
from rlsearch.data.sources.base import Extent
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import RawText
from rlsearch.errors import DataError

TEXTS = {"ptb.train.txt": b" one two <unk> \n N \n", "ptb.valid.txt": b" two \n", "ptb.test.txt": b" one \n"}


def source(tmp_path: Path, **entry: Any) -> Any:
    return registry.create(registry.settings(source="ptb", path="treebank", **entry), tmp_path)


def filled(tmp_path: Path, texts: dict[str, bytes]) -> None:
    (tmp_path / "treebank").mkdir()
    for name, content in texts.items():
        (tmp_path / "treebank" / name).write_bytes(content)


def test_its_own_parts_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, TEXTS)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in TEXTS.items()}
    monkeypatch.setattr(ptb, "SHA256", sums)
    raw: RawText = source(tmp_path).read(RawStore([]))
    assert raw.train == ["one", "two", "<unk>", "<eos>", "N", "<eos>"]
    assert (raw.validation, raw.test) == (["two", "<eos>"], ["one", "<eos>"])
    assert raw.files == {"taken": list(TEXTS), "sha256": sums}
    characters = source(tmp_path, tokens="characters").read(RawStore([]))
    # As many as bytes, less two for the blanks around each line: so the real sizes are known.
    assert len(characters.train) == len(TEXTS["ptb.train.txt"]) - 4 and "".join(characters.test) == "one\n"


def test_missing_files_are_named_and_never_downloaded(tmp_path: Path) -> None:
    filled(tmp_path, {"ptb.valid.txt": b" two \n"})
    with pytest.raises(DataError, match=r"licensed, not downloaded; missing: ptb.train.txt, ptb.test.txt") as caught:
        source(tmp_path).read(RawStore([tmp_path]))
    assert str(tmp_path / "treebank") in str(caught.value) and "put them there" in str(caught.value)


def test_another_file_is_refused_with_both_checksums(tmp_path: Path) -> None:
    filled(tmp_path, TEXTS)
    found = hashlib.sha256(TEXTS["ptb.train.txt"]).hexdigest()
    with pytest.raises(DataError, match=f"expected sha256 {ptb.SHA256['ptb.train.txt']}, found {found}") as caught:
        source(tmp_path).read(RawStore([]))
    assert caught.value.where == str(tmp_path / "treebank" / "ptb.train.txt")


def test_the_published_sizes_are_known_without_the_files(tmp_path: Path) -> None:
    assert source(tmp_path).extent() == Extent(929_589, 82_430, 1, 73_760, 10_000)
    assert source(tmp_path, tokens="characters").extent() == Extent(5_017_482, 442_423, 1, 393_042)


@pytest.mark.parametrize(("entry", "said"), [({"test": 0.2}, "published test set"), ({"path": "a{b}"}, "brace")])
def test_a_bad_entry_is_refused(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        registry.settings(**{"source": "ptb", "path": "treebank", **entry})
