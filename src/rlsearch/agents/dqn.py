"""DQN of Stable-Baselines3 (Mnih et al. 2015) with the settings and the counting of Pham (2024)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from rlsearch.agents._choices import even_actions
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3 import norm_limit, perceptron
from rlsearch.agents._sb3_settings import Part, ReplaySettings, Steps
from rlsearch.config.base import Count, Number, Positive
from rlsearch.spaces.base import Space


class Settings(ReplaySettings):
    """A multilayer perceptron (ReLU) that estimates the value of every action, updated after every `train_freq` steps.

    The defaults are the source's: the loss is the mean squared error and no gradient is clipped, where the library has
    the Huber loss and a norm of 10. The source gives no `learning_starts` (here a whole minibatch), no `epsilon_start`,
    and nothing of what is not mentioned here. Actions are drawn at random with probability epsilon, which is
    `epsilon_start` at first and is multiplied by `epsilon_decay` after every step down to `epsilon_end`: it takes about
    600 steps to get there. The target network is renewed every `target_update` gradient updates.
    """

    type: Literal["dqn"] = "dqn"
    lr: Positive = 1e-3
    learning_starts: Steps = 32
    epsilon_start: Part = 1.0
    epsilon_decay: Annotated[Number, Field(gt=0, le=1)] = 0.995
    epsilon_end: Part = 0.05
    target_update: Count = 20
    tau: Annotated[Number, Field(gt=0, le=1)] = 1.0
    loss: Literal["squared", "huber"] = "squared"
    max_grad_norm: Positive | None = None

    @model_validator(mode="after")
    def _falling(self) -> Settings:
        if self.epsilon_end > self.epsilon_start:
            raise ValueError(f"epsilon_end {self.epsilon_end} must not be above epsilon_start {self.epsilon_start}")
        return self


class DQN(EnvAgent):
    """The library's algorithm, with epsilon and target updates counted as the source does.

    In a space whose choices differ in width, each option has equally many actions (`_even_env.py`).
    """

    settings: Settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is made of choices without masks."""
        return even_actions(space) is not None

    def build(self, env: Any, seed: int) -> Any:
        """Return the algorithm for an environment with discrete actions."""
        from rlsearch.agents._even_env import evened
        from rlsearch.agents._source_dqn import SourceDQN

        return SourceDQN("MlpPolicy", evened(env), **self.arguments(), seed=seed, device="cpu")

    def arguments(self) -> dict[str, Any]:
        """Return what the settings say, as keywords of the library's class and of `SourceDQN`."""
        from rlsearch.agents._source_dqn import Epsilon

        chosen = self.settings
        return {
            "epsilon": Epsilon(chosen.epsilon_start, chosen.epsilon_decay, chosen.epsilon_end),
            "target_update": chosen.target_update,
            "loss": chosen.loss,
            "learning_rate": chosen.lr,
            "gamma": chosen.gamma,
            "buffer_size": chosen.buffer_size,
            "batch_size": chosen.batch_size,
            "learning_starts": chosen.learning_starts,
            "train_freq": chosen.train_freq,
            "gradient_steps": chosen.gradient_steps,
            "tau": chosen.tau,
            "n_steps": chosen.n_steps,
            "max_grad_norm": norm_limit(chosen.max_grad_norm),
            "policy_kwargs": perceptron(chosen, chosen.adam_eps),
        }


SETTINGS, AGENT = Settings, DQN
