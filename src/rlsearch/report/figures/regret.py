"""How far from the best network of the space each agent's choice is, over the share of the budget it has spent."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report import regret, repetitions, words
from rlsearch.report.figures import lines, style
from rlsearch.report.figures.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Regret over the budget"
SECTION = "table"
ORDER = 22


def applies(study: StudyData) -> bool:
    """Tell whether the regret of repeated searches is known."""
    return bool(study.regret)


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a panel for accuracy and one for cross-entropy, a line per agent; both start at 0, the best network."""
    wide = layout is style.WIDE
    figure, panels = style.panels(layout, len(regret.METRICS), height=3.0 if wide else 2.5, columns=2 if wide else 1)
    for (metric, unit), axes in zip(regret.METRICS.items(), panels, strict=True):
        lines.draw(axes, study, regret.curves(study, metric), factor=100 if metric == "accuracy" else 1)
        axes.set_title(f"in {metric.replace('_', '-')}")
        axes.set_ylabel(f"regret ({unit})")
        axes.set_xlabel("share of the budget (%)")
        axes.set_ylim(bottom=0)
    lines.legend(figure, panels[0], layout)
    return figure


def caption(study: StudyData) -> str:
    """Return what regret is, n, and what the bands are."""
    return (
        "Regret: mean test value of the best network of the space, less that of the network that the search held to be "
        "the best so far, over the trainings that the search did not see. Lines and bands: mean and 95 % t interval of "
        f"{repetitions.runs(study)} searches of each agent at the same budget of FLOPs. The curve stops before the "
        "finalists are trained again; for what the answers are worth after that, see the table."
    )


def alt(study: StudyData) -> str:
    """Return each agent's regret at the end of the budget."""
    parts = [
        f"{agent} {words.effect(float(band.mean[-1]), 'accuracy', sign=False)}"
        for agent, band in regret.curves(study, "accuracy").items()
    ]
    return f"Mean regret in accuracy when the budget is spent: {'; '.join(parts)}."
