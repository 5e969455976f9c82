"""The tables of repeated searches: final regret, the spread of rewards, the variance of the policy gradient."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import fmean, stdev, variance

from rlsearch.evidence import tables
from rlsearch.measures import Measure
from rlsearch.report import gradient, published, regret, repetitions, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, spread, text

BETA = 0.8
"""Share of the old value in the source's moving average."""
CLIP = 0.1
"""Where the source clips what is left."""
HINDSIGHT = "rule-of-thumb"
"""The type of agent whose rule was read off the truth table."""


def final_regret(study: StudyData) -> Table:
    """One row per agent: what its answers are worth beside the best candidate of the space."""
    rows, measures, name = [], regret.measures(study), study.measure.name
    for agent in repetitions.agents(study):
        found = repetitions.block(study, agent)
        costs = {name: fmean(found[name]) for name in ("trials_used", "flops")}
        share = costs["flops"] / found["budget_flops"]
        metrics = {key: value for one in measures for key, value in _final(study, agent, one).items()}
        rows.append({"agent": agent, "runs": found["runs"], **metrics, **costs, "budget_share": share})
    rows.sort(key=lambda row: (row[name] is None, row[name] or 0.0))
    columns = (
        text("agent", "agent"),
        *(column for measure in measures for column in _columns(study, measure)),
        Column("trials_used", "trials used", words.number),
        Column("budget_share", "budget used", lambda share: words.percent(share, 1)),
    )
    note = (
        f"Regret of a search's answer: mean test value of the best {study.noun} of the space less that of the answer, "
        "over the trainings that the search did not see. Mean, 95 % t interval and standard deviation over "
        f"{repetitions.runs(study)} searches of each agent. Standard error: of one answer, from the trainings that its "
        f"search did not see. Trials differ because {study.noun}s differ in cost."
        f"{words.about_twins(repetitions.agents(study))}{_reused(study)}{_hindsight(study)}"
        + (
            " A policy's answer is what it does when frozen, training by training; below 0 it is better than any one "
            "schedule."
            if study.learners
            else ""
        )
    )
    return Table("regret", "table", "Final regret", columns, rows, note, ("runs", "flops"))


_ENDS = {"": "mean", "_low": "from", "_high": "to", "_sd": "sd"}


def _columns(study: StudyData, measure: Measure) -> tuple[Column, ...]:
    """Return the columns of a regret: of the study's measure in its digits, of the loss beside it in three."""
    shown = partial(words.difference, unit=measure) if measure == study.measure else words.number
    titles = {**_ENDS, "": f"in {measure.label} ({measure.unit})", "_error": "standard error"}
    return tuple(Column(f"{measure.name}{end}", title, shown) for end, title in titles.items())


def _final(study: StudyData, agent: str, measure: Measure) -> Row:
    name, found = measure.name, regret.final(study, agent, measure)
    return {**spread(name, tables.finite(found.get("values", ()))), f"{name}_error": found.get("error")}


def _hindsight(study: StudyData) -> str:
    """Return which agents follow a rule that was read off the table on which they are measured."""
    found = ", ".join(label for label, agent in study.settings.agents.items() if agent.type == HINDSIGHT)
    return f" {found}: its rule was read off this table; it shows what knowing the rule is worth." if found else ""


def _reused(study: StudyData) -> str:
    """Return of which agents the searches left no training of their answer unseen."""
    counts = {agent: regret.final(study, agent).get("reused", 0) for agent in study.agents}
    found = ", ".join(f"{agent} {count} times" for agent, count in counts.items() if count)
    return f" Where a search had seen every training of its answer, all of them serve: {found}." if found else ""


