"""Signs of "learning" in searches where there was nothing to learn, with the real searches marked among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.evidence import tables
from rlsearch.report.figures import style
from rlsearch.report.figures.style import Layout
from rlsearch.report.study import StudyData

TITLE = "The same signs without anything to learn"
SECTION = "controls"
ORDER = 50


def applies(study: StudyData) -> bool:
    """Tell whether null runs of an agent that learns exist for a continuous decision."""
    return study.decision is not None and bool(_agents(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: how widely it still samples in its last quarter, null and real."""
    agents = _agents(study)
    columns = layout.columns // 2
    figure, panels = style.panels(layout, len(agents), height=2.2, columns=columns, sharex=True, sharey=True)
    bins: list[float] = np.linspace(0.0, max(_largest(study, agent) for agent in agents) * 1.02, 25).tolist()
    for agent, axes in zip(agents, panels, strict=True):
        _histograms(axes, study.controls[agent], bins)
        for value in real_spread(study, agent):
            axes.axvline(value, ymax=0.16, color=style.colour(study.agents.index(agent)), linewidth=2.2)
        axes.set_title(agent)
    panels[0].plot([], [], color=style.colour(study.agents.index(agents[0])), linewidth=2.2, label="real searches")
    handles = panels[0].get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside upper left", ncols=3 if layout is style.WIDE else 1)
    figure.supxlabel(f"sd of {study.decision.name} in the last quarter" if study.decision else "")
    figure.supylabel("null runs")
    return figure


def _agents(study: StudyData) -> list[str]:
    return [agent for agent in study.agents if study.controls.get(agent, {}).get("learns")]


def real_spread(study: StudyData, agent: str) -> list[float]:
    """Return the standard deviation of the last quarter of each real search's actions."""
    return tables.finite(search["last_sd"] for search in study.signs[agent]["searches"])


def _largest(study: StudyData, agent: str) -> float:
    control = study.controls[agent]
    nulls = tables.finite([*control["null_constant"]["last_sd"], *control["null_heteroscedastic"]["last_sd"]])
    return float(max([*nulls, *real_spread(study, agent)]))


def _histograms(axes: Axes, control: Mapping[str, Any], bins: list[float]) -> None:
    axes.hist(control["null_constant"]["last_sd"], bins, color=style.MUTED, alpha=0.35, label="null: constant noise")
    axes.hist(
        control["null_heteroscedastic"]["last_sd"], bins, color=style.INK, histtype="step", linewidth=1.1,
        label="null: noise depends on the action",
    )  # fmt: skip


def caption(study: StudyData) -> str:
    """Return n and what a null run is."""
    control = study.controls[_agents(study)[0]]
    length = control["prefix"]
    return (
        f"{control['runs']} simulated searches of each kind, cut at the real searches' {length} trials, with a reward "
        f"that does not depend on the choice (noise as measured: sd {control['noise']['pooled_sd']:.3g}). Coloured "
        "ticks: the real searches. A real search tells something only where null runs are rare."
    )


def alt(study: StudyData) -> str:
    """Return medians of null and real runs."""
    parts = []
    for agent in _agents(study):
        real = real_spread(study, agent)
        null = float(np.median(study.controls[agent]["null_constant"]["last_sd"]))
        parts.append(f"{agent}: null {null:.2f}, real {np.median(real):.2f}" if real else f"{agent}: null {null:.2f}")
    return f"Median spread of the last quarter of samples. {'; '.join(parts)}."
