"""How the return of each agent with a policy rose, and how much of what it did was chance."""

from __future__ import annotations

from statistics import fmean

import numpy as np

from rlsearch.evidence.tables import finite
from rlsearch.report import words
from rlsearch.report.closed_loop import data as closed_loop
from rlsearch.report.closed_loop.policies import random_share, searches, trials_of
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, text

SECTION = "search"
ORDER = 13


def table(study: StudyData) -> Table:
    """One row per agent with a policy: how its return rose and how much of what it did was chance."""
    rows = [_learning(study, agent) for agent in study.learners if searches(study, agent)]
    columns = (
        text("agent", "agent"),
        text("optimizers", "chooses among"),
        Column("searches", "searches"),
        Column("episodes", "episodes each", words.number),
        Column("steps", "steps each", words.number),
        Column("first", "return, first quarter", words.number),
        Column("last", "last quarter", words.number),
        Column("last_low", "from", words.number),
        Column("last_high", "to", words.number),
        *((Column("best", "best schedule", words.number), Column("chance", "random switching", words.number))
          if study.loop.expected else ()),
        Column("random", "random actions", lambda share: words.percent(share, 0)),
        Column("random_last", "in the last quarter", lambda share: words.percent(share, 0)),
        Column("epsilon", "epsilon at the end", words.number),
    )  # fmt: skip
    note = (
        "Return: sum of the rewards of a run's steps. Means over searches with the 95 % t interval of the last "
        "quarter's. Random actions: drawn regardless of the policy (DQN counts them; PPO always samples from its "
        "policy)."
    )
    if study.loop.expected:
        note += (
            " Best schedule and random switching: their expected return on the schedule tree's trainings for searches, "
            "without discount, among the optimizers of that agent. A policy may earn more than the best schedule, "
            "because it observes the run."
        )
    return Table("What the policies learned from", columns, rows, note)


def _learning(study: StudyData, agent: str) -> Row:
    returns = trials_of(study, agent, "return")
    quarter = max(1, len(returns) // 4)
    best, chance = study.loop.expected.get(agent, (None, None))
    steps = trials_of(study, agent, "steps").sum()
    trials = study.trials_with("epsilon")
    epsilon = trials[trials["agent"] == agent].sort_values("index").groupby("seed")["epsilon"].last()
    ends = finite(epsilon.tolist())
    return {
        "agent": agent,
        "optimizers": ", ".join(closed_loop.optimizers(study.settings, agent)),
        "searches": returns.shape[1],
        "episodes": float(returns.notna().sum().mean()),
        "steps": float(steps.mean()),
        "first": float(np.nanmean(returns.iloc[:quarter].to_numpy())),
        **spread("last", finite(returns.iloc[-quarter:].mean().tolist())),
        "best": best,
        "chance": chance,
        "random": random_share(study, agent),
        "random_last": random_share(study, agent, 0.25),
        "epsilon": fmean(ends) if ends else None,
    }
