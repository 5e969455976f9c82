"""Every arm as a source's table has them: accuracy, macro F1, precision and recall on the test set."""

from __future__ import annotations

from rlsearch.evidence import class_balance, tables
from rlsearch.measures import ACCURACY
from rlsearch.report import words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, level_spread, spread, text
from rlsearch.report.tables._arms import arms_of
from rlsearch.statistics.intervals import SHARE

SECTION = "target"
ORDER = 32
CLASS_METRICS = {
    "macro_f1": "macro F1 (%)", "macro_precision": "macro precision (%)", "macro_recall": "macro recall (%)",
}  # fmt: skip
"""What a classifier does beside its accuracy."""
SHORT = 32
"""Candidates of fewer letters stay on one line."""


def table(study: StudyData) -> Table:
    """One row per arm, as the source's table has them: accuracy, macro F1, precision and recall on the test set."""
    rows, measure = [], study.target_measure
    others = CLASS_METRICS if measure == ACCURACY else {}
    titles = {measure.name: f"test {measure.axis}", **others}
    for slot, arm in arms_of(study):
        levels = tables.levels(arm.tested(measure.metric), measure)
        raw = level_spread(measure.name, levels, measure)
        raw |= {key: number for name in others for key, number in spread(name, arm.tested(name), SHARE).items()}
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
    return Table("Every arm on the test set", columns, rows, note, (*hidden, "parameters"))


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
    if min(counts) < max(counts):
        return (
            f"The test set has {min(counts)} to {max(counts)} images of a class, so that macro recall and accuracy may "
            "differ a little; with equally many they would be the same number."
        )
    pairs = [(run.test.get("accuracy"), run.test.get("macro_recall")) for _, arm in arms_of(study) for run in arm.runs]
    # Our own numbers are not printed with few digits, so nothing is allowed for rounding to them.
    wrong = sum(class_balance.breaks(accuracy, recall, digits=None) for accuracy, recall in pairs)
    outcome = "and does so in every run" if not wrong else f"but does not in {wrong} of {len(pairs)} runs"
    return f"The test set has equally many images of each class, so macro recall must equal accuracy, {outcome}."
