"""A study and its truth table: does it hold the study's networks, and enough seeds?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from rlsearch.checks.budgets import fault, worst
from rlsearch.config.base import WHOLE, AgentSettings
from rlsearch.config.faults import Fault, KeyPath, unknown_name
from rlsearch.config.messages import translate
from rlsearch.config.models import Params, StudySettings
from rlsearch.config.twins import learns
from rlsearch.errors import SettingsError
from rlsearch.search.budget import Prices
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Actions
from rlsearch.spaces.closed_loop import loop_of
from rlsearch.truth import recipe as recipes
from rlsearch.truth.stored import training_costs


def tables(params: Params) -> Iterator[Fault]:
    """Truth tables that are not there, or that hold other networks than those the study would train."""
    for name, study in params.studies.items():
        if study.table is None or study.dataset not in params.datasets:
            continue
        base: KeyPath = ("studies", name)
        try:
            recipe = recipes.read(study.table, recipes.home(study.table))
        except SettingsError as error:
            allowed = f"; allowed: {error.allowed}" if error.allowed else ""
            yield Fault((*base, "evaluator", "name"), f"{error.what}{allowed}", study.table)
            continue
        pairs: tuple[tuple[KeyPath, Any, Any], ...] = (
            (("datasets", study.dataset), params.datasets[study.dataset], recipe.dataset),
            ((*base, "space"), study.space, recipe.space),
            ((*base, "proxy"), study.proxy, recipe.proxy),
        )
        for path, mine, its in pairs:
            # What only names candidates may differ: a row answers for every name of its network.
            naming = set(getattr(mine, "naming", ()))
            dumps = (settings.model_dump(mode="json", context=WHOLE, exclude=naming) for settings in (mine, its))
            if different := _first_difference(*dumps):
                key, here, there = different
                its_value = "null" if there is None else repr(there)
                problem = f"must be {its_value}, with which the networks of table {study.table} were trained"
                # One fault a table: where its space differs, most of the rest does too.
                yield Fault((*path, *key), problem, here)
                break
        faults = [*_columns(study, recipe.seeds, recipe.judge), *_budgets(study)]
        yield from (Fault((*base, *fault.path), fault.problem, fault.value) for fault in faults)


def _columns(study: StudySettings, seeds: int, judge: int) -> Iterator[Fault]:
    """Searches that would use a column of the table twice, as if it were a fresh training."""
    search, free = study.search, seeds - judge
    # Of one network, one training answers a trial and `replicates` the finalists; scores have the rest.
    most = judge or free - 1 - search.replicates
    if free - 1 - search.replicates < (0 if judge else 1):
        problem = (
            f"must be at most {free - (1 if judge else 2)}: of the {free} trainings for searches one answers a trial"
        )
        yield Fault(("search", "replicates"), problem + ("" if judge else ", one the scoring"), search.replicates)
    elif search.score_replicates > most:
        seen = "that many trainings are kept to judge" if judge else "search and finalists have seen the other seeds"
        problem = f"must be at most {most}: {seen} of the table's {seeds}"
        yield Fault(("search", "score_replicates"), problem, search.score_replicates)


def _budgets(study: StudySettings) -> Iterator[Fault]:
    """Budgets of mean trainings that do not pay for the largest network as the first trial, and as a finalist."""
    name = str(study.table)
    costs = training_costs(name, recipes.home(name))
    if costs is None:
        return
    prices, space = Prices.of(costs.tolist()), space_of(study.space)

    def episode(actions: Actions) -> int:
        # Rows are in the order of `enumerate` (`truth.stored`).
        return int(costs[loop_of(space).rank(actions)])

    budgets: list[tuple[KeyPath, int]] = [(("search", "budget"), study.search.budget)]
    if study.controls.repetitions is not None:
        budgets.append((("controls", "repetitions", "trials"), study.controls.repetitions.trials))
    if study.controls.sensitivity is not None:
        varied = enumerate(study.controls.sensitivity.trials)
        budgets += [(("controls", "sensitivity", "trials", index), trials) for index, trials in varied]
    for path, trials in budgets:
        if lacking := worst(study, prices, episode, trials):
            yield fault(path, lacking, trials)


def _first_difference(mine: Any, its: Any) -> tuple[KeyPath, Any, Any] | None:
    """Return the path of the first key whose values differ, and both values."""
    if not isinstance(mine, dict) or not isinstance(its, dict):
        return None if mine == its else ((), mine, its)
    for key in [*mine, *(key for key in its if key not in mine)]:
        if difference := _first_difference(mine.get(key), its.get(key)):
            path, here, there = difference
            return (key, *path), here, there
    return None


def controls(study: StudySettings) -> Iterator[Fault]:
    """Controls that need an evaluator which trains nothing, or that only training can give."""
    settings = study.controls
    if not study.trains and settings.permuted_labels:
        yield Fault(("controls", "permuted_labels"), "must be false: nothing is trained, so there are no labels", True)
    yield from _sensitivity(study)
    if study.trains and settings.repetitions is not None:
        problem = "needs an evaluator that trains nothing (a truth table or a surrogate); null leaves it out"
        yield Fault(("controls", "repetitions"), problem)


def _sensitivity(study: StudySettings) -> Iterator[Fault]:
    """Variations of agents that do not learn, of settings that they do not have, or that change nothing."""
    sensitivity, repetitions = study.controls.sensitivity, study.controls.repetitions
    if sensitivity is None:
        return
    base: KeyPath = ("controls", "sensitivity")
    if repetitions is None:
        yield Fault(base, "needs controls.repetitions: it repeats searches with other settings")
    elif sensitivity.runs > repetitions.runs:
        problem = f"must be at most {repetitions.runs}, the runs of controls.repetitions with which they are compared"
        yield Fault((*base, "runs"), problem, sensitivity.runs)
    able = [label for label, settings in study.agents.items() if learns(settings)]
    for label, varied in sensitivity.agents.items():
        if label not in able:
            problem = unknown_name("agent in this study that learns", label, able)
            yield Fault((*base, "agents", label), problem, label)
            continue
        for setting, values in varied.items():
            for index, value in enumerate(values):
                yield from _variation(study.agents[label], (*base, "agents", label, setting, index), value)


def _variation(settings: AgentSettings, path: KeyPath, value: Any) -> Iterator[Fault]:
    """Yield what is wrong with one value of one setting of an agent."""
    setting, model = str(path[-2]), type(settings)
    if setting in ("type", "learning") or setting not in model.model_fields:
        keys = [key for key in model.model_fields if key not in ("type", "learning")]
        yield Fault(path[:-1], unknown_name(f"setting of {settings.type} to vary", setting, keys), setting)
        return
    values = {**settings.model_dump(), setting: value}
    try:
        changed = model.model_validate(values)
    except ValidationError as error:
        yield from (Fault(path, fault.problem, value) for fault in translate(error, model, values))
        return
    if changed == settings:
        yield Fault(path, "is the agent's own value; leave it out: it is shown beside the variations anyway", value)
