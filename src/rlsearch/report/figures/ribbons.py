"""Which optimizer trained which epoch: one thin ribbon for every retraining run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rlsearch.config.artefacts import Slot
from rlsearch.report import words
from rlsearch.report.plotting import looks, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Which optimizer at which epoch"
SECTION = "target"
ORDER = 28
INCHES = 0.075
"""Height of one ribbon; between two slots, and above a group's first slot, this many ribbons are left free:"""
GAP, HEAD = 1.3, 2.6


def applies(study: StudyData) -> bool:
    """Tell whether runs were retrained in which an optimizer could be chosen."""
    return study.closed_loop and bool(_groups(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return ribbons by slot, policies first, then schedules, then baselines; the colour is the optimizer."""
    colours = looks.optimizers(study)
    rows, ticks, heads = _places(study)
    figure, [axes] = style.panels(layout, 1, height=INCHES * (rows + 2) + 0.55)
    longest = 0
    for slot, places in ticks:
        for place, run in zip(places, study.trained[slot.name].runs, strict=True):
            longest = max(longest, len(run.optimizers))
            _ribbon(axes, place, run.optimizers, colours)
    for title, place in heads:
        axes.text(0, place, title, fontsize=8, fontweight="bold", va="bottom")
    axes.set_yticks([sum(places) / len(places) for _, places in ticks], [slot.name for slot, _ in ticks])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(rows + 0.3, 0)
    axes.set_xlim(0, longest)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("epoch")
    style.integer_ticks(axes, count=8)
    handles = [Patch(color=colour, label=label) for label, colour in colours.items()]
    figure.legend(handles=handles, loc="outside upper right", ncols=6 if layout is style.WIDE else 3)
    return figure


def _groups(study: StudyData) -> list[tuple[str, list[Slot]]]:
    trained = [slot for slot in study.compared if study.trained.get(slot.name)]
    learned = [slot for slot in trained if study.follows_policy(slot)]
    fixed = [slot for slot in trained if slot.role == "reference"]
    chosen = [slot for slot in trained if slot not in learned and slot not in fixed]
    named = [("learned policies, frozen", learned), ("schedules that a search chose", chosen), ("baselines", fixed)]
    return [(title, slots) for title, slots in named if slots]


def _places(study: StudyData) -> tuple[float, list[tuple[Slot, list[float]]], list[tuple[str, float]]]:
    """Return the height in ribbons, where each slot's ribbons lie, and where each group's title is."""
    at, places, heads = 0.0, [], []
    for title, slots in _groups(study):
        # Counted in ribbons from the top, so that one height in inches serves any number of runs.
        at += HEAD
        heads.append((title, at - 0.5))
        for slot in slots:
            count = len(study.trained[slot.name].runs)
            places.append((slot, [at + number + 0.5 for number in range(count)]))
            at += count + GAP
    return at, places, heads


def _ribbon(axes: Axes, place: float, labels: Sequence[str], colours: dict[str, str]) -> None:
    start = 0
    for label, stretch in groupby(labels):
        width = len(list(stretch))
        axes.barh(place, width, left=start, height=0.86, color=colours[label], linewidth=0)
        start += width


def caption(study: StudyData) -> str:
    """Return n and what a ribbon is."""
    arms = [study.trained[slot.name] for _, slots in _groups(study) for slot in slots]
    runs = words.between_counts([len(arm.runs) for arm in arms], "retraining run", "retraining runs")
    return (
        f"One ribbon for each of {runs} of a slot; the colour is the optimizer that trained the epoch. A frozen policy "
        "observes its own run, so its ribbons may differ; schedule-… is what such a policy chose in its best search, "
        "followed without observing anything. A ribbon that ends early is a run that was stopped early or diverged."
    )


def alt(study: StudyData) -> str:
    """Return the share of epochs of each optimizer by slot."""
    parts = []
    for slot in (slot for _, slots in _groups(study) for slot in slots):
        labels = [label for run in study.trained[slot.name].runs for label in run.optimizers]
        shares = ", ".join(
            f"{label} {100 * labels.count(label) / len(labels):.0f} %"
            for label in looks.optimizers(study)
            if label in labels
        )
        parts.append(f"{slot.name}: {shares or 'no epoch'}")
    return f"Share of the epochs by optimizer. {'; '.join(parts)}."
