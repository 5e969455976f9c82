"""A study and its truth table: does it hold the study's networks, and has it seeds enough?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from rlsearch.config import artefacts
from rlsearch.config.messages import Fault
from rlsearch.config.models import Params, StudySettings
from rlsearch.config.schema import KeyPath
from rlsearch.errors import SettingsError


def tables(params: Params) -> Iterator[Fault]:
    """Truth tables that are not there, or that hold other networks than those the study would train."""
    # By name, as plugins are: a change of that module must not count as a change of what every phase computes.
    recipes = importlib.import_module("rlsearch.truth.recipe")
    for name, study in params.studies.items():
        if study.table is None or study.dataset not in params.datasets:
            continue
        base: KeyPath = ("studies", name)
        try:
            recipe = recipes.read(study.table, recipes.home(study.table))
        except SettingsError as error:
            allowed = f"; allowed: {error.allowed}" if error.allowed else ""
            yield Fault((*base, "table"), f"{error.what}{allowed}", study.table)
            continue
        pairs: tuple[tuple[KeyPath, Any, Any], ...] = (
            (("datasets", study.dataset), params.datasets[study.dataset], recipe.dataset),
            ((*base, "space"), study.space, recipe.space),
            ((*base, "proxy"), study.proxy, recipe.proxy),
        )
        for path, mine, its in pairs:
            different = _first_difference(mine.model_dump(mode="json"), its.model_dump(mode="json"))
            if different is not None:
                key, here, there = different
                problem = f"must be {there!r}, with which the networks of table {study.table} were trained"
                yield Fault((*path, *key), problem, here)
                break
        found = [*_columns(study, recipe.seeds, recipe.judge), *_budgets(study)]
        yield from (Fault((*base, *fault.path), fault.problem, fault.found) for fault in found)


def _columns(study: StudySettings, seeds: int, judge: int) -> Iterator[Fault]:
    """Searches that would meet a column of the table twice, as if it were a fresh training."""
    search, free = study.search, seeds - judge
    most = judge or free - 1 - search.replicates
    if free - 1 - search.replicates < (0 if judge else 1):
        problem = (
            f"must be at most {free - (1 if judge else 2)}: of the {free} trainings for searches one answers a trial"
        )
        yield Fault(("search", "replicates"), problem + ("" if judge else ", one the scoring"), search.replicates)
    elif search.score_replicates > most:
        seen = "so many trainings are kept to judge" if judge else "search and finalists have seen the other seeds"
        problem = f"must be at most {most}: {seen} of the table's {seeds}"
        yield Fault(("search", "score_replicates"), problem, search.score_replicates)


def _budgets(study: StudySettings) -> Iterator[Fault]:
    """Budgets of mean trainings that do not pay for the largest network once, beside its finalists."""
    table, name = importlib.import_module("rlsearch.truth.table"), str(study.table)
    costs = table.training_costs(name, importlib.import_module("rlsearch.truth.recipe").home(name))
    if costs is None:
        return
    searches = [artefacts.search_of(study, label) for label in study.agents]
    again = max((search.finalists * search.replicates for search in searches), default=0)
    largest, mean = int(costs.max()), round(float(costs.mean()))
    least = -(-(again + 1) * largest // mean)
    asked: list[tuple[KeyPath, int]] = [(("search", "budget"), study.search.budget)]
    if study.controls.repetitions is not None:
        asked.append((("controls", "repetitions", "trials"), study.controls.repetitions.trials))
    for path, found in asked:
        if found < least:
            problem = (
                f"must be at least {least}: the largest network costs {largest / mean:.3g} times the mean, and "
                f"{again} trainings of finalists come first"
            )
            yield Fault(path, problem, found)


def _first_difference(mine: Any, its: Any) -> tuple[KeyPath, Any, Any] | None:
    """Return the path of the first key whose values differ, and both values."""
    if not isinstance(mine, dict) or not isinstance(its, dict):
        return None if mine == its else ((), mine, its)
    for key in [*mine, *(key for key in its if key not in mine)]:
        found = _first_difference(mine.get(key), its.get(key))
        if found is not None:
            path, here, there = found
            return (key, *path), here, there
    return None


def controls(study: StudySettings) -> Iterator[Fault]:
    """Controls that need a truth table, or that a truth table cannot give."""
    asked = study.controls
    if study.table is not None and asked.permuted_labels:
        yield Fault(("controls", "permuted_labels"), "must be false: a truth table has no labels to permute", True)
    if study.table is None and asked.repetitions is not None:
        yield Fault(("controls", "repetitions"), "needs a truth table that answers (`table`); null leaves it out")
