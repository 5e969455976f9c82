"""What a kind of slot is: it tells from the settings alone which slots a study has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from rlsearch.config.artefacts import Role, Slot
from rlsearch.config.models import StudySettings


class SlotKind(ABC):
    """A kind of slot. Its file is called as the kind is and defines `SLOT`, an instance.

    Attributes:
        kind: its name, which stands in the files of its slots.
        order: its place among the kinds, in every table.
        role: what its candidates are to a study.
    """

    kind: ClassVar[str]
    order: ClassVar[int]
    role: ClassVar[Role]

    @abstractmethod
    def slots(self, study: StudySettings) -> list[Slot]:
        """Return the slots of this kind that a study has, in the order of its tables."""

    def slot(self, study: StudySettings, name: str, source: str) -> Slot:
        """Return a slot of this kind with as many seeds as the study's retraining has."""
        return Slot(name, self.kind, source, study.retrain.seeds, self.role)
