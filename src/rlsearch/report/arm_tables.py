"""The tables of arms: what each reaches on the test set, when it converges, what it costs, and its seconds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from rlsearch.config.artefacts import Slot
from rlsearch.evidence import class_balance, convergence, tables
from rlsearch.evidence.convergence import Arm, Middle
from rlsearch.measures import ACCURACY
from rlsearch.report import cost, words
from rlsearch.report.figures import cost_accuracy
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_spread, spread, text
from rlsearch.statistics.intervals import POSITIVE, SHARE

CLASS_METRICS = {
    "macro_f1": "macro F1 (%)", "macro_precision": "macro precision (%)", "macro_recall": "macro recall (%)",
}  # fmt: skip
"""What a classifier does beside its accuracy."""
SHORT = 32
"""Candidates of fewer letters stay on one line."""


def _arms(study: StudyData) -> list[tuple[Slot, Arm]]:
    return [(slot, study.control.arms[slot.name]) for slot in study.compared if slot.name in study.control.arms]


def arms(study: StudyData) -> Table:
    """One row per arm, as the source's table has them: accuracy, macro F1, precision and recall on the test set."""
    rows, measure = [], study.measure
    others = CLASS_METRICS if measure == ACCURACY else {}
    titles = {measure.name: f"test {measure.axis}", **others}
    for slot, arm in _arms(study):
        levels = tables.levels(arm.tested(measure.metric), measure)
        raw = level_spread(measure.name, levels, measure)
        raw |= {key: one for name in others for key, one in spread(name, arm.tested(name), SHARE).items()}
        shown = {f"{name}_shown": _percent(raw, name, 100 if name in others else measure.factor) for name in titles}
        parameters = study.retrained[slot.name]["parameters"]
        policy = study.follows_policy(slot)
        label = "learned policy" if policy else study.label(slot)
        head = {"slot": slot.name, "candidate": label, "runs": len(levels)}
        rows.append({**head, **raw, **shown, "parameters": parameters})
    columns = (
        text("slot", "arm"),
        Column("candidate", "candidate", lambda label: words.unbroken(label) if len(label) < SHORT else label, False),
        Column("runs", "runs"),
        *(Column(f"{name}_shown", title) for name, title in titles.items()),
    )
    hidden = [f"{name}{end}" for name in titles for end in ("", "_low", "_high", "_sd")]
    note = (
        "Mean and 95 % t interval over the retraining runs; each measured the test set once, with the network that "
        f"the run left.{f' Macro: the plain mean over classes. {_balance(study)}' if others else ''}"
    )
    return Table("arms", "target", "Every arm on the test set", columns, rows, note, (*hidden, "parameters"))


def _percent(raw: Row, name: str, factor: float) -> str | None:
    """Return "97.22 (96.8–97.6)"."""
    if raw[name] is None:
        return None
    ends = (raw[f"{name}_low"], raw[f"{name}_high"])
    low, high = (None if end is None else f"{factor * end:.1f}" for end in ends)
    return words.minus(f"{factor * raw[name]:.2f}" + (f" ({low}–{high})" if low else ""))


def _balance(study: StudyData) -> str:
    """Return whether macro recall is the accuracy, as it has to be where all classes have equally many test images."""
    manifest = study.manifest
    if manifest is None:
        return ""
    counts = manifest["class_counts"]["test"]
    if not class_balance.balanced(counts):
        return (
            f"The test set has {min(counts)} to {max(counts)} images of a class, so that macro recall and accuracy may "
            "differ a little; with equally many they would be the same number."
        )
    pairs = [(run.test.get("accuracy"), run.test.get("macro_recall")) for _, arm in _arms(study) for run in arm.runs]
    wrong = sum(class_balance.breaks(accuracy, recall, digits=None) for accuracy, recall in pairs)
    found = "and does so in every run" if not wrong else f"but does not in {wrong} of {len(pairs)} runs"
    return f"The test set has equally many images of each class, so macro recall must equal accuracy, {found}."


