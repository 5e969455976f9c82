"""What each claim leaves to gain, before anything has run.

On a truth table and on a surrogate, random search is simulated for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rlsearch.claims import base as claims
from rlsearch.config import plugins
from rlsearch.config.models import Params, RepetitionSettings
from rlsearch.controls import repetitions
from rlsearch.evidence.headroom import Headroom
from rlsearch.evidence.results import Files, Object, Results
from rlsearch.search.answers import answers_of
from rlsearch.units import Unit


@dataclass(frozen=True)
class OutOfReach:
    """A claim whose margin is above its headroom: its study, its number there, and the two in their unit."""

    study: str
    index: int
    margin: float
    room: Headroom
    unit: Unit

    @property
    def share(self) -> float:
        """How many times the headroom the margin is; infinite where there is none."""
        gain = self.room.gain or 0.0
        return self.margin / gain if gain > 0 else math.inf

    @property
    def warning(self) -> str:
        """What the margin means."""
        return self.room.warning(self.margin, self.unit)

    @property
    def short(self) -> str:
        """The claim, its margin and its headroom in a few words."""
        margin, gain = self.unit.amount(self.margin, sign=False), self.unit.amount(self.room.gain or 0.0)
        return f"claims[{self.index}]: {margin}, where the best chooser that we tried gains {gain}"


def out_of_reach(params: Params, root: Path) -> Iterator[OutOfReach]:
    """Yield each claim whose margin is above what the best chooser that we tried gains."""
    files = Files(root)
    for name, study in params.studies.items():
        results = Foreseen(params, name, root, files)
        for index, claim in enumerate(claims.of_study(study)):
            room, margin = claims.room(claim, results), claim.settings.margin
            if room.below(margin):
                yield OutOfReach(name, index, margin, room, claim.unit(study))


class Foreseen(Results):
    """What a study has left on disk; random search on its table or surrogate replaces arms that have not run."""

    def of(self, study: str) -> Foreseen:
        """Return those of another study of the same settings."""
        return Foreseen(self.params, study, self.root, self.files)

    def simulated(self, control: RepetitionSettings) -> Object | None:
        """Return repetitions of random search, as the study's controls would run them with these settings."""
        asked = control.runs, control.trials
        if asked not in self._simulated:  # the claims of a study ask for the same ones
            agent = plugins.load("agents", "random").SETTINGS(type="random")
            controls = self.settings.controls.model_copy(update={"repetitions": control})
            update = {"agents": {**self.settings.agents, "random": agent}, "controls": controls}
            home = self.files.home(self.settings.table) if self.settings.table else self.root
            answers = answers_of(self.params, self.name, home)
            self._simulated[asked] = repetitions.block(answers, "random", self.settings.model_copy(update=update))
        return self._simulated[asked]

    @cached_property
    def _simulated(self) -> dict[tuple[int, int], Object | None]:
        return {}
