"""One study with the cost of its children measured on this machine, whether or not its data are there yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.config import artefacts, plugins
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import Params, RuntimeSettings, StudySettings
from rlsearch.config.retraining_files import trains_alone
from rlsearch.config.twins import arms, is_twin, learns
from rlsearch.controls.simulate import PADDING, Floats, side_by_side, simulate, simulate_choices
from rlsearch.overview import costs
from rlsearch.overview.child_costs import cost_of_child, cost_of_recipes
from rlsearch.overview.sizes import Sizes
from rlsearch.search import proxy
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Continuous

if TYPE_CHECKING:
    from rlsearch.training.calibrate import ChildCost

SIMULATED = 3
"""Searches that the controls simulate: constant noise, noise that depends on the action, a planted optimum."""

FEW = 2
"""Runs that are timed, to represent all, where an agent is simulated run by run."""

WHOLE = 400
"""Trials up to which a search of an agent with a table is timed whole."""

DECISION, UPDATES, BATCH_OF_REPLAY = 0.0003, 0.0022, 0.0006
"""Seconds of a decision of a Stable-Baselines3 agent: of asking; of its share of updates, by default and for DQN."""

BOOKED = 0.00003
"""Seconds of a trial of a repetition besides its agent's: its training is looked up and its price booked."""

POLICY_RUNS = 2
"""Runs of a policy for each repetition, null and planted ones among them."""