def effort(study: StudyData) -> Table:
    """One row per arm: cost of a run, epochs to convergence, cost to the target, and the cost of its search."""
    target = study.control.target
    spent, front = cost.by_agent(study), cost_accuracy.front(study)
    rows = []
    for slot, arm in _arms(study):
        late = convergence.middle([run.converged for run in arm.runs])
        there = convergence.middle([None if target is None else run.reached(target) for run in arm.runs])
        search = spent.get(slot.source) if slot.role != "reference" else None
        paid = None if search is None else (search.search_flops + search.finalist_flops) / arm.plain
        rows.append(
            {
                "slot": slot.name,
                **spread("cost", arm.costs, POSITIVE),
                **_middle("converged", late),
                **_middle("target", there),
                "search_cost": paid,
                "front": "yes" if slot.name in front else None,
            }
        )
    columns = (
        text("slot", "arm"),
        Column("cost", "cost of a run", words.number),
        Column("cost_low", "from", words.number),
        Column("cost_high", "to", words.number),
        Column("converged_shown", "epochs to convergence"),
        Column("target_shown", "cost to the target"),
        Column("search_cost", "cost of a search", words.number),
        text("front", "on the Pareto front"),
    )
    hidden = [f"{key}{end}" for key in ("converged", "target") for end in ("", "_low", "_high", "_reached")]
    measure = study.measure
    near = f"{measure.scaled(convergence.NEAR):g} {measure.unit}"
    note = (
        "Costs are in epochs of plain SGD on the target network (FLOPs over those of such an epoch): of a run, mean "
        "and 95 % t interval. Epochs to convergence: end of the first step from which on the validation "
        f"{measure.label} stays within {near} of the best that the run reaches. Cost to the target: at the end of the "
        f"first step with a validation {measure.label} of {words.level(target, measure, 1)}, which is "
        f"{100 * convergence.SHARE:g} % of the best arm's mean at the end. Both: median and range over the runs; one "
        "that never gets there counts as infinitely late. Cost of a search: of one, trials and finalists; what is "
        f"retrained is the best of {study.settings.search.seeds}."
    )
    return Table("effort", "target", "Convergence and cost of every arm", columns, rows, note, hidden)


def _middle(name: str, found: Middle) -> dict[str, Any]:
    numbers = {name: found.median, f"{name}_low": found.low, f"{name}_high": found.high}
    return {**numbers, f"{name}_reached": found.reached, f"{name}_shown": _shown(found)}


def _shown(found: Middle) -> str | None:
    """Return "12 (10–14)", "12 (10–never), 2 of 3 runs" or "never"."""
    if not found.runs:
        return None
    if not found.reached:
        return "never"
    middle, low, high = ("never" if one is None else words.number(one) for one in (found.median, found.low, found.high))
    missing = f", {found.reached} of {found.runs} runs" if found.reached < found.runs else ""
    return (middle if low == high else f"{middle} ({low}–{high})") + missing


def seconds(study: StudyData) -> Table:
    """One row per arm: wall-clock time of a run, which no conclusion rests on."""
    rows: list[Row] = []
    for slot, arm in _arms(study):
        found = _seconds(study, slot.name)
        epochs = fmean(len(run.optimizers) for run in arm.runs)
        if found and epochs:
            rows.append(
                {"slot": slot.name, "seconds": fmean(found), "epoch": fmean(found) / epochs, "runs": len(found)}
            )
    columns = (
        text("slot", "arm"),
        Column("runs", "runs trained here"),
        Column("seconds", "seconds of a run", words.number),
        Column("epoch", "of an epoch", words.number),
    )
    note = "For information: means of runs trained here, without those from the store. They differ from run to run."
    return Table("arm-seconds", "target", "Seconds of every arm", columns, rows, note, folded=True)


def _seconds(study: StudyData, slot: str) -> Sequence[float]:
    times = study.times
    chosen = (times["phase"] == "retrain") & (times["name"] == slot) & (times["cached"] == 0)
    return [float(value) for value in times[chosen]["seconds"]]


MAKERS = (arms, effort, seconds)
