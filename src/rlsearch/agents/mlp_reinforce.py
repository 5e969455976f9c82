"""REINFORCE with a perceptron that sees all options taken so far (the NASNet controller of Salvucci 2025)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from rlsearch.agents._controller import ControllerAgent
from rlsearch.agents._controller_settings import ReinforceSettings
from rlsearch.agents._mlp import MLPSettings
from rlsearch.config.base import Count, Number, Positive


class Settings(ReinforceSettings, MLPSettings):
    """Network, optimizer and temperatures are the source's by default; its flaws are not.

    As published: `baseline: max`, `average_first: true`, `dead_zone: 0.05`, `loss: untempered`, `clip: tensor`. Its
    code clips the gradient of the mean over a candidate's 20 decisions to 0.3, and here the loss is their sum:
    `clip_norm: 6`.
    """

    later: ClassVar[tuple[str, ...]] = ()
    # What the policy is at the start, and at which temperatures it is asked, is all that a twin has of its agent.
    learning_alone: ClassVar[frozenset[str]] = frozenset(
        (
            *("optimizer", "lr", "lr_decay", "lr_decay_every", "clip_norm", "clip", "loss", "entropy", "baseline"),
            *("ema_decay", "first_baseline", "first_best", "average_first", "dead_zone", "clip_reward", "next_reward"),
        )
    )

    type: Literal["mlp-reinforce"] = "mlp-reinforce"
    batch: Count = 1
    lr: Positive = 6e-4
    clip_norm: Positive | None = 6.0
    temperature: Positive = 5.0
    temperature_decay: Annotated[Number, Field(gt=0, le=1)] = 0.995
    temperature_end: Positive = 1.0


class MLPReinforce(ControllerAgent):
    """The gradient of log pi(candidate) times (reward - baseline)."""


SETTINGS, AGENT = Settings, MLPReinforce
TEST_SETTINGS: dict[str, Any] = {"batch": 8, "lr": 0.01, "temperature": 1.0, "temperature_decay": 1.0}
