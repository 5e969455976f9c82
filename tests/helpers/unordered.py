"""A made-up space with equal sequences: a width for each of two branches, whose order makes no other network.

A plugin like any other: tests copy this file into a project's `extensions/spaces`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from rlsearch.config.base import SpaceSettings
from rlsearch.spaces.base import Actions, Choice, Decision, Space, Spec, representatives


class Settings(SpaceSettings):
    """How many `widths` a branch can have: n of them make n^2 sequences and n (n + 1) / 2 networks."""

    type: Literal["unordered"] = "unordered"
    widths: int = 6
    apart: bool = False


class Unordered(Space):
    """Two decisions; (a, b) and (b, a) are the same two branches. With `apart` their keys differ all the same."""

    fixed: ClassVar[bool] = True
    noun: ClassVar[str] = "pair"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        options = tuple(range(1, 1 + self.settings.widths))
        self.plan = [Choice(f"branch {branch}", options, (True,) * len(options), "branch") for branch in "ab"]

    def next(self, prefix: Actions) -> Decision | None:
        return self.plan[len(prefix)] if len(prefix) < 2 else None

    def decode(self, actions: Actions) -> Spec:
        widths = [1 + int(action) for action in actions]
        return {"branches": widths if self.settings.apart else sorted(widths)}

    def canonical(self, actions: Actions) -> Actions:
        return tuple(sorted(actions))

    @property
    def kept_apart(self) -> str:
        return "branches have names" if self.settings.apart else ""

    @property
    def nominal_size(self) -> int:
        return self.settings.widths**2

    def baselines(self) -> Mapping[str, Spec]:
        return {"narrow": self.decode((0, 0))}

    def spread(self, count: int) -> list[Actions]:
        known = list(representatives(self))
        return [known[index * (len(known) - 1) // max(count - 1, 1)] for index in range(count)]

    def describe(self, spec: Spec) -> str:
        return "+".join(map(str, spec["branches"]))


SETTINGS, SPACE = Settings, Unordered
