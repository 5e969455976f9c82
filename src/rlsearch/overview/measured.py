"""One study with the cost of its children measured on this machine, whether or not its data are there yet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rlsearch.config import artefacts, plugins
from rlsearch.config.models import RuntimeSettings, StudySettings, TaskSettings
from rlsearch.evidence.simulate import Floats, simulate
from rlsearch.overview import costs
from rlsearch.overview.costs import Work
from rlsearch.overview.sizes import Sizes

if TYPE_CHECKING:
    from rlsearch.training.calibrate import ChildCost

SIMULATED = 3
"""Searches that the controls simulate: constant noise, noise that depends on the action, a planted optimum."""


class MeasuredStudy:
    """The jobs of a study and their cost.

    Args:
        settings, data: the study, and the size of its dataset.
        runtime: device and threads to measure with; cores: assumed to be free.
        retrained_on: images that a retraining run sees.

    Raises:
        RlsearchError: a network cannot be built for the study's images.
    """

    def __init__(
        self, settings: StudySettings, data: Sizes, runtime: RuntimeSettings, cores: int, retrained_on: int
    ) -> None:
        self.settings, self.runtime, self.cores = settings, runtime, cores
        unit = _unit(settings)
        self.proxy = _child(settings.proxy, runtime, data, (data.train, data.validation), unit)
        self.target = _child(settings.target, runtime, data, (retrained_on, data.test), unit)
        self.work = self._work()

    def seconds(self, phase: artefacts.Phase, start: float) -> float:
        """Return the time of a phase when starting a job takes `start` seconds."""
        return self.work[phase].seconds(start, self._together(phase))

    @property
    def weights(self) -> int:
        """Bytes of the weights among the results: one file a slot."""
        return len(artefacts.slots(self.settings)) * self.target.weights

    @property
    def store(self) -> int:
        """Bytes of the work store."""
        return costs.store_bytes(self.settings, list(self.work.values()), self.target)

    def _work(self) -> dict[artefacts.Phase, Work]:
        settings, workers = self.settings, self.runtime.workers
        simulated = {label: _simulation_seconds(settings, label) for label in settings.agents}
        return {
            "search": costs.search(settings, self.proxy, workers),
            "controls": costs.controls(settings, self.proxy, workers, simulated, self._together("controls")),
            "select": costs.idle(1),
            "retrain": costs.retrain(settings, self.target),
        }

    def _together(self, phase: artefacts.Phase) -> int:
        processes = self.runtime.workers if phase in ("search", "controls") else 1
        return costs.side_by_side(self.runtime, self.cores, processes)


def _unit(study: StudySettings) -> dict[str, Any]:
    """Return the candidate whose cost is the unit of a search's budget, as the search phase takes it."""
    space = plugins.load("spaces", study.space.type).SPACE(study.space)
    return dict(space.decode(space.spread(2)[0]))


def _child(
    task: TaskSettings, runtime: RuntimeSettings, data: Sizes, counts: tuple[int, int], spec: dict[str, Any]
) -> ChildCost:
    from rlsearch.training.calibrate import ImaginedTask, child_cost

    nowhere = (Path("train.npz"),), Path("measure.npz")
    return child_cost(ImaginedTask(task, runtime, *nowhere, False, data.shape, data.classes, counts), spec)


def _nothing(actions: Floats, replicate: int) -> Floats:
    return np.zeros_like(actions)


def _simulation_seconds(study: StudySettings, label: str) -> float:
    """Return the seconds of an agent's simulated controls, from two short ones."""
    import torch

    from rlsearch.training.scope import child_scope

    agent = plugins.load("agents", study.agents[label].type).AGENT
    space = plugins.load("spaces", study.space.type).SPACE(study.space)

    def timed(episodes: int) -> float:
        start = time.process_time()
        simulate(agent, space, study.agents[label], _nothing, episodes=episodes, runs=study.controls.runs)
        return time.process_time() - start

    with child_scope(0, torch.device("cpu"), 1):
        timed(1)
        short, longer = timed(1), timed(5)
    return SIMULATED * (short + max(0.0, longer - short) / 4 * (study.controls.episodes - 1))
