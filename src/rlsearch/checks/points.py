"""What proxy and target are compared over: a grid's points or a sample of what searches trained."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.config import artefacts
from rlsearch.config.faults import Fault, KeyPath, unknown_name
from rlsearch.config.models import StudySettings
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Space


def fidelity(study: StudySettings) -> Iterator[Fault]:
    """Yield a grid that is none, and a sample that cannot be drawn."""
    if study.fidelity is None:
        return
    if study.fidelity.agent is not None:
        yield from _grid(study, study.fidelity.agent)
    if study.fidelity.sample is not None:
        yield from _sample(study, study.fidelity.sample)


def _grid(study: StudySettings, name: str) -> Iterator[Fault]:
    grids = [label for label, settings in study.agents.items() if getattr(settings, "points", 0)]
    if name not in study.agents:
        yield Fault(("fidelity", "agent"), unknown_name("agent in this study", name, grids), name)
    elif name not in grids:
        problem = (
            f"must be an agent with `points`, such as a grid; here: {', '.join(grids) or 'none'} (without a grid, "
            "`fidelity: {sample: 8}` compares over networks that the searches trained)"
        )
        yield Fault(("fidelity", "agent"), problem, name)


def _sample(study: StudySettings, count: int) -> Iterator[Fault]:
    if artefacts.closed_loop(study):
        problem = (
            f"is for networks that are trained as a whole, and candidates of {study.space.type} are answered step by "
            "step: set `fidelity` to null"
        )
        yield Fault(("fidelity", "sample"), problem, count)
    elif study.surrogate is None:  # else there is no such comparison, whatever the number (`checks.surrogates`)
        yield from enough_candidates(space_of(study.space), count, ("fidelity", "sample"))


def enough_candidates(space: Space, wanted: int, path: KeyPath) -> Iterator[Fault]:
    """Yield a fault where a space has fewer different candidates than are wanted: some would be the same one."""
    size = space.different
    if size is not None and wanted > size:
        yield Fault(path, f"must be at most {size}: the space has no more different candidates", wanted)
