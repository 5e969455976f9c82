"""Whether the artefacts that lie here were made under the present settings.

Snakemake cannot see that: it compares the settings of its own last run with the present ones, and a search that
`rlsearch search` has made in between, under other settings, only has a new time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from rlsearch import stamps
from rlsearch.config import artefacts
from rlsearch.config.artefacts import Phase
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError
from rlsearch.files import digest, read_json

PHASES: tuple[Phase, ...] = ("search", "controls", "retrain")
"""Whose artefacts have stamps; the others are arithmetic on theirs."""

SEARCHED = ("train.npz", "validation.npz")


class Artefact(NamedTuple):
    """The JSON file of a job, below the project folder, and the digest of the settings that it should have."""

    path: Path
    phase: Phase
    asked: str


def names(params: Params) -> list[str]:
    """Return all studies and transfers."""
    return [*params.studies, *params.transfers]


def artefacts_of(params: Params, name: str) -> Iterator[Artefact]:
    """Yield the stamped artefacts of a study or a transfer, whether or not they are there."""
    if name in params.transfers:
        yield from _transferred(params, name)
        return
    asked, settings = Asked(params), params.studies[name]
    for agent, seed in artefacts.searches(params, name):
        path = artefacts.search_folder(name, agent, seed) / "summary.json"
        yield Artefact(path, "search", asked.digest("search", name, agent=agent))
    for agent in artefacts.controlled(settings):
        yield Artefact(artefacts.controls_file(name, agent), "controls", asked.digest("controls", name, agent=agent))
    for slot in artefacts.slots(settings):
        path = artefacts.retrain_folder(name, slot.name) / "metrics.json"
        yield Artefact(path, "retrain", asked.digest("retrain", name, slot=slot))


def _transferred(params: Params, name: str) -> Iterator[Artefact]:
    own = artefacts.transferred(params, name)
    asked = Asked(own)
    for slot in artefacts.slots(own.studies[name]):
        if slot.name in params.transfers[name].slots:
            path = artefacts.transfer_folder(name, slot.name) / "metrics.json"
            yield Artefact(path, "retrain", asked.digest("retrain", name, slot=slot))


def foreign(params: Params, root: Path = Path(".")) -> list[Path]:
    """Return the artefacts that are there and were made under other settings or from other data.

    What cannot be read is left to those who read it.
    """
    found = []
    for name in names(params):
        data = _data(params, name, root)
        for one in artefacts_of(params, name):
            with suppress(RlsearchError):
                if _is_foreign(one, _read(root / one.path), data):
                    found.append(one.path)
    return found


def check(params: Params, root: Path, owners: Iterable[str], phases: Sequence[Phase] = PHASES) -> None:
    """Check the artefacts of these studies, transfers and phases.

    Raises:
        RlsearchError: one was made under other settings or from other data, or changed after its job wrote it.
    """
    found = []
    for name in owners:
        data = _data(params, name, root)
        for one in artefacts_of(params, name):
            if one.phase in phases and (value := _read(root / one.path)):
                stamps.check(root / one.path, value)
                found += [one.path] if _is_foreign(one, value, data) else []
    if found:
        raise other_settings(found)


def other_settings(found: Sequence[Path]) -> RlsearchError:
    """Return the error of artefacts that were made under other settings or from other data."""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return RlsearchError(
        "these results were made under other settings, or from other data, than the present ones",
        where=f"{found[0]}{more}",
        remedy="make run, which makes them again from the finished work in .rlsearch; where plain snakemake runs, first"
        " remove them with: .venv/bin/python workflow/scripts/front.py renew",
    )


def _read(path: Path) -> dict[str, Any]:
    return dict(read_json(path, stamps.BLOCK)) if path.exists() else {}


def _is_foreign(one: Artefact, value: Mapping[str, Any], data: str | None) -> bool:
    """Tell whether an artefact belongs to other settings or data; one that is older than the stamps does not."""
    asked = stamps.asked_of(value)
    if asked is None:
        return False
    return asked != one.asked or (one.phase != "retrain" and data not in (None, value[stamps.BLOCK].get("data")))


def _data(params: Params, name: str, root: Path) -> str | None:
    """Return the digest of the data that a study's searches read; None before it is there, and where none is read."""
    settings = params.studies.get(name)
    if settings is None or not settings.trains:
        return None
    path = root / artefacts.data_folder(settings.dataset) / "manifest.json"
    sums = read_json(path).get("sha256", {}) if path.exists() else {}
    return digest([[part, sums[part]] for part in SEARCHED]) if all(part in sums for part in SEARCHED) else None
