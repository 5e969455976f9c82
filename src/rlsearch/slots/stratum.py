"""Networks drawn from all that the searches trained, over which proxy and target are compared: `stratum-<nn>`.

For spaces without a grid. Searches visit most often what their agents like, so that a plain sample would hold little
else, and all at about one level. The networks are therefore put in the order of their level on the proxy and cut into
strata of equal count, best first; one of each is retrained.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from rlsearch import seeds
from rlsearch.config.artefacts import Slot
from rlsearch.config.models import StudySettings
from rlsearch.slots._trained import Trained, level_numbers
from rlsearch.slots.base import Row, Searched, SlotKind, empty, filled
from rlsearch.units import counted


class Stratum(SlotKind):
    """One slot for each stratum that `fidelity.sample` asks for, with the seeds that stand there."""

    kind, order, role = "stratum", 70, "point"
    noun = "sampled network"

    def slots(self, study: StudySettings) -> list[Slot]:
        """Return a slot for each stratum, that of the best networks first."""
        runs = study.fidelity.seeds if study.fidelity else 0
        places = range(_count(study))
        return [Slot(f"stratum-{i:02d}", self.kind, str(i), runs, self.role, seeds_in="fidelity") for i in places]

    def fill(self, slot: Slot, searched: Searched) -> dict[str, Any]:
        """Fill with a network of the stratum, drawn by a seed of this name; the test set takes no part.

        A network is of the population if a training of it ended with status ok, and has the mean level of those.
        """
        study, count, index = searched.settings, _count(searched.settings), int(slot.source)
        population = [network for network in searched.networks if network.levels]
        part = strata(population, count)[index]
        if not part:
            return empty(slot, _too_few(len(population), count))
        drawn = part[int(seeds.generator("stratum", searched.name, index).integers(len(part)))]
        chosen = {"spec": drawn.spec, "key": drawn.key, "label": searched.space.describe(drawn.spec)}
        best, worst = (study.measure.mean(network.levels) for network in (part[0], part[-1]))
        return {
            **filled(slot, chosen, level_numbers(drawn.levels, drawn.other, study.measure)),
            "stratum": {"networks": len(part), "best": best, "worst": worst},
            "sample": {"networks": len(population), "left_out": len(searched.networks) - len(population)},
        }

    def about(self, files: Sequence[Row]) -> str:
        """Return what the sample was drawn from, and what it cannot show."""
        drawn = [file for file in files if file["status"] == "filled"]
        if not drawn:
            return "No network is sampled yet."
        size, left_out = (drawn[0]["sample"][name] for name in ("networks", "left_out"))
        lost = f" {counted(left_out, 'network')} of which no training ended ok had no part in it." if left_out else ""
        return (
            f"The {len(drawn)} networks compared are a stratified sample of the {size} different ones that searches "
            "trained, whoever asked: in the order of their levels on the proxy they were "
            f"cut into {len(drawn)} strata of equal count, and one of each was drawn. Searches visit more of what "
            "their agents like. Strata of levels keep the sample from being of these alone, but what no search "
            f"proposed cannot be in it.{lost}"
        )


def strata(population: Sequence[Trained], count: int) -> list[Sequence[Trained]]:
    """Return a population in `count` parts, in its order, whose sizes differ by one at most: larger ones first."""
    size, more = divmod(len(population), count)
    ends = [index * size + min(index, more) for index in range(count + 1)]
    return [population[low:high] for low, high in pairwise(ends)]


def _count(study: StudySettings) -> int:
    return (study.fidelity and study.fidelity.sample) or 0


def _too_few(there_are: int, wanted: int) -> str:
    return f"the searches trained {counted(there_are, 'different network')}, and `fidelity.sample` asks for {wanted}"


SLOT = Stratum()
