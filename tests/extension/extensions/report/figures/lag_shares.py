"""At which of the last glyphs the networks looked that each agent proposed."""

from __future__ import annotations

from matplotlib.figure import Figure

from rlsearch.report.plotting import style
from rlsearch.report.plotting.style import Layout
from rlsearch.report.study import StudyData

from ...spaces.lag_choice import LagChoice

TITLE = "Where the proposed readers looked"
SECTION = "search"
ORDER = 15


def applies(study: StudyData) -> bool:
    """Tell whether readers of lags were proposed."""
    return bool(_shares(study))


def draw(study: StudyData, layout: Layout) -> Figure:
    """Return a group of bars per lag, one bar per agent."""
    shares = _shares(study)
    figure, [axes] = style.panels(layout, 1, height=2.2)
    width = 0.8 / len(shares)
    for place, (agent, found) in enumerate(shares.items()):
        across = [lag + (place - (len(shares) - 1) / 2) * width for lag in found]
        axes.bar(across, list(found.values()), width, color=style.colour(study.place(agent)), label=agent)
    axes.set_xlabel("lag")
    axes.set_ylabel("share of the trials (%)")
    style.integer_ticks(axes)
    figure.legend(loc="outside upper left", ncols=len(shares))
    return figure


def _shares(study: StudyData) -> dict[str, dict[int, float]]:
    """Return for each agent the per cent of its trials that look at each lag; nothing in other spaces."""
    space = study.space
    if not isinstance(space, LagChoice):
        return {}
    found: dict[str, dict[int, float]] = {}
    for agent in study.agents:
        trials = [trial for ledger in study.ledgers_of(agent) for trial in ledger]
        seen = [space.decode(tuple(trial["actions"]))["network"]["lags"] for trial in trials]
        if seen:
            found[agent] = {lag: 100 * sum(lag in one for one in seen) / len(seen) for lag in space.settings.lags}
    return found


def caption(study: StudyData) -> str:
    """Return n."""
    return f"Trials of all {study.settings.search.seeds} searches of each agent; a reader may look at two lags."


def alt(study: StudyData) -> str:
    """Return the lag at which each agent looked most."""
    parts = [f"{agent} {max(found, key=lambda lag: found[lag])}" for agent, found in _shares(study).items()]
    return f"The lag that most trials look at: {'; '.join(parts)}."
