"""The tables of the report: raw values for the CSV, the same rows in words for the page."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from rlsearch.evidence import statistics, tables
from rlsearch.report import cost, words
from rlsearch.report.study import StudyData

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column: `key` in the rows and in the CSV, `title` on the page, and how a cell reads there."""

    key: str
    title: str
    show: Callable[[Any], str] = str
    numeric: bool = True

    def cell(self, row: Row) -> str:
        """Return the cell as the page shows it; a missing value is a dash."""
        value = row.get(self.key)
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            return "–"
        return self.show(value)


@dataclass(frozen=True)
class Table:
    """A table of a section.

    Attributes:
        name, section, title, note: `name` is part of the file's name; `section` is the page's section it belongs to.
        columns, rows: what the page and the CSV show.
        hidden: further columns of the CSV.
        greyed: columns that the page prints in grey.
        folded: whether the page shows the table only on request.
    """

    name: str
    section: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""
    hidden: Sequence[str] = ()
    greyed: Sequence[str] = ()
    folded: bool = False

    def to_csv(self) -> str:
        """Return all columns with raw values; empty where there is none."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = [column.key for column in self.columns] + list(self.hidden)
        writer.writerow(names)
        writer.writerows([["" if row.get(name) is None else row[name] for name in names] for row in self.rows])
        return text.getvalue()


def text(key: str, title: str) -> Column:
    """Return a column of words."""
    return Column(key, title, str, numeric=False)


def build(study: StudyData) -> list[Table]:
    """Return the tables of a study that have rows, in the order of the page."""
    makers = (verdicts, agents, answers, slots, fidelity_points, signs, planted, costs, seconds)
    made = [maker(study) for maker in makers]
    return [table for table in made if table.rows]


def verdicts(study: StudyData) -> Table:
    """One row per claim: the numbers behind the verdict."""
    rows = [
        {
            **{k: getattr(v, k) for k in ("claim", "kind", "agent", "against", "decision", "effect", "unit", "level")},
            **{k: getattr(v, k) for k in ("p", "margin", "mde")},
            "low": v.interval.low if v.interval else None,
            "high": v.interval.high if v.interval else None,
            "n_first": v.n[0],
            "n_second": v.n[1],
        }
        for v in study.verdicts
    ]
    shown = [{**row, **_in_unit(row)} for row in rows]
    columns = (
        text("claim", "claim"),
        text("decision", "verdict"),
        *(Column(f"{key}_shown", title) for key, title in _EFFECTS.items()),
        text("unit_shown", "unit"),
        Column("p", "p", words.number),
        Column("level", "decided at", words.number),
        Column("n_first", "n"),
        Column("n_second", "against n"),
    )
    hidden = ("kind", "agent", "against", "unit", *_EFFECTS)
    note = (
        "p: two-sided permutation test. Decided at: Holm's level within this study; the interval is at 1 minus it. "
        "Detectable: the effect that would have been found four times in five."
    )
    return Table("verdicts", "summary", "The numbers behind the verdicts", columns, shown, note, hidden, folded=True)


_EFFECTS = {"effect": "effect", "low": "from", "high": "to", "margin": "margin", "mde": "detectable"}


def _in_unit(row: Row) -> dict[str, str | None]:
    """Return the effects without their unit, which has a column of its own."""
    points = row["unit"] == "accuracy"
    texts = {key: words.effect(row[key], row["unit"]).split(" points")[0].split(" (")[0] for key in _EFFECTS}
    shown: dict[str, str | None] = {f"{key}_shown": value for key, value in texts.items()}
    return {**shown, "unit_shown": "points" if points else row["unit"]}


def agents(study: StudyData) -> Table:
    """One row per agent: how its searches went and what their answers score on fresh seeds."""
    rows = [_agent_row(study, agent) for agent in study.agents if any(key[0] == agent for key in study.summaries)]
    columns = (
        text("agent", "agent"),
        Column("searches", "searches"),
        Column("trials", "trials each", words.number),
        Column("not_trained", "did not train", words.count),
        Column("answers", "answers", words.unbroken, numeric=False),
        *_accuracy_columns("score"),
    )
    note = (
        "Score: validation accuracy of a search's answer on fresh seeds that played no part in choosing it; mean and "
        "95 % t interval over the searches."
    )
    return Table("agents", "search", "The searches of each agent", columns, rows, note)


def _agent_row(study: StudyData, agent: str) -> Row:
    done = [summary for (label, _), summary in study.summaries.items() if label == agent]
    found = [summary["answer"] for summary in done if summary["answer"]]
    not_trained = sum(n for summary in done for status, n in summary["statuses"].items() if status != "ok")
    return {
        "agent": agent,
        "searches": len(done),
        "trials": fmean(summary["trials"] for summary in done),
        "not_trained": not_trained,
        "answers": _counted(answer["label"] for answer in found) or None,
        **_spread("score", tables.finite(answer["score_accuracy"] for answer in found)),
    }


def _counted(labels: Iterable[str]) -> str:
    """Return "s = 1.2 (4×), s = 1.3": each label once, with how often it came."""
    counts = sorted(Counter(labels).items())
    return ", ".join(label if count == 1 else f"{label} ({count}×)" for label, count in counts)


def _spread(name: str, values: Sequence[float]) -> dict[str, float | None]:
    interval = statistics.t_interval(values)
    return {
        name: fmean(values) if values else None,
        f"{name}_low": interval.low if interval else None,
        f"{name}_high": interval.high if interval else None,
        f"{name}_sd": stdev(values) if len(values) > 1 else None,
    }


def _accuracy_columns(name: str) -> tuple[Column, ...]:
    titles = {"": name.replace("_", " "), "_low": "from", "_high": "to", "_sd": "sd"}
    return tuple(Column(f"{name}{end}", title, words.percent) for end, title in titles.items())


def answers(study: StudyData) -> Table:
    """One row per search: its answer and its score."""
    columns = (
        text("agent", "agent"),
        Column("seed", "search seed"),
        text("label", "answer"),
        Column("score_accuracy", "score", words.percent),
        Column("trials", "trials", words.count),
        Column("unique_evaluations", "unique trainings", words.count),
        Column("flops", "FLOPs of the trials", words.flops),
    )
    hidden = ("key", "bit_exact")
    return Table("searches", "search", "The answer of every search", columns, study.searches, "", hidden, folded=True)


def slots(study: StudyData) -> Table:
    """One row per best candidate and baseline: how it does on the test set. The grid's slots are with the fidelity."""
    rows = []
    for slot in study.of_kind("best", "baseline"):
        found = study.retrained.get(slot.name)
        if found is None:
            continue
        values = tables.test_accuracies(found)
        status = "ok" if found["status"] == "ok" else f"empty: {found['reason']}"
        head = {"slot": slot.name, "kind": slot.kind, "candidate": found["label"], "status": status}
        counts = {"runs": len(values), "parameters": found["parameters"]}
        rows.append({**head, **counts, **_spread("test_accuracy", values)})
    columns = (
        text("slot", "slot"),
        text("kind", "kind"),
        text("candidate", "candidate"),
        Column("runs", "runs"),
        *_accuracy_columns("test_accuracy"),
        Column("parameters", "parameters", words.count),
        text("status", "status"),
    )
    note = (
        "Mean, 95 % t interval and standard deviation over the retraining runs; each measured the test set once. "
        "Slots that hold the same candidate share their runs."
    )
    return Table("slots", "target", "Best candidates and baselines", columns, rows, note)


