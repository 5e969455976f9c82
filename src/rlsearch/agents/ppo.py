"""PPO of Stable-Baselines3 (Schulman et al. 2017) with the settings of Pham (2024)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from rlsearch.agents._env_agent import MasklessAgent
from rlsearch.agents._sb3 import actor_critic, clipped_updates
from rlsearch.agents._sb3_settings import NotNegative, Part, PPOSettings, SB3Settings
from rlsearch.config.base import MOST, Count, Number, Positive


class Settings(SB3Settings, PPOSettings):
    """A multilayer perceptron (tanh) for the actor and one for the critic, updated after every `n_steps` steps.

    The defaults are the source's, made for episodes of one decision an epoch. Its update normalises no advantages,
    clips neither values nor gradients, and gives each network its own loss (`vf_coef` 1); the library's defaults differ
    in each of these. Only where the source is silent do the library's values stand: `adam_eps`, `ortho_init`,
    `log_std_init`. In a search of candidates the reward comes with the last decision: there `n_steps` of several whole
    candidates, and `gamma` and `gae_lambda` of 1, make more sense.

    An update takes `n_epochs` passes over the steps in minibatches of `batch_size`; null takes all of them at once.
    """

    type: Literal["ppo"] = "ppo"
    n_steps: Annotated[int, Field(ge=2, le=MOST)] = 4
    n_epochs: Count = 4
    lr: Positive = 3e-4
    value_lr: Positive = 1e-3
    gamma: Part = 0.99
    gae_lambda: Part = 0.95
    normalize_advantage: bool = False
    ent_coef: NotNegative = 0.02
    vf_coef: Positive = 1.0
    max_grad_norm: Positive | None = None
    log_std_init: Number = 0.0

    @model_validator(mode="after")
    def _whole_minibatches(self) -> Settings:
        if self.batch_size is not None and self.n_steps % self.batch_size:
            raise ValueError(f"batch_size {self.batch_size} must divide n_steps {self.n_steps}; null takes all steps")
        return self


class PPO(MasklessAgent):
    """The library's algorithm, with a learning rate for each of the two networks.

    In a space whose choices differ in width, each option has equally many actions (`_even_env.py`).
    """

    settings: Settings

    def build(self, env: Any, seed: int) -> Any:
        """Return the algorithm for an environment with discrete or continuous actions."""
        from rlsearch.agents._even_env import evened
        from rlsearch.agents._two_rate_ppo import TwoRatePPO

        return TwoRatePPO("MlpPolicy", evened(env), **self.arguments(), seed=seed, device="cpu")

    def arguments(self) -> dict[str, Any]:
        """Return what the settings say, as keywords of the library's class and of `TwoRatePPO`."""
        chosen = self.settings
        policy = actor_critic(chosen, chosen.adam_eps)
        return {**clipped_updates(chosen, chosen.n_steps), "value_lr": chosen.value_lr, "policy_kwargs": policy}


SETTINGS, AGENT = Settings, PPO
