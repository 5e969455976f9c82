"""A planted optimum as a benchmark: one best candidate, a stated effect, and a known slope towards it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rlsearch.config.base import Number, Positive
from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.errors import RlsearchError
from rlsearch.spaces.base import LAST_TRIAL, Actions, Choice, Continuous, Space, Spec, following
from rlsearch.surrogates.base import MOST, Surrogate


class Settings(SurrogateSettings):
    """A candidate drawn at random is worth `level` on average, the best one `effect` more.

    All others follow the space's own planted reward (`Space.planted`) in proportion, and none is worth less than 0.
    """

    name: Literal["planted"] = "planted"
    level: Annotated[Number, Field(ge=0, le=1)] = 0.5
    effect: Annotated[Positive, Field(le=1)] = 0.2

    @model_validator(mode="after")
    def _room(self) -> Settings:
        if self.level + self.effect > 1:
            raise ValueError(f"level {self.level:g} + effect {self.effect:g} is above 1, the highest value")
        return self


class Planted(Surrogate):
    """`level` + `effect` x planted reward / planted reward of the optimum.

    >>> from rlsearch.spaces.sgd_sweep import SgdSweep
    >>> space = SgdSweep()
    >>> surrogate = Planted(space, Settings())
    >>> surrogate.value(space.decode((1, 1))), surrogate.optimum
    (0.7, 0.7)
    """

    def __init__(self, space: Space, settings: SurrogateSettings) -> None:
        assert isinstance(settings, Settings)
        self.space, self.settings = space, settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Take spaces of at most 20,000 candidates that do not grow; a continuous decision counts its levels."""
        if space.closed_loop or space.at(LAST_TRIAL) is not space:
            return False
        # Counts up to one too many, since a large space takes too long to go through.
        return sum(1 for _, _ in zip(range(MOST + 1), candidates(space), strict=False)) <= MOST

    @cached_property
    def _planted(self) -> Mapping[str, float]:
        """The planted reward of every candidate, by its key."""
        space = self.space
        # Sequences that mean one candidate share its key, and `planted` gives them the same reward.
        return {space.key(space.decode(actions)): space.planted(actions) for actions in candidates(space)}

    @cached_property
    def _highest(self) -> float:
        return max(self._planted.values())

    def value(self, spec: Spec) -> float:
        """Return what a candidate is worth, at most the optimum."""
        reward = self._planted.get(self.space.key(spec))
        if reward is None:
            raise RlsearchError(f"candidate {self.space.key(spec)} is none of the space", where="surrogate planted")
        # Linear in the planted reward, which is 0 on average and highest at the optimum.
        return max(0.0, self.settings.level + self.settings.effect * (reward / self._highest))

    @property
    def optimum(self) -> float:
        """`level` + `effect`."""
        return self.settings.level + self.settings.effect


def candidates(space: Space, prefix: Actions = ()) -> Iterator[Actions]:
    """Yield every candidate; of a continuous decision, every value that its rounding keeps apart."""
    decision = following(space, prefix)
    if decision is None:
        yield prefix
    elif isinstance(decision, Choice):
        for option, allowed in enumerate(decision.mask):
            if allowed:
                yield from candidates(space, (*prefix, option))
    elif isinstance(decision, Continuous):
        # `clip` rounds, so the error of the sum does not show.
        for level in range(decision.levels):
            yield from candidates(space, (*prefix, decision.clip(decision.low + level * 10.0**-decision.digits)))


SETTINGS, SURROGATE = Settings, Planted