def fidelity_points(study: StudyData) -> Table:
    """One row per grid point measured on proxy and target."""
    rows = [
        {
            **{key: point[key] for key in ("slot", "label")},
            "trained": {True: "yes", False: "no"}.get(point["trained"]),
            "proxy_n": study.selected[point["slot"]]["proxy"]["n"],
            "target_n": len(tables.test_accuracies(study.retrained[point["slot"]])),
            **_spread("proxy", tables.finite(study.selected[point["slot"]]["proxy"]["values"])),
            **_spread("target", tables.test_accuracies(study.retrained[point["slot"]])),
        }
        for point in study.fidelity["points"]
    ]
    columns = (
        text("slot", "slot"),
        text("label", "candidate"),
        Column("proxy_n", "proxy runs"),
        *_accuracy_columns("proxy"),
        Column("target_n", "target runs"),
        *_accuracy_columns("target"),
        text("trained", "trained on the proxy"),
    )
    note = "Accuracies on validation (proxy) and test (target): mean, 95 % t interval, standard deviation."
    return Table("fidelity", "fidelity", "The grid on both networks", columns, rows, note, folded=True)


def signs(study: StudyData) -> Table:
    """One row per agent and sign: how often real and null searches show it."""
    rows = [
        {
            "agent": agent,
            "sign": sign["text"],
            **{f"{arm}_{key}": (sign[arm] or {}).get(key) for arm in _ARMS for key in ("share", "hits", "runs")},
            **{arm: _share(sign[arm]) for arm in _ARMS},
            "permuted_labels": {True: "shown", False: "not shown"}.get(sign["permuted_labels"]),
        }
        for agent, found in study.signs.items()
        for sign in found["signs"]
        if any(sign[arm] for arm in _ARMS)
    ]
    columns = (
        text("agent", "agent"),
        text("sign", "sign of learning"),
        text("real", "real searches"),
        text("null_constant", "null: constant noise"),
        text("null_heteroscedastic", "null: noise depends on the action"),
        text("permuted_labels", "permuted labels (one search)"),
    )
    hidden = [f"{arm}_{key}" for arm in _ARMS for key in ("share", "hits", "runs")]
    note = "Share with its exact 95 % interval. A sign that null searches show as often as real ones says nothing."
    return Table("signs", "controls", "The signs of learning in numbers", columns, rows, note, hidden, folded=True)