def reward_spread(study: StudyData) -> Table:
    """One row per agent, then what the source printed: how clipping and a moving average shrink rewards' spread."""
    entry = published.load(study.settings.published)
    printed = entry.reward_spread if entry else ()
    keys = ("sd", "variance")
    columns = (
        text("agent", "rewards of"),
        *(
            Column(f"{stage}_{key}", f"{title}: {key}", words.number)
            for stage, title in _STAGES.items()
            for key in keys
        ),
        text("remark", "remark"),
    )
    rows: list[Row] = [_spreads(study, agent) for agent in study.agents if _levels(study, agent)] if printed else []
    for item in printed if rows else ():
        stage = "clipped" if item.clipped else "raw"
        row = {"agent": f"published: {item.arm}", f"{stage}_sd": item.sd, f"{stage}_variance": item.variance}
        rows.append({**row, "remark": item.remark or None, "greyed": tuple(column.key for column in columns)})
    note = (
        "Mean over the searches of the standard deviation and the variance over a search's trials, in "
        f"{study.measure.label}. The moving average takes in each value (share {1 - BETA:g}) before it is subtracted, "
        f"so what is left is {BETA:g} times the distance from the old average: smaller by construction. Clipping at "
        f"±{CLIP:g} bounds the standard deviation by {CLIP:g} and the variance by {CLIP**2:g} whatever the agent does. "
        "Both also wipe out a slow rise. So a smaller spread of rewards does not show that an agent is better or its "
        "gradient less noisy; that needs the estimate itself. The published numbers come from other data: not "
        "comparable."
    )
    section = "gradient" if study.settings.controls.gradient else "search"
    return Table("rewards", section, "The spread of rewards, and what shrinks it", columns, rows, note)


_STAGES = {"raw": "raw", "centred": "less moving average", "clipped": "then clipped"}


def _levels(study: StudyData, agent: str) -> list[list[float]]:
    rows = study.trials[(study.trials["agent"] == agent) & study.trials["level"].notna()]
    searches = [group.sort_values("index")["level"].tolist() for _, group in rows.groupby("seed")]
    return [values for values in searches if len(values) > 1]


def _spreads(study: StudyData, agent: str) -> Row:
    stages: dict[str, list[list[float]]] = {"raw": _levels(study, agent)}
    stages["centred"] = [centred(values) for values in stages["raw"]]
    stages["clipped"] = [[min(max(value, -CLIP), CLIP) for value in values] for values in stages["centred"]]
    found: dict[str, float] = {}
    for stage, searches in stages.items():
        found[f"{stage}_sd"] = fmean(stdev(values) for values in searches)
        found[f"{stage}_variance"] = fmean(variance(values) for values in searches)
    return {"agent": agent, **found}


def centred(levels: Sequence[float]) -> list[float]:
    """Return each level less the moving average that has just taken it in, as the source computes its reward.

    The average starts at the first level.

    >>> [round(value, 3) for value in centred([0.5, 1.0, 0.5])]
    [0.0, 0.4, -0.08]
    """
    average, found = levels[0], []
    for level in levels:
        average = BETA * average + (1 - BETA) * level
        found.append(level - average)
    return found


def gradient_variance(study: StudyData) -> Table:
    """One row per agent and frozen policy: variance, ratio, the check that means agree, and what clipping distorts."""
    rows = [
        {
            **{name: getattr(point, name) for name in _POINT},
            "ratio_low": point.interval.low if point.interval else None,
            "ratio_high": point.interval.high if point.interval else None,
        }
        for point in gradient.points(study)
    ]
    columns = (
        text("agent", "agent"),
        Column("updates", "after updates", words.count),
        Column("trace", "variance (trace)", words.number),
        Column("ratio", "ratio to no baseline", words.number),
        Column("ratio_low", "from", words.number),
        Column("ratio_high", "to", words.number),
        Column("mean_norm", "length of the mean", words.number),
        Column("mean_difference", "means apart (standard errors)", words.number),
        Column("mean_p", "p of equal means", words.number),
        Column("clip_bias", "bias when clipped", lambda share: words.percent(share, 1)),
    )
    note = (
        f"Mean over {gradient.searches(study)} searches, of ratios the geometric mean; {gradient.batches(study)} "
        "batches at each frozen policy. A baseline must not change what is estimated: its mean "
        "gradient has to agree with that of the plain estimator within chance. Clipping the reward does "
        "change it; the bias is the relative distance between the mean gradients with and without clipping. The p "
        "value is the smallest of all searches times their number. Intervals: 95 % t intervals over searches."
    )
    return Table("gradient", "gradient", "The policy gradient at frozen policies", columns, rows, note)


_POINT = ("agent", "updates", "trace", "ratio", "mean_norm", "mean_difference", "mean_p", "clip_bias")

MAKERS = (final_regret, reward_spread, gradient_variance)
