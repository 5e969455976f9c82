"""A2C of Stable-Baselines3 (Mnih et al. 2016), synchronous, with one environment."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from rlsearch.agents._env_agent import MasklessAgent
from rlsearch.agents._sb3 import actor_critic, norm_limit, optimizer
from rlsearch.agents._sb3_settings import Activation, Hidden, NotNegative, Part, SB3Settings
from rlsearch.config.base import Count, Number, Positive, Share


class Settings(SB3Settings):
    """A multilayer perceptron (tanh) for the actor and one for the critic, one gradient step after `n_steps` steps.

    The defaults are the library's, RMSprop included; without `use_rms_prop` the optimizer is Adam with an epsilon of
    `rms_prop_eps`. In a search of candidates the reward comes with the last decision:
    there `n_steps` of several whole candidates, `gamma` of 1 and a larger `lr` make more sense.
    """

    type: Literal["a2c"] = "a2c"
    n_steps: Count = 5
    lr: Positive = 7e-4
    gamma: Part = 0.99
    gae_lambda: Part = 1.0
    normalize_advantage: bool = False
    ent_coef: NotNegative = 0.0
    vf_coef: Positive = 0.5
    max_grad_norm: Positive | None = 0.5
    use_rms_prop: bool = True
    rms_prop_alpha: Share = 0.99
    rms_prop_eps: Positive = 1e-5
    hidden: Hidden = (64, 64)
    activation: Activation = "tanh"
    ortho_init: bool = True
    log_std_init: Number = 0.0

    @model_validator(mode="after")
    def _steps_that_vary(self) -> Settings:
        if self.normalize_advantage and self.n_steps < 2:
            raise ValueError("normalize_advantage needs n_steps of at least 2: one advantage less its mean is 0")
        return self


class A2C(MasklessAgent):
    """The library's algorithm as it is.

    In a space whose choices differ in width, each option has equally many actions (`_even_env.py`).
    """

    settings: Settings

    def build(self, env: Any, seed: int) -> Any:
        """Return the algorithm for an environment with discrete or continuous actions."""
        import stable_baselines3

        from rlsearch.agents._even_env import evened

        return stable_baselines3.A2C("MlpPolicy", evened(env), **self.arguments(), seed=seed, device="cpu")

    def arguments(self) -> dict[str, Any]:
        """Return what the settings say, as keywords of the library's class."""
        chosen = self.settings
        policy = actor_critic(chosen, chosen.rms_prop_eps)
        if chosen.use_rms_prop:
            # The library adds its own RMSprop only where no optimizer is named; this one is quick at its first step.
            policy |= optimizer("RMSprop", alpha=chosen.rms_prop_alpha, eps=chosen.rms_prop_eps, weight_decay=0)
        return {
            "learning_rate": chosen.lr,
            "n_steps": chosen.n_steps,
            "gamma": chosen.gamma,
            "gae_lambda": chosen.gae_lambda,
            "normalize_advantage": chosen.normalize_advantage,
            "ent_coef": chosen.ent_coef,
            "vf_coef": chosen.vf_coef,
            "max_grad_norm": norm_limit(chosen.max_grad_norm),
            "use_rms_prop": chosen.use_rms_prop,
            "rms_prop_eps": chosen.rms_prop_eps,
            "policy_kwargs": policy,
        }


SETTINGS, AGENT = Settings, A2C
