"""The jobs of one study and what they train: children, FLOPs and seconds by phase, before anything starts."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rlsearch.config import artefacts
from rlsearch.config.models import RuntimeSettings, StudySettings
from rlsearch.config.twins import arms, learns

if TYPE_CHECKING:
    from rlsearch.training.calibrate import ChildCost


OUTCOME = 4096
"""Bytes on disk of one stored outcome: a small file takes a whole block of the file system."""

Searches = Sequence[tuple[str, int]]
"""The (agent, seed) of every search of a study."""

TRIAL = 1200
"""Bytes of one trial in the journal and in the ledger together."""


class Times(NamedTuple):
    """Seconds of a phase: `alone` on all cores, its share of a run of many phases, and its longest job."""

    alone: float
    shared: float
    longest: float


@dataclass(frozen=True)
class Work:
    """What a phase of a study has to do when the store is empty and every child is trained once, to its last epoch.

    Attributes:
        children: trainings, each counted once; flops: their training cost.
        jobs: seconds of each job, without the cost of starting it.
        tries: those of the children that only choose a recipe, and leave no weights.
    """

    children: int
    flops: int
    jobs: tuple[float, ...]
    tries: int = 0

    def times(self, start: float, side_by_side: int) -> Times:
        """Return the time of all jobs, of which `side_by_side` run at the same time and each needs `start` to begin."""
        times = [start + seconds for seconds in self.jobs]
        longest, shared = max(times), sum(times) / side_by_side
        # No phase ends before its longest job, nor before the cores have worked through all of them.
        return Times(max(longest, shared), shared, longest)


def side_by_side(runtime: RuntimeSettings, cores: int, processes: int = 1) -> int:
    """Return how many jobs run at the same time: one on a GPU, as many as the cores hold otherwise."""
    return 1 if runtime.device == "cuda" else max(1, cores // (runtime.child_threads * processes))


def search(
    study: StudySettings,
    searches: Searches,
    child: ChildCost,
    workers: int,
    finished: Mapping[tuple[str, int], int] | None = None,
) -> Work:
    """Return the work of all searches: trials, finalists trained again, and the scoring of the answer.

    Trials are about as many as the budget pays for at the mean cost; of a `finished` search, as many as it had.
    """
    jobs, children, chosen = [], 0, arms(study)
    for label, seed in searches:
        settings = artefacts.search_of(study, label)
        trials = (finished or {}).get((label, seed), settings.trials)
        again = min(settings.finalists, trials) * settings.replicates + settings.score_replicates
        # Rounded up: a batch waits for its slowest child, so a part of a round takes as long as a whole one.
        rounds = math.ceil(trials / min(workers, chosen[label].batch)) + math.ceil(again / workers)
        jobs.append(rounds * child.seconds)
        children += trials + again
    return Work(children, children * child.flops, tuple(jobs))


def controls(
    study: StudySettings, child: ChildCost, workers: int, simulated: Mapping[str, float], together: int
) -> Work:
    """Return the work of the controls: noise at fixed candidates, simulated searches, and searches on permuted labels.

    All agents meet the same noise, so its children are counted once; jobs that start together (`together`) do not find
    them in the store yet and each train them.
    """
    settings, trials = study.controls, study.search.trials
    noise = settings.replicates * settings.actions
    children, jobs = noise, []
    for position, label in enumerate(simulated):
        agent = arms(study)[label]
        permuted = trials if settings.permuted_labels and learns(agent) else 0
        rounds = math.ceil(permuted / min(workers, agent.batch)) + (noise if position < together else 0)
        jobs.append(rounds * child.seconds + simulated[label])
        children += permuted
    return Work(children, children * child.flops, tuple(jobs))


def answered(searches: Searches, simulated: Mapping[str, float]) -> tuple[Work, Work]:
    """Return the work of the searches and of the controls of a study whose children a truth table answers for."""
    return idle(len(searches)), Work(0, 0, tuple(simulated.values()))


def retrain(
    study: StudySettings, child: ChildCost, names: Container[str] | None = None, tried: Sequence[ChildCost] = ()
) -> Work:
    """Return the work of retraining slots (all by default) with all their seeds.

    What two slots hold by their settings, as the best of an agent alone and in an ensemble, is trained once; otherwise
    as if no two held one candidate.

    Args:
        tried: the cost of each recipe that is tried on every network beforehand, once.
    """
    known, runs, firsts = set[tuple[str, int]](), [], []
    for slot in _slots(study, names):
        networks = slot.same or [f"{slot.name}/{number}" for number in range(slot.networks)]
        new = {(network, seed) for network in networks for seed in range(slot.seeds)} - known
        known |= new
        runs.append(len(new))
        firsts.append(len({network for network, seed in new if seed == 0}))
    tries, flops = sum(firsts) * len(tried), sum(runs) * child.flops + sum(firsts) * sum(one.flops for one in tried)
    own = sum(one.seconds for one in tried)
    jobs = tuple(count * child.seconds + first * own for count, first in zip(runs, firsts, strict=True))
    return Work(sum(runs) + tries, flops, jobs, tries)


def weights_bytes(study: StudySettings, target: ChildCost, names: Container[str] | None = None) -> int:
    """Return the bytes of the weights among the results: one file a slot, which holds all networks of an ensemble."""
    return sum(slot.networks for slot in _slots(study, names)) * target.weights


def _slots(study: StudySettings, names: Container[str] | None) -> list[artefacts.Slot]:
    return [slot for slot in artefacts.slots(study) if names is None or slot.name in names]


def idle(jobs: int) -> Work:
    """Return the work of jobs that train nothing."""
    return Work(0, 0, jobs * (0.0,))


def store_bytes(work: Sequence[Work], retrained: Work, target: ChildCost | None) -> int:
    """Return about what the work store takes: a file for each child, journals and ledgers, the retrained weights.

    Args:
        work: of all phases; retrained: that of the one whose runs leave their weights; target: the cost of these runs,
            None where there are none.
    """
    weights = 0 if target is None else target.weights
    return sum(phase.children for phase in work) * (OUTCOME + TRIAL) + (retrained.children - retrained.tries) * weights
