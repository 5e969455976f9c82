"""What a kind of slot is: it tells from the settings which slots a study has, and fills them from finished searches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from rlsearch.config.artefacts import Role, Slot
from rlsearch.config.models import StudySettings
from rlsearch.data.kinds.base import Form
from rlsearch.slots._trained import Trained, trained
from rlsearch.spaces.base import Space, Spec

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Searched:
    """What the searches of a study have left.

    Attributes:
        name: of the study.
        settings, space: what was searched, and how.
        summaries: summary.json of every search by (agent, seed).
        trials: returns the ledger of a search, in asking order.
        finalists: returns the rows of its finalists.csv, its answer first.
        form: returns what a network has to know of the study's data.
    """

    name: str
    settings: StudySettings
    space: Space
    summaries: Mapping[tuple[str, int], Row]
    trials: Callable[[str, int], Sequence[Row]]
    finalists: Callable[[str, int], Sequence[Row]]
    form: Callable[[], Form]

    def of_agent(self, label: str) -> dict[int, Row]:
        """Return the summaries of one agent's searches by their seed."""
        return {seed: value for (agent, seed), value in self.summaries.items() if agent == label}

    @cached_property
    def networks(self) -> list[Trained]:
        """The different networks that the searches trained, of all arms and seeds, best first."""
        ledgers = ((seed, self.trials(agent, seed)) for agent, seed in sorted(self.summaries))
        return trained(ledgers, self.space, self.settings.measure)


class SlotKind(ABC):
    """A kind of slot. Its file bears its name and sets `SLOT` to an instance.

    One that a study asks for by name (`retrain.slots`) has `SETTINGS` beside it, a `SlotSettings`.

    Attributes:
        kind: its name, which stands in the files of its slots.
        order: its place among the kinds, in every table.
        role: what its candidates are to a study.
        noun: what one of them is called where the role is "point".
    """

    kind: ClassVar[str]
    order: ClassVar[int]
    role: ClassVar[Role]
    noun: ClassVar[str] = "point"

    @abstractmethod
    def slots(self, study: StudySettings) -> list[Slot]:
        """Return the slots of this kind that a study has, in the order of its tables."""

    @abstractmethod
    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Return the file of a slot: what `filled` or `empty` return, and more where the kind has more to say.

        It must follow from what the slot is about alone: one agent's searches, one baseline, one stratum.
        """

    def about(self, files: Sequence[Row]) -> str:
        """Return in sentences what these slots are, for a comparison of proxy and target over them; "": nothing.

        Args:
            files: of all slots of this kind that a study has, as far as they are there.
        """
        return ""

    def slot(self, study: StudySettings, name: str, source: str) -> Slot:
        """Return a slot of this kind with as many seeds as the study's retraining has."""
        return Slot(name, self.kind, source, study.retraining.seeds, self.role)


def candidate(spec: Spec, space: Space) -> dict[str, Any]:
    """Return a candidate as slots hold it: `spec`, `key`, `label`."""
    return {"spec": spec, "key": space.key(spec), "label": space.describe(spec)}


def filled(slot: Slot, chosen: Row, proxy: Row | None) -> dict[str, Any]:
    """Return the file of a slot that holds a candidate.

    Args:
        slot: where it stands.
        chosen: the candidate, with `spec`, `key` and `label`; what else it has is left out.
        proxy: what is known of it from the searches.
    """
    return {**_head(slot), **{name: chosen[name] for name in ("spec", "key", "label")}, "proxy": proxy}


def empty(slot: Slot, reason: str) -> dict[str, Any]:
    """Return the file of a slot that cannot be filled."""
    nothing = {"spec": None, "key": None, "label": None, "proxy": None}
    return {**_head(slot), **nothing, "status": "empty", "reason": reason}


def _head(slot: Slot) -> dict[str, Any]:
    return {"slot": slot.name, "kind": slot.kind, "source": slot.source, "status": "filled", "reason": None}