_ARMS = ("real", "null_constant", "null_heteroscedastic")


def _share(found: Mapping[str, Any] | None) -> str | None:
    if found is None:
        return None
    low, high = found["interval"]["low"], found["interval"]["high"]
    return f"{100 * found['share']:.0f} % ({100 * low:.0f}–{100 * high:.0f} %, {found['hits']}/{found['runs']})"


def planted(study: StudyData) -> Table:
    """One row per agent: the noise it met, collapse without a signal, and finding a planted optimum."""
    rows = []
    for agent, control in study.controls.items():
        hits = control["planted"] or {}
        collapsed = (control["null_constant"] or {}).get("collapsed_share")
        noise = {"noise_sd": control["noise"]["pooled_sd"], "runs": control["runs"], "episodes": control["episodes"]}
        shares = {key: hits.get(key) for key in ("hit_share", "hit_share_fit", "chance")}
        rows.append({"agent": agent, **noise, "collapsed_share": collapsed, **shares})
    columns = (
        text("agent", "agent"),
        Column("runs", "runs", words.count),
        Column("episodes", "episodes", words.count),
        Column("noise_sd", "noise (sd of the reward)", words.number),
        Column("collapsed_share", "settles without a signal", lambda v: words.percent(v, 1)),
        Column("hit_share", "finds the planted optimum", lambda v: words.percent(v, 1)),
        Column("hit_share_fit", "with a quadratic fit", lambda v: words.percent(v, 1)),
        Column("chance", "by chance", lambda v: words.percent(v, 1)),
    )
    note = (
        "Settles: standard deviation of the last quarter of the samples below 0.15 after all episodes, with a reward "
        "that is only noise. The planted optimum is sought with as many trials as the real searches have."
    )
    return Table("controls", "controls", "Simulated controls of each agent", columns, rows, note)


def costs(study: StudyData) -> Table:
    """One row per agent: the mean cost of its searches; the last row is the retraining."""
    names = ("searches", "proposals", "unique", "search_flops", "finalist_flops", "score_flops")
    rows: list[Row] = [
        {"agent": agent, **{name: getattr(value, name) for name in names}}
        for agent, value in cost.by_agent(study).items()
    ]
    if study.retrained:
        runs = sum(len(slot["runs"]) for slot in study.retrained.values())
        rows.append({"agent": f"retraining ({runs} runs in all)", "search_flops": cost.retraining_flops(study)})
    columns = (
        text("agent", "agent"),
        Column("searches", "searches"),
        Column("proposals", "proposals", words.number),
        Column("unique", "unique trainings", words.number),
        Column("search_flops", "FLOPs of the trials", words.flops),
        Column("finalist_flops", "of the finalists", words.flops),
        Column("score_flops", "of the scoring", words.flops),
    )
    note = (
        "Mean of one search. FLOPs: 3 × forward pass × training samples; outcomes taken from the store count in full."
    )
    return Table("cost", "cost", "Compute spent", columns, rows, note)


def seconds(study: StudyData) -> Table:
    """One row per agent and one for the retraining: wall-clock time, which no conclusion rests on."""
    phases = [("search", agent, agent) for agent in study.agents] + [("retrain", None, "retraining")]
    rows = [{"what": label, "seconds": cost.seconds_of(study, phase, name)} for phase, name, label in phases]
    columns = (text("what", "what"), Column("seconds", "child seconds, all searches", words.duration))
    note = (
        "For information: sums over children trained here, without those from the store. They differ from run to run."
    )
    return Table(
        "seconds", "cost", "Wall-clock time", columns, [row for row in rows if row["seconds"] is not None], note
    )
