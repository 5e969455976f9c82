"""Whether the artefacts that lie here were made under the present settings and from the present data.

Snakemake cannot see that: it compares the settings of its own last run with the present ones, and a search that
`rlsearch search` has made in between, under other settings, only has a new time. Code and versions are not asked for:
those Snakemake sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from rlsearch import provenance, stamps
from rlsearch.config import artefacts
from rlsearch.config.artefacts import Phase
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.config.retraining_files import retraining_files
from rlsearch.errors import RlsearchError
from rlsearch.files import digest, file_sha256, read_json

PHASES: tuple[Phase, ...] = ("search", "controls", "retrain", "transfer")
"""Whose artefacts have stamps; the others are arithmetic on theirs."""

REMEDY = (
    "make run, which makes them again from the finished work in .rlsearch; where plain snakemake runs, first"
    " remove them with: .venv/bin/python workflow/scripts/front.py renew"
)


class Artefact(NamedTuple):
    """The JSON file of a job, below the project folder, and what it should have been made from.

    Attributes:
        asked: digest of the settings; data: the files that its job reads, in the order of their digest.
        selected: the study and the slot whose candidate its job trains; none of a search or its controls.
    """

    path: Path
    phase: Phase
    asked: str
    data: tuple[Path, ...]
    selected: tuple[str, str] | None = None


def names(params: Params) -> list[str]:
    """Return all studies and transfers."""
    return [*params.studies, *params.transfers]


def artefacts_of(params: Params, name: str) -> Iterator[Artefact]:
    """Yield the stamped artefacts of a study or a transfer, whether or not they are there."""
    if name in params.transfers:
        yield from _transferred(params, name)
        return
    asked, settings = Asked(params), params.studies[name]
    data, retrained = provenance.answer_files(params, name), retraining_files(params, name)
    for agent, seed in artefacts.searches(params, name):
        path = artefacts.search_folder(name, agent, seed) / "summary.json"
        yield Artefact(path, "search", asked.digest("search", name, agent=agent), data)
    for agent in artefacts.controlled(settings):
        path = artefacts.controls_file(name, agent)
        yield Artefact(path, "controls", asked.digest("controls", name, agent=agent), data)
    for slot in artefacts.slots(settings):
        path, selected = artefacts.retrain_folder(name, slot.name) / "metrics.json", (name, slot.name)
        yield Artefact(path, "retrain", asked.digest("retrain", name, slot=slot), retrained, selected)


def _transferred(params: Params, name: str) -> Iterator[Artefact]:
    moved, asked = params.transfers[name], Asked(params).digest("transfer", name)
    for slot in moved.slots:
        path = artefacts.transfer_folder(name, slot) / "metrics.json"
        begun = artefacts.transfer_start(moved, slot)
        data = (*retraining_files(artefacts.transferred(params, name), name), *([begun] if begun else []))
        yield Artefact(path, "transfer", asked, data, (moved.study, slot))


class Standing:
    """Compares artefacts with what they should have been made from; each file of data is looked at once.

    Args:
        root: the project folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sums: dict[Path, str | None] = {}

    def belongs(self, artefact: Artefact, value: Mapping[str, Any]) -> bool:
        """Tell whether what an artefact holds was made under the present settings and from the present data.

        One without a stamp is accepted, and so is one whose data are not there to compare with.
        """
        asked = stamps.asked_of(value)
        if asked is None:
            return True
        return asked == artefact.asked and self._data(artefact.data) in (None, value[stamps.BLOCK].get("data"))

    def _data(self, files: Iterable[Path]) -> str | None:
        """Return the digest of files of data, as `data_digest` gives it; None where one is not there."""
        sums = [[path.name, self._sum(path)] for path in files]
        return None if any(sha256 is None for _, sha256 in sums) else digest(sums)

    def _sum(self, path: Path) -> str | None:
        """Return the SHA-256 of a file; of a dataset's, what its manifest says; None where it is not there."""
        if path not in self._sums:
            fetched, file = path.parts[:1] == ("data",), self.root / path
            # The files of a dataset may be large, and its manifest has their digests.
            source = file.with_name("manifest.json") if fetched else file
            if not source.exists():
                self._sums[path] = None
            else:
                self._sums[path] = read_json(source).get("sha256", {}).get(path.name) if fetched else file_sha256(file)
        return self._sums[path]


def foreign(params: Params, root: Path = Path(".")) -> list[Path]:
    """Return the artefacts that are there and were made under other settings or from other data.

    What cannot be read is left out: the code that uses it reports it.
    """
    paths, standing = [], Standing(root)
    for name in names(params):
        for artefact in artefacts_of(params, name):
            with suppress(RlsearchError, FileNotFoundError):  # a run may go on beside
                if not standing.belongs(artefact, read(root / artefact.path)):
                    paths.append(artefact.path)
    return paths


def check(params: Params, root: Path, owners: Iterable[str], phases: Sequence[Phase] = PHASES) -> None:
    """Check the artefacts of these studies, transfers and phases.

    Raises:
        RlsearchError: one was made under other settings or from other data, or changed after its job wrote it.
    """
    paths, standing = [], Standing(root)
    for name in owners:
        for artefact in artefacts_of(params, name):
            if artefact.phase in phases and (value := read(root / artefact.path)):
                stamps.check(root / artefact.path, value)
                paths += [] if standing.belongs(artefact, value) else [artefact.path]
    if paths:
        raise other_settings(paths)


def other_settings(paths: Sequence[Path]) -> RlsearchError:
    """Return the error of artefacts that were made under other settings or from other data."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return RlsearchError(
        "these results were made under other settings, or from other data, than the present ones",
        where=f"{paths[0]}{more}",
        remedy=REMEDY,
    )


def read(path: Path) -> dict[str, Any]:
    """Return what an artefact with a stamp holds; nothing while it is not there."""
    return dict(read_json(path, stamps.BLOCK)) if path.exists() else {}
