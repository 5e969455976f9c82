"""A user's own translations: two aligned files for each part, whose lines of one number translate each other.

They are train.source and train.target and, if there are such parts, val.source, val.target, test.source, test.target.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from rlsearch.config.base import Distinct
from rlsearch.config.dataset_models import OwnDataSettings
from rlsearch.data.sources._layout import PARTS
from rlsearch.data.sources._walk import shown
from rlsearch.data.sources.base import Extent, Source, left_out
from rlsearch.data.store import RawStore
from rlsearch.data.text.parts import END, Pair, RawPairs
from rlsearch.data.text.reading import lines, read, spelled
from rlsearch.data.text.settings import TextSettings
from rlsearch.data.text.vocabulary import expected
from rlsearch.errors import DataError, storage_error
from rlsearch.files import digest, file_sha256

Suffix = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=20)]
TwoSuffixes = Annotated[tuple[Suffix, ...], Field(strict=False, min_length=2, max_length=2), Distinct]
Places = dict[str, tuple[Path, Path]]
"""The file to translate from and the one to translate to, by part."""

OTHER, EMPTY = "files of other names", "pairs with an empty line"


class PairsFolderSettings(TextSettings, OwnDataSettings):
    """Settings of `pairs-folder`: `languages` are the suffixes of the files to translate from and to."""

    source: Literal["pairs-folder"] = "pairs-folder"
    languages: TwoSuffixes = ("source", "target")


class PairsFolder(Source):
    """Parts are called as those of `image-folder` are. Pairs of which a line is empty are left out, and listed."""

    KIND: ClassVar[str] = "pairs"
    PATH_IS: ClassVar[str] = "folder"
    settings: PairsFolderSettings

    def read(self, store: RawStore) -> RawPairs:
        """Return the pairs of all parts; the store is not used.

        Raises:
            DataError: a file is missing, empty or not UTF-8, or two differ in their number of lines.
        """
        places, reasons = self._places()
        parts: dict[str, list[Pair]] = {}
        for part, both in places.items():
            numbered = list(self._pairs(*both))
            parts[part] = [pair for _, pair in numbered if all(pair)]
            empty = [number for number, pair in numbered if not all(pair)]
            reasons += [(EMPTY, f"{shown(both[0].name)}, line {number}") for number in empty]
            if not parts[part]:
                raise _fault(f"there is no pair without an empty line in the {part} part", both[0], "fill the files")
        contents = [[shown(path.name), file_sha256(path)] for both in places.values() for path in both]
        taken = {part: len(pairs) for part, pairs in parts.items()}
        files = {"taken": taken, "digest": digest(contents), "left_out": left_out(reasons)}
        return RawPairs(parts["train"], parts.get("validation"), parts.get("test"), files)

    def extent(self) -> Extent:
        """Return the number of pairs, and of words; of text, these cannot be known without reading it."""
        places, _ = self._places()
        read = {part: [pair for _, pair in self._pairs(*both) if all(pair)] for part, both in places.items()}
        train, test, validation = (len(read.get(part, ())) for part in ("train", "test", "validation"))
        # Beside its own words, a vocabulary has the end of a sentence and, where words are left out, `<unk>`.
        different = ({END, *chain.from_iterable(pair[side] for pair in read["train"])} for side in (0, 1))
        sources, targets = (expected(len(words), self.settings.vocabulary, beside=2) for words in different)
        return Extent(train, test, 1, validation, targets, sources)

    def _pairs(self, source: Path, target: Path) -> Iterator[tuple[int, Pair]]:
        """Yield the pairs of two files with the numbers of their lines, from 1."""
        first, second = lines(read(source)), lines(read(target))
        if len(first) != len(second):
            raise _fault(
                f"{shown(source.name)} has {len(first)} lines and {shown(target.name)} has {len(second)}",
                source.parent,
                "align them: line n of one is the translation of line n of the other",
            )
        for number, (one, other) in enumerate(zip(first, second, strict=True), 1):
            yield number, (self._tokens(one), self._tokens(other))

    def _tokens(self, line: str) -> tuple[str, ...]:
        words = line.split()
        return tuple(spelled(words) if self.settings.tokens == "characters" else words)

    def _places(self) -> tuple[Places, list[tuple[str, str]]]:
        """Return the files of each part, and what is left out of the folder, with the reason."""
        found: dict[tuple[str, str], Path] = {}
        others: list[tuple[str, str]] = []
        for path in self._listed():
            stem, _, suffix = path.name.rpartition(".")
            part = next((part for part, names in PARTS.items() if stem.casefold() in names), None)
            if part is None or suffix not in self.settings.languages:
                others.append((OTHER, shown(path.name)))
            elif (part, suffix) in found:
                both = f"{shown(found[part, suffix].name)} and {shown(path.name)}"
                raise _fault(f"both {both} could be the {part} part", self.path, "remove one of them")
            else:
                found[part, suffix] = path
        return {part: self._both(part, found) for part in PARTS if part == "train" or self._has(part, found)}, others

    def _has(self, part: str, found: dict[tuple[str, str], Path]) -> bool:
        return any((part, suffix) in found for suffix in self.settings.languages)

    def _both(self, part: str, found: dict[tuple[str, str], Path]) -> tuple[Path, Path]:
        names = [f"{PARTS[part][0]}.{suffix}" for suffix in self.settings.languages]
        keys = [(part, suffix) for suffix in self.settings.languages]
        if missing := [name for name, key in zip(names, keys, strict=True) if key not in found]:
            raise _fault(f"there is no {' and no '.join(missing)}", self.path, "add it, or correct `languages`")
        return found[keys[0]], found[keys[1]]

    def _listed(self) -> list[Path]:
        try:
            return sorted(path for path in self.path.iterdir() if not path.name.startswith("."))
        except NotADirectoryError:
            raise _fault("is a file, not a folder of aligned files", self.path, "correct `path`") from None
        except OSError as error:
            raise storage_error(error) or _fault(str(error.strerror), self.path, "correct `path`") from None


def _fault(what: str, where: Any, remedy: str) -> DataError:
    allowed = "train.source and train.target, lines in the same order; val and test likewise, if there are such parts"
    return DataError(what, where=str(where), allowed=f"{allowed} (suffixes as in `languages`)", remedy=remedy)


SETTINGS, SOURCE = PairsFolderSettings, PairsFolder
