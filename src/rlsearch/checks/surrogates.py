"""A study and its surrogate: is there such a function on its space, and can searches be repeated on it?"""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.config import plugins
from rlsearch.config.faults import NOTHING, Fault
from rlsearch.config.models import StudySettings
from rlsearch.spaces._making import space_of
from rlsearch.spaces.closed_loop import ClosedLoop
from rlsearch.surrogates.base import Surrogate, of_choices


def surrogate(study: StudySettings) -> Iterator[Fault]:
    """Return the faults of a study whose children a surrogate answers for."""
    if study.surrogate is None:
        return
    space = space_of(study.space)
    name = study.surrogate.name
    kind: type[Surrogate] = plugins.load("surrogates", name).SURROGATE
    # One fault at a time: each of these questions presumes the answers before it.
    if isinstance(space, ClosedLoop):
        problem = f"a surrogate answers for whole candidates, and those of {study.space.type} are answered step by step"
        yield Fault(("evaluator", "type"), problem, "surrogate")
    elif not kind.supports(space):
        fits = f": it takes {kind.takes}" if kind.takes else ""
        problem = f"surrogate {name} is no function of the space {study.space.type} with these settings{fits}"
        yield Fault(("evaluator", "name"), problem, name)
    elif study.controls.repetitions is not None and not of_choices(space):
        yield Fault(("controls", "repetitions"), "needs a space of choices alone; null leaves it out")
    else:
        yield from _nothing_trained(study)
        yield from _unlike(study, name)


def _unlike(study: StudySettings, name: str) -> Iterator[Fault]:
    """Yield a comparison of proxy and target where the two are measured otherwise."""
    mine, its = study.measure, study.target_measure
    if study.fidelity is not None and mine != its:
        problem = (
            f"must be null: it compares levels of one measure; {name} gives {mine.label}, and the target {its.label}"
        )
        yield Fault(("fidelity",), problem)


def _nothing_trained(study: StudySettings) -> Iterator[Fault]:
    """Yield what only a training of the search's children could heed."""
    for key in ("patience", "restart", "record"):
        if value := getattr(study.proxy, key, None):
            problem = "must be left out: a surrogate answers in place of training"
            yield Fault(("proxy", key), problem, value if key == "patience" else NOTHING)
