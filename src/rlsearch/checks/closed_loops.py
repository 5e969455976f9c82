"""What closed loops ask of their settings: steps that divide the epochs, optimizers that exist, no recipe beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rlsearch.config import artefacts
from rlsearch.config.faults import Fault, unknown_name
from rlsearch.config.models import ScheduleSettings, StudySettings
from rlsearch.config.optimizer_models import optimizer_settings
from rlsearch.data.kinds import _registry as registry
from rlsearch.spaces._making import space_of
from rlsearch.spaces.closed_loop import ClosedLoop, Stepwise

FEWEST_TRIALS = 4


def control(study: StudySettings) -> Iterator[Fault]:
    """Return the faults of a study whose candidates say how a network is trained, and of others with such keys."""
    space = space_of(study.space)
    if study.search.trials < FEWEST_TRIALS and not isinstance(space, ClosedLoop):
        # One run of many steps is a search of a policy; elsewhere a search needs an end and a beginning.
        most = study.search.most_trials
        if most is not None and most < FEWEST_TRIALS:
            yield Fault(("search", "most_trials"), f"must be at least {FEWEST_TRIALS} in this space", most)
            return
        problem = (
            f"leaves {study.search.trials} trials after finalists x replicates = "
            f"{study.search.finalists * study.search.replicates}; at least {FEWEST_TRIALS} are needed: raise the "
            "budget or lower one of the two"
        )
        yield Fault(("search", "budget"), problem, study.search.budget)
    if not isinstance(space, Stepwise):
        yield from _not_control(study)
        return
    for section, task in study.tasks.items():
        if not (kind := registry.of_network(task.network)).closed_loops:
            problem = f"takes {kind.name}, whose state no step of such a space could hand on: its runs are of images"
            yield Fault((section, "network"), problem, task.network)
            return
    steps, per_step = space.steps, space.epochs_per_step if isinstance(space, ClosedLoop) else None
    for section, task in study.tasks.items():
        if task.epochs % steps and (section == "target" or per_step is None):
            problem = f"must be a multiple of the {steps} steps of a run (space.steps)"
            yield Fault((section, "epochs"), problem, task.epochs)
        if task.optimizer != optimizer_settings():
            problem = "the space says which optimizers train: leave this section out"
            yield Fault((section, "optimizer"), problem, task.optimizer.name)
        if task.schedule != ScheduleSettings():
            problem = "must be constant: the space says how the learning rate falls"
            yield Fault((section, "schedule", "type"), problem, task.schedule.type)
        if task.best_of_last > 1:
            problem = "must be 1: a run is measured after every step (space.patience keeps the best)"
            yield Fault((section, "best_of_last"), problem, task.best_of_last)
        if task.patience is not None:
            problem = f"must be null: a run of this space is measured step by step, {_ends(space)}"
            yield Fault((section, "patience"), problem, task.patience)
        if task.restart is not None:
            problem = "must be null: a run of this space is one training, whose every step counts"
            yield Fault((section, "restart"), problem)
    if per_step is not None and study.tasks["proxy"].epochs != steps * per_step:
        problem = f"must be {steps * per_step}: {steps} steps of {per_step} epochs (space.epochs_per_step)"
        yield Fault(("proxy", "epochs"), problem, study.tasks["proxy"].epochs)
    if (space.patience or 0) >= steps:
        yield Fault(("space", "patience"), f"must be below the {steps} steps of a run, or null", space.patience)
    if study.table is not None and space.patience is not None:
        yield Fault(("space", "patience"), "must be null: a table holds whole runs", space.patience)
    yield from _agents(study, space.labels if isinstance(space, ClosedLoop) else ())


def _ends(space: Stepwise) -> str:
    """Return where early stopping is set for runs of a space."""
    return "and space.patience ends it" if isinstance(space, ClosedLoop) else "and all of its steps are compared"


def _agents(study: StudySettings, labels: Sequence[str]) -> Iterator[Fault]:
    for label, agent in study.agents.items():
        if agent.answer == "first" and artefacts.learns_policy(study, label):
            problem = "must be best: the policy that it learns is the one finalist of its search"
            yield Fault(("agents", label, "answer"), problem, agent.answer)
        chosen: tuple[str, ...] | None = getattr(agent, "optimizers", None)
        if chosen is None:
            continue
        path = ("agents", label, "optimizers")
        if not labels or not artefacts.learns_policy(study, label):
            yield Fault(path, "is for agents that learn a policy over optimizers; leave it out", list(chosen))
            continue
        if twice := [name for name, times in Counter(chosen).items() if times > 1]:
            yield Fault(path, f"names {twice[0]} twice; once is enough", list(chosen))
        for name in chosen:
            if name not in labels:
                yield Fault(path, unknown_name("optimizer in this space", name, list(labels)), list(chosen))


def _not_control(study: StudySettings) -> Iterator[Fault]:
    if study.reward.steps is not None:
        yield Fault(("reward", "steps"), f"is for spaces with steps; {study.space.type} has none: make it null")
    for label, agent in study.agents.items():
        if getattr(agent, "optimizers", None) is not None:
            yield Fault(("agents", label, "optimizers"), "is for the space optimizer-selection; leave it out")


def nothing_to_learn(study: StudySettings) -> Iterator[Fault]:
    """Yield controls that a closed loop does not have."""
    simulated = study.controls.agents
    asked = [label for label in study.agents if simulated is None or label in simulated]
    if label := next((label for label in asked if artefacts.learns_policy(study, label)), None):
        problem = (
            f"must leave out {label}, whose null and planted runs are those of controls.repetitions; give the "
            "others by name, or []"
        )
        yield Fault(("controls", "agents"), problem, None if simulated is None else list(simulated))
