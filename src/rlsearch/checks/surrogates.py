"""A study and its surrogate: is there such a function on its space, and can searches be repeated on it?"""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.config import plugins
from rlsearch.config.faults import NOTHING, Fault
from rlsearch.config.models import StudySettings
from rlsearch.spaces._making import space_of
from rlsearch.spaces.closed_loop import ClosedLoop
from rlsearch.surrogates.base import MOST, Surrogate, enumerable


def surrogate(study: StudySettings) -> Iterator[Fault]:
    """Return the faults of a study whose children a surrogate answers for."""
    if study.surrogate is None:
        return
    space = space_of(study.space)
    name = study.surrogate.name
    kind: type[Surrogate] = plugins.load("surrogates", name).SURROGATE
    # One fault at a time: each of these questions presumes the answers before it.
    if kind.measure != study.measure:
        problem = f"surrogate {name} gives {kind.measure.label}; the study asks for {study.measure.label}"
        yield Fault(("evaluator", "name"), problem, name)
    elif isinstance(space, ClosedLoop):
        problem = f"a surrogate answers for whole candidates, and those of {study.space.type} are answered step by step"
        yield Fault(("evaluator", "type"), problem, "surrogate")
    elif not kind.supports(space):
        problem = f"surrogate {name} is no function of the space {study.space.type} with these settings"
        yield Fault(("evaluator", "name"), problem, name)
    elif study.controls.repetitions is not None and not enumerable(space):
        problem = f"needs a space of choices alone, of at most {MOST:,} sequences; null leaves it out"
        yield Fault(("controls", "repetitions"), problem)
    else:
        yield from _nothing_trained(study)


def _nothing_trained(study: StudySettings) -> Iterator[Fault]:
    """Yield what only a training of the search's children could heed."""
    for key in ("patience", "restart", "record"):
        if value := getattr(study.proxy, key):
            problem = "must be left out: a surrogate answers in place of training"
            yield Fault(("proxy", key), problem, value if key == "patience" else NOTHING)