class MeasuredStudy:
    """The jobs of a study and their cost.

    Args:
        params, name: the settings, and the study's name in them.
        data: the sizes of all datasets.
        runtime: device and threads to measure with; cores: assumed to be free.
        finished: trials of the searches that have ended, by agent and seed.

    Attributes:
        unlike: whether trained children differ in what they cost.

    Raises:
        RlsearchError: a network cannot be built for the study's data.
    """

    def __init__(
        self,
        params: Params,
        name: str,
        data: Mapping[str, Sizes],
        runtime: RuntimeSettings,
        cores: int,
        finished: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        self.finished = finished or {}
        self.settings, self.searches = params.studies[name], artefacts.searches(params, name)
        self.runtime, self.cores = runtime, cores
        settings, size = self.settings, data[self.settings.dataset]
        draws = proxy.drawn(space_of(settings.space), settings.search.trials) if settings.tasks else []
        self.target: ChildCost | None = None  # None: none are trained
        self.proxy: ChildCost | None = None
        if settings.target is not None:
            counts = (size.retrained(alone=trains_alone(params, name)), size.test)
            self.target = cost_of_child(settings, settings.target, runtime, size, counts, draws)
        self.tried = cost_of_recipes(settings, runtime, size, draws)
        if settings.trains:
            task = settings.tasks["proxy"]
            self.proxy = cost_of_child(settings, task, runtime, size, (size.train, size.validation), draws)
        self.unlike = self.proxy is not None and not self.proxy.alike
        self.work = self._work()

    def times(self, phase: artefacts.Phase, start: float) -> costs.Times:
        """Return the time of a phase when starting a job takes `start` seconds."""
        return self.work[phase].times(start, self._together(phase))

    @property
    def weights(self) -> int:
        """Bytes of the weights among the results."""
        return 0 if self.target is None else costs.weights_bytes(self.settings, self.target)

    @property
    def store(self) -> int:
        """Bytes of the work store."""
        return costs.store_bytes(list(self.work.values()), self.work["retrain"], self.target)

    def _work(self) -> dict[artefacts.Phase, costs.Work]:
        settings, workers = self.settings, self.runtime.workers
        simulated = {label: _simulation_seconds(settings, label) for label in artefacts.controlled(settings)}
        if self.proxy is None:
            searched, controlled = costs.answered(self.searches, simulated)
        else:
            searched = costs.search(settings, self.searches, self.proxy, workers, self.finished)
            controlled = costs.controls(settings, self.proxy, workers, simulated, self._together("controls"))
        return {
            "search": searched,
            "controls": controlled,
            "select": costs.idle(1),
            "retrain": costs.idle(0) if self.target is None else costs.retrain(settings, self.target, tried=self.tried),
        }

    def _together(self, phase: artefacts.Phase) -> int:
        processes = self.runtime.workers if phase in ("search", "controls") else 1
        return costs.side_by_side(self.runtime, self.cores, processes)


def _simulation_seconds(study: StudySettings, label: str) -> float:
    """Return the seconds of an agent's simulated controls and repetitions, from short ones."""
    import torch

    from rlsearch.training.scope import child_scope

    controls, repetitions, learned = study.controls, study.controls.repetitions, artefacts.learns_policy(study, label)
    searches = _varied(study, label)
    if not (learned or is_twin(label)) and (controls.agents is None or label in controls.agents):
        searches += SIMULATED * [(controls.runs, controls.episodes)]
    if repetitions is not None:
        searches += (POLICY_RUNS if learned else 1) * [(repetitions.runs, repetitions.trials)]
    if not searches:
        return 0.0
    with child_scope(0, torch.device("cpu"), 1):
        seconds = _seconds(study, label)
        return sum(seconds(trials, runs) + BOOKED * trials * runs for runs, trials in searches)


def decision_seconds(settings: AgentSettings) -> float:
    """Return the seconds of one decision of a Stable-Baselines3 agent, its share of the updates included."""
    if not learns(settings):
        return DECISION
    return DECISION + (BATCH_OF_REPLAY if settings.type == "dqn" else UPDATES)


def _varied(study: StudySettings, label: str) -> list[tuple[int, int]]:
    """Return runs and trials of each variation of an agent's settings (`controls.sensitivity`)."""
    sensitivity, own = study.controls.sensitivity, study.controls.repetitions
    if sensitivity is None or own is None or label not in sensitivity.agents:
        return []
    values = sum(len(options) for options in sensitivity.agents[label].values())
    return [(sensitivity.runs, trials) for trials in (*[own.trials] * values, *sensitivity.trials)]


Seconds = Callable[[int, int], float]
"""Maps episodes and runs to seconds."""


def _seconds(study: StudySettings, label: str) -> Seconds:
    """Time a few runs of a few batches; agents that run all searches at once are timed with as many runs as they have.

    An agent of Stable-Baselines3 is not started for this: its time per decision is known well enough.
    """
    settings, space = arms(study)[label], space_of(study.space)
    agent = plugins.load("agents", settings.type).AGENT
    if getattr(agent, "driver", "ask-tell") == "env":
        return lambda episodes, runs: decision_seconds(settings) * runs * episodes * len(space.spread(1)[0])
    continuous = isinstance(space.next(()), Continuous)
    simulated: Callable[..., object] = simulate if continuous else simulate_choices
    few = 1 if continuous else settings.batch
    together = continuous or side_by_side(agent, space, settings, 5 * few)
    runs = study.controls.runs if together else 1 if agent.tabular else FEW

    def nothing(actions: NDArray[Any], replicate: int) -> Floats:
        return np.zeros(len(actions))

    def planted(actions: NDArray[Any], replicate: int) -> Floats:
        return np.array([space.planted(tuple(row[row != PADDING].tolist())) for row in actions])

    def timed(episodes: int) -> float:
        # Processor time: what else runs on the machine does not count.
        start = time.process_time()
        reward = planted if agent.tabular else nothing
        simulated(agent, space, settings, reward, episodes=episodes, runs=runs)
        return time.process_time() - start

    # The first call pays for imports and caches.
    timed(1)
    if agent.tabular:
        # The less it explores, the more often it draws what it knows: only a whole schedule tells.
        return lambda episodes, wanted: timed(min(episodes, WHOLE)) * max(1.0, episodes / WHOLE) * wanted
    # Two lengths tell what a further episode takes from what starting takes.
    short, longer = timed(few), timed(5 * few)
    per_episode = max(0.0, longer - short) / (4 * few)
    return lambda episodes, wanted: (short + per_episode * max(0, episodes - few)) * wanted / runs
