"""Which two of the last glyphs a small language model sees, and how wide it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch.config.base import Distinct, SpaceSettings, Width
from rlsearch.spaces.base import Actions, Choice, Decision, Space, Spec, representatives

from ..shared.chain import WINDOW


class Settings(SpaceSettings):
    """The lags and widths on offer."""

    type: Literal["lag-choice"] = "lag-choice"
    lags: Annotated[tuple[Annotated[int, Field(ge=1, le=WINDOW)], ...], Field(strict=False, min_length=2), Distinct] = (
        1,
        2,
        3,
        4,
    )
    widths: Annotated[tuple[Width, ...], Field(strict=False, min_length=1), Distinct] = (2, 8, 16)


class LagChoice(Space):
    """A lag, a second one, and a width. The order of the lags means nothing; one that is taken twice counts once.

    >>> space = LagChoice()
    >>> space.describe(space.decode((2, 0, 1))), space.canonical((2, 0, 1))
    ('lags 1+3, width 8', (0, 2, 1))
    """

    noun: ClassVar[str] = "reader"
    question: ClassVar[str] = "Which of the last glyphs tell most about the next one?"
    networks: ClassVar[tuple[str, ...]] = ("lagged-mlp",)
    fixed: ClassVar[bool] = True

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

    @cached_property
    def plan(self) -> tuple[Choice, ...]:
        """The three decisions."""
        lags, widths = self.settings.lags, self.settings.widths
        free = (True,) * len(lags)
        seen = [Choice(name, lags, free, "lag", place) for place, name in enumerate(("lag", "second lag"))]
        return (*seen, Choice("width", widths, (True,) * len(widths)))

    def next(self, prefix: Actions) -> Decision | None:
        """Return the lags, then the width."""
        return self.plan[len(prefix)] if len(prefix) < len(self.plan) else None

    def decode(self, actions: Actions) -> Spec:
        """Return {"network": {"lags", "width"}}."""
        first, second, width = (int(action) for action in actions)
        lags = sorted({self.settings.lags[first], self.settings.lags[second]})
        return {"network": {"lags": lags, "width": self.settings.widths[width]}}

    def canonical(self, actions: Actions) -> Actions:
        """Return the lags in the order in which they are offered."""
        return (*sorted(actions[:2]), actions[2])

    @property
    def nominal_size(self) -> int:
        """Number of sequences of decisions."""
        return len(self.settings.lags) ** 2 * len(self.settings.widths)

    def extent(self) -> tuple[int, int]:
        """Return (3, options of the wider choice)."""
        return 3, max(len(decision.options) for decision in self.plan)

    def baselines(self) -> Mapping[str, Spec]:
        """Return a reader of the last glyph, and one of the last two: the usual choices."""
        lags = {"last": [1], "last-two": [1, 2]}
        return {name: {"network": {"lags": seen, "width": self.settings.widths[-1]}} for name, seen in lags.items()}

    def largest(self) -> Actions:
        """Return the widest reader of two glyphs."""
        return 0, 1, self.settings.widths.index(max(self.settings.widths))

    def spread(self, count: int) -> list[Actions]:
        """Return `count` different readers at equal distances."""
        found = list(representatives(self))
        step = (len(found) - 1) / max(count - 1, 1)
        return [found[round(place * step)] for place in range(count)]

    def describe(self, spec: Spec) -> str:
        """Return "lags 1+3, width 8"."""
        network = spec["network"]
        return f"lags {'+'.join(map(str, network['lags']))}, width {network['width']}"


SETTINGS, SPACE = Settings, LagChoice
