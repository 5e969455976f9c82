"""The tables of verdicts, searches, slots and the grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from statistics import fmean

from rlsearch.evidence import tables
from rlsearch.measures import Measure
from rlsearch.report import (
    arm_tables,
    control_tables,
    paired_tables,
    policies,
    repetition_tables,
    setting_tables,
    transfer_tables,
    tree_tables,
    words,
)
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_columns, level_spread, text
from rlsearch.units import Unit


def build(study: StudyData) -> list[Table]:
    """Return the tables of a study that have rows, in the order of the page."""
    own = (verdicts, agents, answers, slots, fidelity_points)
    others = (
        transfer_tables,
        repetition_tables,
        paired_tables,
        setting_tables,
        arm_tables,
        tree_tables,
        policies,
        control_tables,
    )
    made = [maker(study) for maker in (*own, *(maker for module in others for maker in module.MAKERS))]
    return [table for table in made if table.rows]


def verdicts(study: StudyData) -> Table:
    """One row per claim: the numbers behind the verdict."""
    rows = [
        {
            **{k: getattr(v, k) for k in ("claim", "kind", "agent", "against", "decision", "effect", "level")},
            "unit": v.unit.name,
            **{k: getattr(v, k) for k in ("p", "test", "margin", "mde")},
            "low": v.interval.low if v.interval else None,
            "high": v.interval.high if v.interval else None,
            **{f"headroom_{key}" if key != "gain" else "headroom": x for key, x in v.headroom.to_json().items()},
            "way": v.way,
            "spread": v.spread.to_text() if v.spread else None,
            "n_first": v.n[0],
            "n_second": v.n[1],
        }
        for v in study.verdicts
    ]
    shown = [{**row, **_in_unit(row, v.unit)} for row, v in zip(rows, study.verdicts, strict=True)]
    columns = (
        text("claim", "claim"),
        text("decision", "verdict"),
        *(Column(f"{key}_shown", title) for key, title in _EFFECTS.items()),
        text("unit_shown", "unit"),
        Column("p", "p", words.number),
        text("test", "test"),
        Column("level", "decided at", words.number),
        Column("n_first", "n"),
        Column("n_second", "against n"),
    )
    rooms = tuple(f"headroom_{key}" for key in ("floor", "ceiling", "low", "high", "source"))
    hidden = ("kind", "agent", "against", "unit", *_EFFECTS, *rooms, "way", "spread")
    note = (
        "p: two-sided, by the test beside it. Decided at: Holm's level within this study; the interval is at 1 minus "
        "it. Detectable: the effect that would have been found four times in five. Headroom: what the best chooser "
        "that we tried gains over the other arm; a margin above it can hardly be reached, one above its interval not "
        "at all."
    )
    return Table("verdicts", "summary", "The numbers behind the verdicts", columns, shown, note, hidden, folded=True)


_EFFECTS = {
    "effect": "effect",
    "low": "from",
    "high": "to",
    "margin": "margin",
    "mde": "detectable",
    "headroom": "headroom",
}


def _in_unit(row: Row, unit: Unit) -> dict[str, str]:
    """Return the effects without their unit, which has a column of its own."""
    return {
        **{f"{key}_shown": words.difference(row[key], unit, sign=True) for key in _EFFECTS},
        "unit_shown": unit.noted,
    }


def agents(study: StudyData) -> Table:
    """One row per agent: how its searches went and what their answers score on fresh seeds."""
    rows = [_agent_row(study, agent) for agent in study.arms if any(key[0] == agent for key in study.summaries)]
    columns = (
        text("agent", "agent"),
        Column("searches", "searches"),
        Column("trials", "trials each", words.number),
        Column("not_trained", "did not train", words.count),
        Column("answers", "answers", words.unbroken, numeric=False),
        *level_columns("score", study.measure),
    )
    note = (
        f"Score: {study.split} {study.measure.label} of a search's answer, trained on fresh seeds but measured on the "
        f"same {study.split} images by which it was chosen. Mean and 95 % t interval over the searches."
        + words.about_twins(study.arms)
        + (" Answers of policies: the schedule that each took when it was scored first." if study.learners else "")
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
        "answers": _counted(_label(study, answer) for answer in found) or None,
        **level_spread("score", tables.scores(found, study.measure), study.measure),
    }


def _label(study: StudyData, answer: Row) -> str:
    """Return what an answer is; of a learned policy, the schedule that it took, since its weights say nothing."""
    taken = answer.get("schedule")
    if not taken:
        return str(answer["label"])
    return study.space.describe({"training": {"schedule": taken}})


def _counted(labels: Iterable[str]) -> str:
    """Return "s = 1.2 (4×), s = 1.3": each label once, with how often it came."""
    counts = sorted(Counter(labels).items())
    between = "; " if any(", " in label for label, _ in counts) else ", "
    return between.join(label if count == 1 else f"{label} ({count}×)" for label, count in counts)


def answers(study: StudyData) -> Table:
    """One row per search: its answer and its score."""
    columns = (
        text("agent", "agent"),
        Column("seed", "search seed"),
        text("label", "answer"),
        Column(f"score_{study.measure.name}", "score", partial(words.level, measure=study.measure)),
        Column("trials", "trials", words.count),
        Column("unique_evaluations", "unique trainings", words.count),
        Column("flops", "FLOPs of the trials", words.flops),
    )
    hidden = ("key", "bit_exact")
    rows = [{**row, "label": _answered(study, row)} for row in study.searches or ()]
    return Table("searches", "search", "The answer of every search", columns, rows, "", hidden, folded=True)


def _answered(study: StudyData, row: Row) -> str | None:
    found = study.summaries.get((row["agent"], row["seed"]), {}).get("answer") or {}
    return _label(study, found) if found.get("schedule") else row["label"]


def slots(study: StudyData) -> Table:
    """One row per best candidate and baseline: how it does on the test set. The grid's slots are with the fidelity.

    Arms that stand in a table of their own are left out.
    """
    rows, name = [], f"test_{study.measure.name}"
    for slot in study.compared:
        found = study.retrained.get(slot.name)
        if found is None or slot.name in study.control.arms:
            continue
        rows.append(_slot(slot.name, slot.kind, found, study.measure))
        members = enumerate(found.get("members", ()), 1)
        rows += [_slot(f"{slot.name}, member {place}", slot.kind, member, study.measure) for place, member in members]
    not_ok = any(row["status"] != "ok" for row in rows)
    hidden = ("kind",) if not_ok else ("kind", "status")
    columns = (
        text("slot", "slot"),
        Column("candidate", "candidate", lambda label: words.unbroken(label) if len(label) < 32 else label, False),
        Column("runs", "runs"),
        *level_columns(name, study.measure),
        Column("parameters", "parameters", words.count),
        Column("flops", "FLOPs of a run", words.flops),
        *([text("status", "status")] if not_ok else []),
    )
    note = (
        "Mean, 95 % t interval and standard deviation over the retraining runs; each measured the test set once. "
        f"Slots that hold the same candidate share their runs.{_matched(study)}"
    )
    return Table("slots", "target", "Best candidates and baselines", columns, rows, note, hidden)


def _slot(name: str, kind: str, found: Row, measure: Measure) -> dict[str, object]:
    """Return the row of a retrained slot, or of a member of one, as a slot of its own would have it."""
    values = tables.tested(found, measure)
    status = "ok" if found["status"] == "ok" else f"empty: {found['reason']}"
    head = {"slot": name, "kind": kind, "candidate": found["label"], "status": status}
    flops = tables.finite(run["flops"] for run in found["runs"])
    counts = {"runs": len(values), "parameters": found["parameters"], "flops": fmean(flops) if flops else None}
    return {**head, **counts, **level_spread(f"test_{measure.name}", values, measure)}


def _matched(study: StudyData) -> str:
    """Return which baselines were built to the size of what an agent found."""
    found = {slot: chosen.get("matched_to") for slot, chosen in study.selected.items()}
    return "".join(f" {slot} was built to the size of {to['slot']}." for slot, to in found.items() if to)


def fidelity_points(study: StudyData) -> Table:
    """One row per grid point measured on proxy and target."""
    measure = study.measure
    rows = [
        {
            **{key: point[key] for key in ("slot", "label")},
            "trained": {True: "yes", False: "no"}.get(point["trained"]),
            "proxy_n": study.selected[point["slot"]]["proxy"]["n"],
            "target_n": len(tables.tested(study.retrained[point["slot"]], measure)),
            **level_spread("proxy", tables.finite(study.selected[point["slot"]]["proxy"]["values"]), measure),
            **level_spread("target", tables.tested(study.retrained[point["slot"]], measure), measure),
        }
        for point in study.fidelity["points"]
    ]
    columns = (
        text("slot", "slot"),
        text("label", "candidate"),
        Column("proxy_n", "proxy runs"),
        *level_columns("proxy", measure),
        Column("target_n", "target runs"),
        *level_columns("target", measure),
        text("trained", "trained on the proxy"),
    )
    what = f"{measure.label.capitalize()} on {study.split} (proxy) and test (target)"
    note = f"{what}: mean, 95 % t interval, standard deviation."
    return Table("fidelity", "fidelity", "The grid on both networks", columns, rows, note, folded=True)
