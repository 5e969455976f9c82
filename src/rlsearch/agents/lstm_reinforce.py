"""REINFORCE with an autoregressive LSTM controller (Williams 1992; Zoph & Le 2017; Srivatsava & Duddu 2019)."""

from __future__ import annotations

from typing import Literal

from rlsearch.agents._controller import ControllerAgent
from rlsearch.agents._controller_settings import ReinforceSettings
from rlsearch.agents._lstm import LSTMSettings


class Settings(ReinforceSettings, LSTMSettings):
    """The settings of the update rule and of the network."""

    type: Literal["lstm-reinforce"] = "lstm-reinforce"


class LSTMReinforce(ControllerAgent):
    """The gradient of log pi(candidate) times (reward - baseline), averaged over a batch."""


SETTINGS, AGENT = Settings, LSTMReinforce
