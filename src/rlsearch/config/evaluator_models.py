"""Who answers for a study's children, where they are not trained: a truth table, or a surrogate."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rlsearch.config import plugins
from rlsearch.config.base import Name, Number, Settings
from rlsearch.measures import Measure


class EvaluatorSettings(Settings):
    """What every evaluator that is given as a section has: its type."""

    type: Literal["table", "surrogate"]


class TableSettings(EvaluatorSettings):
    """A truth table: its recipe must have the study's space, proxy and dataset."""

    type: Literal["table"] = "table"
    name: Name


class SurrogateSettings(EvaluatorSettings):
    """What every surrogate has: its name (a file in rlsearch/surrogates), and the noise of one child.

    `noise` is the standard deviation that the values of equal candidates have under different seeds.
    """

    type: Literal["surrogate"] = "surrogate"
    name: Name
    noise: Annotated[Number, Field(ge=0)] = 0.01


def surrogate_measure(name: str) -> Measure:
    """Return what the values of a surrogate are levels of."""
    measure: Measure = plugins.load("surrogates", name).SURROGATE.measure
    return measure
