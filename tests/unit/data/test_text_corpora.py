"""WikiText-2 and tinyshakespeare: made-up small files, and the facts of the real ones where the raw store has them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ngrams import perplexities
from rlsearch.data import registry
from rlsearch.data.kinds.text import KIND
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.sources.tinyshakespeare import TinyShakespeare
from rlsearch.data.sources.wikitext_2 import WikiText2
from rlsearch.data.store import RawFile, RawStore
from rlsearch.data.text.parts import RawText
from rlsearch.errors import DataError

SHA256 = {
    "wikitext-2/train.txt": "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",
    "wikitext-2/valid.txt": "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
    "wikitext-2/test.txt": "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
    "tinyshakespeare/input.txt": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
}
"""Of the originals, as others publish them; the raw store compares MD5."""

TEXTS = [b" \n = Title = \n \n one <unk> two . \n", b" three \n", b" \n four \n"]


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def small(monkeypatch: pytest.MonkeyPatch, source: type[Source], contents: list[bytes]) -> tuple[RawFile, ...]:
    """Put other contents in the place of a source's files."""
    files = zip(source.FILES, contents, strict=True)
    changed = tuple(RawFile(file.path, md5(content), len(content), file.url, file.archive) for file, content in files)
    monkeypatch.setattr(source, "FILES", changed)
    return changed


def put(root: Path, path: str, content: bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)


def text(source: str, store: RawStore, **entry: Any) -> RawText:
    raw: RawText = registry.create(registry.settings(source=source, **entry)).read(store)
    return raw


def test_wikitext_2_has_its_own_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file, content in zip(small(monkeypatch, WikiText2, TEXTS), TEXTS, strict=True):
        put(tmp_path, file.path, content)
    raw = text("wikitext-2", RawStore([tmp_path]))
    assert " ".join(raw.train) == "<eos> = Title = <eos> <eos> one <unk> two . <eos>"
    assert (raw.validation, raw.test) == (["three", "<eos>"], ["<eos>", "four", "<eos>"])
    characters = text("wikitext-2", RawStore([tmp_path]), tokens="characters")
    assert "".join(characters.train) == "\n= Title =\n\none <unk> two .\n"


def test_wikitext_2_comes_out_of_an_archive_in_a_read_only_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in zip(("train.txt", "valid.txt", "test.txt"), TEXTS, strict=True):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    archive = RawFile("wikitext-2/wikitext-2.tar", md5(buffer.getvalue()), len(buffer.getvalue()))
    small(monkeypatch, WikiText2, TEXTS)
    files = [RawFile(file.path, file.md5, file.size, file.url, archive) for file in WikiText2.FILES]
    monkeypatch.setattr(WikiText2, "FILES", tuple(files))
    store = RawStore([tmp_path])
    assert store.download_size(files) == sum(map(len, TEXTS)), "without the archive, the files are downloaded"
    put(tmp_path, archive.path, buffer.getvalue())
    assert store.download_size(files) == 0
    for folder in ((tmp_path / archive.path).parent, tmp_path):
        folder.chmod(0o555)
    assert text("wikitext-2", store).validation == ["three", "<eos>"]
    assert [path.name for path in (tmp_path / "wikitext-2").iterdir()] == ["wikitext-2.tar"]
    for folder in (tmp_path, (tmp_path / archive.path).parent):
        folder.chmod(0o755)


def test_files_that_nobody_has_are_named_with_their_address(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train.txt is missing") as caught:
        RawStore([tmp_path]).read(WikiText2.FILES[0])
    assert "https://raw.githubusercontent.com/pytorch/examples/" in str(caught.value)


def test_tinyshakespeare_is_cut_by_position(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "".join(f"{number:03d} " for number in range(100)).encode()
    (file,) = small(monkeypatch, TinyShakespeare, [content])
    put(tmp_path, file.path, content)
    raw = text("tinyshakespeare", RawStore([tmp_path]))
    assert raw.validation is not None and raw.test is not None
    assert (len(raw.train), len(raw.validation), len(raw.test)) == (360, 20, 20)
    assert "".join([*raw.train, *raw.validation, *raw.test]) == content.decode()
    words = text("tinyshakespeare", RawStore([tmp_path]), tokens="words")
    assert words.train[-1] == "089" and words.test is not None and words.test[-1] == "<eos>"


# -- the real files ----------------------------------------------------------------------------------------------------


def real(source: str, **entry: Any) -> RawText:
    """Return a real corpus and check that a plan knows its size; skip where no root has it."""
    store, kind = RawStore.from_environment(), registry.load(source)
    missing = [file for file in store.missing(kind.FILES) if file.archive is None or store.locate(file.archive) is None]
    if missing:
        pytest.skip(f"no root of RLSEARCH_DATA has {missing[0].path}")
    reader = registry.create(registry.settings(source=source, **entry))
    raw: RawText = reader.read(store)
    for file in kind.FILES:
        assert hashlib.sha256(store.read(file)).hexdigest() == SHA256[file.path]
    assert raw.validation is not None and raw.test is not None
    words = len(KIND.split(raw, reader.settings)["train"].vocabulary)
    known = words if (source, reader.settings.tokens) != ("wikitext-2", "characters") else None
    assert reader.extent() == Extent(len(raw.train), len(raw.test), 1, len(raw.validation), known)
    return raw


def test_the_counts_and_n_grams_of_wikitext_2() -> None:
    raw = real("wikitext-2")
    assert raw.validation is not None and raw.test is not None
    assert (len(raw.train), len(raw.validation), len(raw.test)) == (2_088_628, 217_646, 245_569)
    assert len(set(raw.train)) == len({*raw.train, *raw.validation, *raw.test}) == 33_278
    assert perplexities(raw.train, raw.validation) == pytest.approx((967.605, 325.073), abs=5e-4)
    assert perplexities(raw.train, raw.test) == pytest.approx((914.384, 301.674), abs=5e-4)


def test_the_counts_and_n_grams_of_tinyshakespeare() -> None:
    raw = real("tinyshakespeare")
    assert raw.validation is not None and raw.test is not None
    assert len(raw.train) + len(raw.validation) + len(raw.test) == 1_115_394
    assert len({*raw.train, *raw.validation, *raw.test}) == 65
    assert perplexities(raw.train, raw.validation) == pytest.approx((28.014, 13.385), abs=5e-4)
    assert perplexities(raw.train, raw.test) == pytest.approx((28.846, 13.607), abs=5e-4)


@pytest.mark.parametrize(("source", "tokens"), [("wikitext-2", "characters"), ("tinyshakespeare", "words")])
def test_a_plan_knows_the_size_of_the_other_tokens_too(source: str, tokens: str) -> None:
    assert len(real(source, tokens=tokens).train) > 200_000
