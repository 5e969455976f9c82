"""The base of every settings model: frozen, strict, no unknown keys."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

NAME_PATTERN = r"^[a-z][a-z0-9-]*$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=60)]
"""A study, agent, slot or dataset: it becomes a folder and a shell word, so nothing else gets through."""


def _number(value: Any) -> Any:
    # PyYAML reads 1e-3 as text while DVC writes it as a number: both must mean 0.001. 10, 10.0 and -0.0, 0.0 are
    # made one, so that equal settings have equal digests.
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            return float(value) + 0.0
        except (ValueError, OverflowError):
            return value
    return value


MOST, LARGEST, WIDEST = 1_000_000, 1_000_000_000, 10_000
"""Bounds of counts, of other numbers, and of the units of a layer: far above what is of use, so that a slip of the pen
is a message, and not a run without an end or a demand for more memory than there is."""

Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
"""A finite number; scientific notation without a dot, which YAML takes for text, is accepted."""

Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1, le=MOST)]
Natural = Annotated[int, Field(ge=0, le=MOST)]
Width = Annotated[int, Field(ge=1, le=WIDEST)]


def _of_sane_size(options: dict[str, Any]) -> dict[str, Any]:
    for key, value in options.items():
        if isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
            raise ValueError(f"`{key}` is {value:.3g}; numbers here are from {-LARGEST} to {LARGEST}")
    return options


Options = Annotated[dict[str, Any], AfterValidator(_of_sane_size)]
"""Keywords of a network or an algorithm, which checks them itself."""


def _distinct(values: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    twice = [value for position, value in enumerate(values) if value in values[:position]]
    if twice:
        raise ValueError(f"holds a value twice: {twice[0]!r}; keep one")
    return values


Distinct = AfterValidator(_distinct)
"""For lists of options or names: a repeated one would be drawn, simulated or averaged twice as often."""


class Settings(BaseModel):
    """Frozen settings that refuse unknown keys and wrong types."""

    # Strict: for a count, a quoted "8" or 1.5 is a message and no silent conversion.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


WHOLE = {"whole": True}
"""The context of a dump that is for people to read: no default is left out."""


class Extended(Settings):
    """Settings with keys that came later than recorded results did.

    A dump leaves such a key out where it has its default, except in the context `WHOLE`: digests of settings, and keys
    of candidates, which are made of dumps, stay what they were before there was the key.

    Attributes:
        later: the names of these keys.
    """

    later: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _dumped(self, dump: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        return self._without_later(dump(self), info)

    def _without_later(self, dumped: dict[str, Any], info: SerializationInfo) -> dict[str, Any]:
        if info.context == WHOLE:
            return dumped
        fields = type(self).model_fields
        return {
            key: value
            for key, value in dumped.items()
            if key not in self.later or getattr(self, key) != fields[key].get_default(call_default_factory=True)
        }


class AgentSettings(Settings):
    """What every agent has: its type (a file in rlsearch/agents) and how many proposals it makes at a time.

    Attributes:
        hindsight: whether its rule was read off the truth table on which it is measured, as the report then says.
        answer: which candidates become the finalists of its searches: those of the best mean reward, or those that it
            proposed first, as code of Salvucci (2025) has it.
    """

    hindsight: ClassVar[bool] = False

    type: Name
    batch: Count = 1
    answer: Literal["best", "first"] = "best"


class LearnerSettings(AgentSettings):
    """What every agent that learns has besides.

    `learning: false` makes an agent that asks in the same way and never updates: the same policy as at its start, the
    same schedules of exploration. Every agent that learns has such a twin beside it (`config/twins.py`).

    Attributes:
        learning_alone: keys that shape what is learnt and nothing that a twin proposes. Agents of a study that differ
            in nothing else share one twin.
    """

    learning_alone: ClassVar[frozenset[str]] = frozenset()

    learning: bool = True


class SpaceSettings(Settings):
    """What every space has: its type (a file in rlsearch/spaces).

    Attributes:
        naming: keys that decide what candidates are called, and neither which sequences of decisions there are nor what
            networks they mean. A truth table of the one answers for the other.
    """

    naming: ClassVar[frozenset[str]] = frozenset()

    type: Name


class SlotSettings(Settings):
    """What every entry of `retrain.slots` has: its type (a file in rlsearch/slots)."""

    type: Name


class ClaimSettings(Settings):
    """What every claim has: its kind (a file in rlsearch/claims), the agent that it is about, and the margin.

    The margin is the smallest effect worth having, in the unit of the claim: mostly the study's measure.
    """

    claim: Name
    agent: Name
    margin: Positive
