"""One search with nothing to find beside one real search: could you tell them apart?"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from rlsearch.report.plotting import progress, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "Could you tell a real search from one with nothing to find?"
SECTION = "controls"
ORDER = 51


def applies(study: StudyData) -> bool:
    """Tell whether an agent that learns has a null run to show."""
    return study.decision is not None and bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a row per agent: a simulated null run, permuted labels, and the first real search."""
    assert study.decision is not None
    rows = [(agent, title, values) for agent in _agents(study) for title, values in _runs(study, agent)]
    columns = len(_runs(study, _agents(study)[0])) if layout is style.WIDE else 1
    height = 1.7 if layout is style.WIDE else 1.4
    figure, panels = style.panels(layout, len(rows), height=height, columns=columns, sharey=True)
    for (agent, title, values), axes in zip(rows, panels, strict=True):
        colour = style.colour(study.place(agent)) if title.startswith("real") else style.MUTED
        axes.plot(range(1, len(values) + 1), values, "o", markersize=3.0, markeredgewidth=0, color=colour)
        end = max(progress.ends(study, [agent]), default=study.controls[agent]["prefix"])
        if len(values) > end:
            axes.axvline(end, color=style.MUTED, linestyle="--", linewidth=1.0)
        axes.set_title(f"{agent}\n{title}", fontsize=8)
        room = 0.04 * (study.decision.high - study.decision.low)
        axes.set_ylim(study.decision.low - room, study.decision.high + room)
        style.integer_ticks(axes, count=4)
    figure.supxlabel("trial")
    figure.supylabel(study.decision.name)
    return figure


def _agents(study: StudyData) -> list[str]:
    learning = [agent for agent in study.agents if study.controls.get(agent, {}).get("learns")]
    return [agent for agent in learning if study.controls[agent]["null_constant"]]


def _runs(study: StudyData, agent: str) -> list[tuple[str, Sequence[float]]]:
    control = study.controls[agent]
    runs: list[tuple[str, Sequence[float]]] = [("nothing to find (simulated)", control["null_constant"]["example"])]
    if control.get("permuted_labels"):
        runs.append(("nothing to find (permuted labels)", control["permuted_labels"]["actions"]))
    if agent in progress.agents_with(study, "action"):
        table = progress.table(study, agent, "action")
        runs.append((f"real search, seed {int(table.columns[0])}", table.iloc[:, 0].dropna().tolist()))
    return runs


def caption(study: StudyData) -> str:
    """Return what each column is."""
    episodes = study.controls[_agents(study)[0]]["episodes"]
    return (
        f"Grey: the first simulated null run ({episodes} episodes) and, where it was run, one search on real children "
        "whose training labels were permuted. Dashed: where the agent's longest real search ends. Colour: the first "
        "real search. One run each, for the eye only; the distributions are in the figure above."
    )


def alt(study: StudyData) -> str:
    """Return how many samples each panel has."""
    names = ", ".join(_agents(study))
    return f"Sampled values over the trials for {names}: null runs beside the first real search."
