"""A2C of Stable-Baselines3 (Mnih et al. 2016), synchronous, with one environment."""

from __future__ import annotations

from typing import Any, Literal

from rlsearch.agents._choices import continuous, even_actions
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3_settings import Hidden, NotNegative, Part, SB3Settings
from rlsearch.config.base import Count, Positive
from rlsearch.spaces.base import Space


class Settings(SB3Settings):
    """A multilayer perceptron (tanh) for the actor and one for the critic, one gradient step after `n_steps` steps.

    The defaults are the library's, RMSprop included. In a search of candidates the reward comes with the last decision:
    there `n_steps` of several whole candidates, `gamma` of 1 and a larger `lr` make more sense.
    """

    type: Literal["a2c"] = "a2c"
    n_steps: Count = 5
    lr: Positive = 7e-4
    gamma: Part = 0.99
    gae_lambda: Part = 1.0
    ent_coef: NotNegative = 0.0
    vf_coef: Positive = 0.5
    max_grad_norm: Positive = 0.5
    hidden: Hidden = (64, 64)


class A2C(EnvAgent):
    """The library's algorithm as it is.

    In a space whose choices differ in width, each option has equally many actions (`_even_env.py`).
    """

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        super().__init__(space, settings, seed)
        self.settings = settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is continuous or made of choices without masks."""
        return continuous(space) or even_actions(space) is not None

    def build(self, env: Any, seed: int) -> Any:
        """Return the algorithm for an environment with discrete or continuous actions."""
        import stable_baselines3
        import torch

        from rlsearch.agents._even_env import evened
        from rlsearch.training.quick_start import without_compiler

        chosen = self.settings
        return stable_baselines3.A2C(
            "MlpPolicy",
            evened(env),
            learning_rate=chosen.lr,
            n_steps=chosen.n_steps,
            gamma=chosen.gamma,
            gae_lambda=chosen.gae_lambda,
            ent_coef=chosen.ent_coef,
            vf_coef=chosen.vf_coef,
            max_grad_norm=chosen.max_grad_norm,
            # The library's own optimizer and its settings, without the seconds that its first step takes.
            policy_kwargs={
                "net_arch": list(chosen.hidden),
                "optimizer_class": without_compiler(torch.optim.RMSprop),
                "optimizer_kwargs": {"alpha": 0.99, "eps": 1e-5, "weight_decay": 0},
            },
            seed=seed,
            device="cpu",
        )


SETTINGS, AGENT = Settings, A2C
