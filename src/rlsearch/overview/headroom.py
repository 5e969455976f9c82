"""What each claim leaves to gain, told before anything has run: on a truth table random search is simulated for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from rlsearch.config import plugins
from rlsearch.config.models import Params
from rlsearch.controls import repetitions
from rlsearch.evidence import claim_headroom
from rlsearch.evidence.claims import unit_of
from rlsearch.evidence.results import Files, Object, Results
from rlsearch.search.answers import answers_of


def out_of_reach(params: Params, root: Path) -> Iterator[tuple[str, int, str]]:
    """Yield study, number and warning of each claim whose margin is above what the best chooser that we tried gains."""
    files = Files(root)
    for name, study in params.studies.items():
        results = Foreseen(params, name, root, files)
        for index, claim in enumerate(study.claims):
            room = claim_headroom.of_claim(results, claim)
            if room.below(claim.margin):
                yield name, index, room.warning(claim.margin, unit_of(claim, study))


class Foreseen(Results):
    """What a study has left on disk; random search on its table stands in for arms that have not run."""

    def of(self, study: str) -> Foreseen:
        """Return those of another study of the same settings."""
        return Foreseen(self.params, study, self.root, self.files)

    @cached_property
    def simulated(self) -> Object | None:
        """The repetitions of random search at the study's budget, as its controls would run them."""
        agent = plugins.load("agents", "random").SETTINGS(type="random")
        settings = self.settings.model_copy(update={"agents": {**self.settings.agents, "random": agent}})
        home = self.files.home(self.settings.table) if self.settings.table else self.root
        return repetitions.block(answers_of(self.params, self.name, home), "random", settings)
