"""Whether artefacts were made from each other: what is selected from the searches, and what is trained from that.

Files of the select phase have no stamp, since a changed agent must change the bytes of its own slot alone. They are
computed again from the searches and compared; and every retraining says which candidate it trained.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from rlsearch import stamps
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError
from rlsearch.evidence import standing
from rlsearch.evidence.selection import TABLE, Selection
from rlsearch.files import canonical_json, pretty_json, read_json


class Selected:
    """What a study selects, and what its files say of that.

    Args:
        params, study: the settings, and the study's name in them; root: the project folder.
    """

    def __init__(self, params: Params, study: str, root: Path = Path(".")) -> None:
        self.params, self.study, self.root = params, study, root
        self.folder = artefacts.select_folder(study)
        self.slots = [slot.name for slot in artefacts.slots(params.studies[study])]

    @cached_property
    def right(self) -> Selection | None:
        """What follows from the searches; None where one is missing, of other settings, or cannot be read."""
        # A search of other settings may hold anything, another space's labels or another measure's scores, and files
        # may go while they are read: nothing follows from such, and whoever needs them says what is wrong.
        with suppress(Exception):
            return Selection(self.params, self.study, self.root)
        return None

    @cached_property
    def stamped(self) -> bool:
        """Whether all searches that are there have stamps; without them, all is accepted."""
        searches = artefacts.searches(self.params, self.study)
        files = [self.root / artefacts.search_folder(self.study, *job) / "summary.json" for job in searches]
        with suppress(RlsearchError, OSError):
            return all(stamps.asked_of(read_json(file)) for file in files if file.exists())
        return True

    @property
    def texts(self) -> Mapping[Path, str]:
        """What the files of the select phase should hold; nothing where that is not known."""
        if self.right is None:
            return {}
        slots = {self.folder / f"{name}.json": pretty_json(file) for name, file in self.right.slots.items()}
        return {**slots, self.folder / TABLE: self.right.table}

    def wrong(self) -> list[Path]:
        """Return the files that are there and do not follow from the searches."""
        texts = self.texts if self.stamped else {}
        held = {path: _bytes(self.root / path) for path in texts}
        return [path for path, content in held.items() if content not in (None, texts[path].encode())]

    def unfounded(self) -> list[Path]:
        """Return the files that are there though a search of the study is not."""
        paths = [self.folder / name for name in (TABLE, *(f"{slot}.json" for slot in self.slots))]
        lost = self.stamped and self.right is None
        return [path for path in paths if lost and (self.root / path).exists()]

    def holds(self, slot: str, trained: Mapping[str, Any]) -> bool | None:
        """Tell whether a retraining is of a slot's candidate, member by member; None where no candidate is known."""
        if self.right is not None and self.stamped:
            # As a reader of the file has it: tuples are lists there.
            chosen = json.loads(canonical_json(self.right.slots[slot]))
        else:
            try:
                chosen = read_json(self.root / self.folder / f"{slot}.json", "spec", "key")
            except FileNotFoundError:
                return None
        # A transfer may have built a baseline anew, to the size that it needed there.
        candidate = trained.get("selected", trained)
        return all(chosen[name] == candidate.get(name) for name in ("spec", "key"))


def _bytes(file: Path) -> bytes | None:
    """Return a file's content; None where there is none, or none any more beside a run."""
    with suppress(FileNotFoundError):
        return file.read_bytes()
    return None


def mixed(params: Params, root: Path = Path("."), *, founded: bool = False) -> list[Path]:
    """Return the artefacts that were made from other ones than those that lie here.

    What cannot be read is left out: the code that uses it reports it.

    Args:
        founded: also those whose inputs are not there.
    """
    selected = {name: Selected(params, name, root) for name in params.studies}
    wrong = [path for files in selected.values() for path in (*files.wrong(), *(files.unfounded() if founded else ()))]
    paths = list(wrong)
    for name in standing.names(params):
        for artefact in standing.artefacts_of(params, name):
            if artefact.selected is None or not (root / artefact.path).exists():
                continue
            study, slot = artefact.selected
            with suppress(RlsearchError, OSError):
                trained = standing.read(root / artefact.path)
                same = selected[study].holds(slot, trained)
                gone = founded and (same is None or artefacts.select_folder(study) / f"{slot}.json" in wrong)
                paths += [artefact.path] if stamps.asked_of(trained) and (same is False or gone) else []
    return paths


def check(params: Params, root: Path = Path(".")) -> None:
    """Check that all artefacts that are there were made from each other.

    Raises:
        RlsearchError: one was not.
    """
    if paths := mixed(params, root):
        raise error(paths)


def error(paths: Sequence[Path]) -> RlsearchError:
    """Return the error of artefacts that were made from others than those that lie here."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return RlsearchError(
        "these results do not belong to the others: they do not follow from the searches that lie here, or another"
        " candidate was trained than the one that is selected",
        where=f"{paths[0]}{more}",
        remedy=standing.REMEDY,
    )
