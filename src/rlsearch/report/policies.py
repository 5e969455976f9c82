"""Agents that learn a policy, as figures and tables want them: returns, random actions, runs with nothing to learn."""

from __future__ import annotations

from functools import partial
from statistics import fmean

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rlsearch.evidence.tables import finite
from rlsearch.report import control, repetitions, words
from rlsearch.report.plotting import progress
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, text
from rlsearch.statistics.intervals import SHARE

Floats = NDArray[np.float64]


def table(study: StudyData, agent: str, column: str) -> pd.DataFrame:
    """Return a column of an agent's trials: a row per episode, a column per search; empty without values."""
    rows = study.trials[(study.trials["agent"] == agent) & study.trials[column].notna()]
    return rows.pivot(index="index", columns="seed", values=column)


def searches(study: StudyData, agent: str) -> int:
    """Return how many searches of an agent have episodes with a return."""
    return int(table(study, agent, "return").shape[1])


def returns(study: StudyData, agent: str) -> Band | None:
    """Return mean return over the episodes with its 95 % t band over searches, as far as all of them go."""
    found = table(study, agent, "return").dropna()
    if found.empty:
        return None
    smoothed = np.stack([smooth(column) for column in found.to_numpy().T])
    return repetitions.over_runs((found.index + 1).tolist(), smoothed)


def smooth(values: Floats) -> Floats:
    """Return the centred running mean over WINDOW episodes, of long series only."""
    if len(values) < progress.SHORT:
        return values
    return pd.Series(values).rolling(progress.WINDOW, center=True, min_periods=1).mean().to_numpy(dtype=np.float64)


def random_share(study: StudyData, agent: str, part: float = 1.0) -> float | None:
    """Return the share of the last `part` of the steps whose action was drawn at random, mean over searches."""
    shares = []
    for _, rows in study.trials[study.trials["agent"] == agent].groupby("seed"):
        counted = rows.sort_values("index").dropna(subset=["random_actions", "steps"])
        if counted.empty:
            continue
        first = len(counted) - max(1, round(part * len(counted)))
        before = float(counted["random_actions"].iloc[first - 1]) if first else 0.0
        drawn = float(counted["random_actions"].iloc[-1]) - before
        shares.append(drawn / float(counted["steps"].iloc[first:].sum()))
    return fmean(shares) if shares else None


def learning(study: StudyData) -> Table:
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
          if study.control.expected else ()),
        Column("random", "random actions", lambda share: words.percent(share, 0)),
        Column("random_last", "in the last quarter", lambda share: words.percent(share, 0)),
        Column("epsilon", "epsilon at the end", words.number),
    )  # fmt: skip
    note = (
        "Return: sum of the rewards of a run's steps. Means over searches with the 95 % t interval of the last "
        "quarter's. Random actions: drawn whatever the policy said (DQN counts them; PPO always samples from its "
        "policy)."
    )
    if study.control.expected:
        note += (
            " Best schedule and random switching: their expected return on the schedule tree's trainings for searches, "
            "without discount, among the optimizers of that agent. A policy may earn more than the best schedule, "
            "because it looks."
        )
    return Table("returns", "search", "What the policies learned from", columns, rows, note)


def _learning(study: StudyData, agent: str) -> Row:
    found = table(study, agent, "return")
    quarter = max(1, len(found) // 4)
    best, chance = study.control.expected.get(agent, (None, None))
    steps = table(study, agent, "steps").sum()
    epsilon = study.trials[study.trials["agent"] == agent].sort_values("index").groupby("seed")["epsilon"].last()
    ends = finite(epsilon.tolist())
    return {
        "agent": agent,
        "optimizers": ", ".join(control.optimizers(study.settings, agent)),
        "searches": found.shape[1],
        "episodes": float(found.notna().sum().mean()),
        "steps": float(steps.mean()),
        "first": float(np.nanmean(found.iloc[:quarter].to_numpy())),
        **spread("last", finite(found.iloc[-quarter:].mean().tolist())),
        "best": best,
        "chance": chance,
        "random": random_share(study, agent),
        "random_last": random_share(study, agent, 0.25),
        "epsilon": fmean(ends) if ends else None,
    }


def against_null(study: StudyData) -> Table:
    """One row per agent with runs on the tree: its regret beside that of runs with nothing to learn."""
    rows: list[Row] = []
    name, points = study.measure.name, partial(words.difference, unit=study.measure)
    for agent, found in study.control.policies.items():
        gain = found.gain(name)
        rows.append(
            {
                "agent": agent,
                "runs": len(found.regret[name]),
                **spread("regret", found.regret[name]),
                "null_runs": len(found.null_regret[name]),
                **spread("null", found.null_regret[name]),
                "gain": gain.effect,
                "gain_low": gain.interval.low if gain.interval else None,
                "gain_high": gain.interval.high if gain.interval else None,
                **spread("planted", found.planted_shares),
                **spread("choices", found.planted_choices, SHARE),
                "chance": found.planted_chance,
                "effect": found.planted_effect,
                **spread("random", found.random_shares, SHARE),
            }
        )
    columns = (
        text("agent", "agent"),
        Column("runs", "runs"),
        Column("regret", f"regret ({study.measure.unit})", points),
        Column("regret_low", "from", points),
        Column("regret_high", "to", points),
        Column("null_runs", "null runs"),
        Column("null", "regret of null runs", points),
        Column("null_low", "from", points),
        Column("null_high", "to", points),
        Column("gain", "null less real", points),
        Column("gain_low", "from", points),
        Column("gain_high", "to", points),
        Column("planted", "planted, no noise: of the return", lambda share: words.percent(share, 0)),
        Column("choices", "planted, tree's noise: best choices", lambda share: words.percent(share, 0)),
        Column("choices_low", "from", lambda share: words.percent(share, 0)),
        Column("choices_high", "to", lambda share: words.percent(share, 0)),
        Column("chance", "by chance", lambda share: words.percent(share, 0)),
        Column("random", "random actions", lambda share: words.percent(share, 0)),
    )
    hidden = [f"{name}{end}" for name in ("planted", "random") for end in ("_low", "_high", "_sd")]
    hidden += ["choices_sd", "effect"]
    effects = sorted({words.effect(row["effect"], study.measure, sign=False) for row in rows})
    note = (
        f"Regret in {study.measure.label} of what the frozen policy does in the trainings that no search saw. In a "
        "null run every episode shows the progress of a schedule drawn at random, whatever was chosen. 95 % t "
        "intervals over runs, of the difference Welch's. Planted: the best schedule is known. Without noise, the "
        "share of the best possible return that the greedy policy reaches. With the noise of the tree's trainings, "
        f"where the best choices alone gain {' or '.join(effects)} over chance (as much as the tree's best schedule "
        "does), the share of best choices that it makes in fresh trainings: the power of these runs."
    )
    return Table("policies", "controls", "Policies, and policies with nothing to learn", columns, rows, note, hidden)


MAKERS = (learning, against_null)
