"""Policies over optimizers, learned many times in memory on a schedule tree, and what each does afterwards.

A policy is judged by what it does when frozen: it plays the trainings that are kept from all searches, choosing by what
their validation values show, and the schedules it takes there are its answer. Beside the real runs stand null runs, in
which every episode shows the progress of a schedule drawn at random, whatever was chosen, and runs on planted
problems whose best schedule is known (`policy_planted`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rlsearch.config.models import StudySettings
from rlsearch.config.twins import is_twin
from rlsearch.controls import traces
from rlsearch.controls.meetings import Meetings
from rlsearch.controls.policy_learning import Problem, learn
from rlsearch.controls.policy_planted import Planted
from rlsearch.errors import SettingsError
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.search.answers import Answers
from rlsearch.search.answers.table import TableAnswers
from rlsearch.search.budget import FlopLimit
from rlsearch.search.stepwise import played

CONTROL_RUNS = 6
"""Null and planted runs, at most as many as real ones."""


def block(
    answers: Answers,
    agent: str,
    study: StudySettings,
    seed_order: Meetings,
    limit: FlopLimit,
    *,
    controls: bool = True,
) -> dict[str, Any]:
    """Return the `repetitions` block of an arm with a policy (docs/artefacts.md); null and planted runs on demand.

    A never-updated twin has none: they would show its policy once more.
    """
    control = study.controls.repetitions
    assert control is not None
    assert isinstance(answers, TableAnswers)  # nothing else answers for steps in memory
    table, name = answers.table, answers.name
    judge = table.judges("validation")
    if judge is None:
        raise SettingsError(
            f"table {table.recipe.name!r} keeps no trainings by which a policy could be judged",
            where=f"studies.{name}.evaluator",
            allowed="a recipe with `judge`",
        )
    problem = Problem(study, name, agent, table, judge, limit, max(1, control.trials // traces.CHECKPOINTS))
    runs = [learn(problem, traces.FIRST_SEED + run) for run in range(control.runs)]
    # An episode that the end of the budget cut short has a column, but is no trial.
    pairs = [(np.array(run.rows, np.int64), np.array(run.columns[: len(run.rows)], np.int64)) for run in runs]
    met = [seed_order.trace(rows, columns) for rows, columns in pairs]
    curves = traces.block(met, seed_order, control, study.search, limit.total)
    plays = [{count: play(problem, policy) for count, policy in run.policies.items()} for run in runs]
    # The policy of the highest count: the one at which the budget ended.
    last_rows = [rows[max(rows)] for rows in plays]
    control_runs = range(min(control.runs, CONTROL_RUNS) if controls and not is_twin(agent) else 0)
    planted, null = Planted(problem), [learn(problem, traces.FIRST_SEED + run, shuffled=True) for run in control_runs]
    return {
        **curves,
        "answers": [Counter(rows).most_common(1)[0][0] for rows in last_rows],
        "answer_columns": [[] for _ in runs],
        "answer_rows": last_rows,
        "incumbent_rows": [[_reached(rows, point) for point in curves["checkpoints"]] for rows in plays],
        "flops": [
            # Learning is paid as it went; the answer's replicates at the mean cost of the schedules that it takes.
            int(cost) + study.search.replicates * int(np.mean(table.flops[rows]))
            for cost, rows in zip((table.flops[run.rows].sum() for run in runs), last_rows, strict=True)
        ],
        # Runs end after different numbers of episodes, since schedules differ in cost: a mean needs the shortest.
        "returns": np.mean([run.returns[: min(len(r.returns) for r in runs)] for run in runs], axis=0).tolist(),
        "random_share": [run.random_share for run in runs],
        "null_answer_rows": [play(problem, run.last) for run in null],
        "planted_shares": [planted.share_of_return(traces.FIRST_SEED + run) for run in control_runs],
        "planted_choices": [planted.share_of_choices(traces.FIRST_SEED + run) for run in control_runs],
        "planted_effect": planted.signal.effect,
        "planted_chance": 1 / len(problem.options),
    }


def play(problem: Problem, policy: FrozenPolicy) -> list[int]:
    """Return the rows that a frozen policy takes in the trainings kept from the searches, column by column."""
    training = problem.space.learned(problem.options, policy.to_json())["training"]
    rows = []
    for column in range(problem.judge.seeds):
        schedule = played(problem.judge, column, training, seed=column).schedule
        rows.append(problem.table.row_of(problem.space.completed(problem.space.actions(schedule))))
    return rows


def _reached(rows: Mapping[int, Sequence[int]], point: int) -> list[int]:
    """Return the rows of the last policy frozen at or before a checkpoint (before the first: that one)."""
    return list(rows[max((count for count in rows if count <= point), default=min(rows))])
