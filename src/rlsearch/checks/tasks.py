"""Proxy and target of a study: which of them may be null, and what a study that retrains nothing must leave out."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.config.faults import Fault
from rlsearch.config.models import Params, StudySettings


def lacking(params: Params) -> Iterator[Fault]:
    """Yield sections that are null where others need them, or that belong to one that is null."""
    for name, study in params.studies.items():
        if study.proxy is None and study.surrogate is None:
            problem = "must be a section of keys: children are trained on it; only a surrogate can do without"
            yield Fault(("studies", name, "proxy"), problem, None)
        if study.target is None and study.retrain is not None:
            problem = "must be null, since `target` is: nothing is retrained"
            yield Fault(("studies", name, "retrain"), problem)
        if study.target is not None and study.retrain is None:
            problem = "must be a section of keys, such as {seeds: 5}; to retrain nothing, set `target` to null as well"
            yield Fault(("studies", name, "retrain"), problem, None)


def nothing_retrained(study: StudySettings) -> Iterator[Fault]:
    """Yield what compares retrained networks, in a study that retrains none."""
    if study.target is not None:
        return
    why = "nothing is retrained, since `target` is null: "
    if study.baselines:
        yield Fault(("baselines",), f"{why}must be []", list(study.baselines))
    if study.fidelity is not None:
        yield Fault(("fidelity",), f"{why}must be null")
