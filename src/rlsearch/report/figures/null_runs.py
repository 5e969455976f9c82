"""Signs of "learning" in searches where there was nothing to learn, with the real searches marked among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlsearch.evidence import tables
from rlsearch.report.plotting import progress, style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

TITLE = "The same signs without anything to learn"
SECTION = "controls"
ORDER = 50


def applies(study: StudyData) -> bool:
    """Tell whether null runs of an agent that learns exist."""
    return bool(_agents(study))


def sign(study: StudyData) -> str:
    """Return the number that says how far a search has settled: a spread on a scale, or how much it repeats itself."""
    return "last_sd" if study.decision is not None else "distinct_share"


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return one panel per agent: how widely it still samples in its last quarter, null and real."""
    agents, name = _agents(study), sign(study)
    columns = layout.columns // 2
    figure, panels = style.panels(layout, len(agents), height=2.2, columns=columns, sharex=True, sharey=True)
    # The same bins in every panel, so that their heights can be compared.
    bins: list[float] = np.linspace(0.0, max(_largest(study, agent) for agent in agents) * 1.02, 25).tolist()
    for agent, axes in zip(agents, panels, strict=True):
        _histograms(axes, study.controls[agent], name, bins)
        for value in real_spread(study, agent):
            axes.axvline(value, ymax=0.16, color=style.colour(study.place(agent)), linewidth=2.2)
        axes.set_title(agent)
    panels[0].plot([], [], color=style.colour(study.place(agents[0])), linewidth=2.2, label="real searches")
    handles = panels[0].get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside upper left", ncols=3 if layout is style.WIDE else 1)
    figure.supxlabel(f"{_quantity(study)} in the last quarter")
    figure.supylabel("null runs")
    return figure


def _agents(study: StudyData) -> list[str]:
    learning = [agent for agent in study.agents if study.controls.get(agent, {}).get("learns")]
    return [agent for agent in learning if study.controls[agent]["null_constant"]]


def _quantity(study: StudyData) -> str:
    return f"sd of {study.decision.name}" if study.decision else "share of distinct candidates"


def real_spread(study: StudyData, agent: str) -> list[float]:
    """Return how far each real search had settled in its last quarter (see `sign`)."""
    return tables.finite(search[sign(study)] for search in study.signs[agent]["searches"])


def _largest(study: StudyData, agent: str) -> float:
    return float(max([*_null(study, agent), *real_spread(study, agent)]))


def _null(study: StudyData, agent: str) -> list[float]:
    control, name = study.controls[agent], sign(study)
    return tables.finite([*control["null_constant"][name], *control["null_heteroscedastic"][name]])


def _histograms(axes: Axes, control: Mapping[str, Any], name: str, bins: list[float]) -> None:
    axes.hist(control["null_constant"][name], bins, color=style.MUTED, alpha=0.35, label="null: constant noise")
    axes.hist(
        control["null_heteroscedastic"][name], bins, color=style.INK, histtype="step", linewidth=1.1,
        label="null: noise depends on the action",
    )  # fmt: skip


def caption(study: StudyData) -> str:
    """Return n and what a null run is."""
    control = study.controls[_agents(study)[0]]
    cut = progress.cut(study, _agents(study), control["prefix"])
    return (
        f"{control['runs']} simulated searches of each kind, {cut}, with a reward "
        f"that does not depend on the choice (noise as measured: sd {control['noise']['pooled_sd']:.3g}). Coloured "
        "ticks: the real searches. A real search tells something only where null runs are rare."
        f"{_about_one_value(study)}"
    )


def _about_one_value(study: StudyData) -> str:
    """Return that the sign says nothing of agents whose searches all show the same, such as those that repeat none."""
    found = {agent: [*real_spread(study, agent), *_null(study, agent)] for agent in _agents(study)}
    same = [agent for agent, values in found.items() if len(values) > 1 and len(set(values)) == 1]
    return f" {', '.join(same)}: all searches show one value, so that this sign says nothing of them." if same else ""


def alt(study: StudyData) -> str:
    """Return medians of null and real runs."""
    parts = []
    for agent in _agents(study):
        real = real_spread(study, agent)
        null = float(np.median(study.controls[agent]["null_constant"][sign(study)]))
        parts.append(f"{agent}: null {null:.2f}, real {np.median(real):.2f}" if real else f"{agent}: null {null:.2f}")
    return f"Median of the {_quantity(study)} in the last quarter. {'; '.join(parts)}."
