"""What the searches cost: proposals, trainings that were paid for, and floating-point operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from rlsearch.config.twins import is_twin
from rlsearch.report import cost, words
from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Compute of an average search"
SECTION = "cost"
ORDER = 60


def applies(study: StudyData) -> bool:
    """Tell whether a search has finished."""
    return bool(study.summaries)


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return three panels, one row per agent; FLOPs are split by what they were spent on."""
    spent = cost.by_agent(study)
    columns = 3 if layout is style.WIDE else 1
    figure, panels = style.panels(layout, 3, height=0.3 * len(spent) + 0.75, columns=columns, sharey=True)
    titles = ("proposals", cost.unique_name(study), "FLOPs")
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title)
        axes.set_yticks(range(len(spent)), list(spent))
        axes.set_ylim(len(spent) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        axes.locator_params(axis="x", nbins=4)
    # The title of the panel names the unit, once.
    panels[2].xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.flops(value).removesuffix("FLOP").strip()))
    for row, (agent, value) in enumerate(spent.items()):
        colour = style.colour(study.place(agent))
        look: dict[str, Any] = {
            "height": 0.6,
            "color": colour,
            "edgecolor": style.PAPER,
            "hatch": "///" if is_twin(agent) else None,
        }
        panels[0].barh(row, value.proposals, linewidth=0, **look)
        panels[1].barh(row, value.unique, linewidth=0, **look)
        _stack(panels[2], row, value, look)
    return figure


def _stack(axes: Axes, row: int, value: cost.Cost, look: Mapping[str, Any]) -> None:
    parts = ((value.search_flops, 1.0), (value.finalist_flops, 0.55), (value.score_flops, 0.25))
    left = 0.0
    for flops, alpha in parts:
        axes.barh(row, flops, left=left, alpha=alpha, linewidth=0, **look)
        left += flops


def caption(study: StudyData) -> str:
    """Return n and what the shades are."""
    searches = words.between_counts([value.searches for value in cost.by_agent(study).values()], "search", "searches")
    return (
        f"Mean over {searches} per agent. FLOPs, from strong to pale: the trials, training the finalists again, and "
        "scoring the answer (a measurement, outside the search's budget). Hatched: never-updated twins."
        + (" Retraining is in the table." if study.retrained else "")
    )


def alt(study: StudyData) -> str:
    """Return the trainings and FLOPs of each agent."""
    parts = [
        f"{agent} {value.unique:.0f} {cost.unique_name(study)}, {value.search_flops + value.finalist_flops:.2e} FLOPs"
        for agent, value in cost.by_agent(study).items()
    ]
    return f"Mean cost of a search: {'; '.join(parts)}."
