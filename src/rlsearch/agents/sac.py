"""SAC of Stable-Baselines3 (Haarnoja et al. 2018), for continuous decisions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from rlsearch.agents._choices import continuous
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3 import optimizer, perceptron
from rlsearch.agents._sb3_settings import ReplaySettings, Steps
from rlsearch.config.base import Count, Number, Positive
from rlsearch.spaces.base import Space


class Settings(ReplaySettings):
    """Multilayer perceptrons (ReLU) for the actor and two critics, updated after every `train_freq` steps.

    The defaults are smaller than the library's, which are made for a million steps: here a step is a trained child.
    Actions are uniform until `learning_starts` steps are taken. `ent_coef` weighs the entropy against the reward, so
    it depends on the reward's scale; "auto" learns it so that the entropy nears `target_entropy`, whose "auto" is minus
    the number of action dimensions.
    """

    type: Literal["sac"] = "sac"
    lr: Positive = 3e-3
    tau: Annotated[Number, Field(gt=0, le=1)] = 0.02
    learning_starts: Steps = 10
    target_update_interval: Count = 1
    ent_coef: Positive | Literal["auto"] = "auto"
    target_entropy: Number | Literal["auto"] = "auto"
    n_critics: Count = 2
    log_std_init: Number = -3.0


class SAC(EnvAgent):
    """The library's algorithm as it is."""

    settings: Settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is continuous."""
        return continuous(space)

    def build(self, env: Any, seed: int) -> Any:
        """Return the algorithm for an environment with continuous actions."""
        import stable_baselines3

        chosen = self.settings
        algorithm = stable_baselines3.SAC("MlpPolicy", env, **self.arguments(), seed=seed, device="cpu")
        if algorithm.log_ent_coef is not None:
            # The same optimizer again, without the seconds that its first step takes.
            algorithm.ent_coef_optimizer = optimizer("Adam")["optimizer_class"]([algorithm.log_ent_coef], lr=chosen.lr)
        return algorithm

    def arguments(self) -> dict[str, Any]:
        """Return what the settings say, as keywords of the library's class."""
        chosen = self.settings
        more = {"n_critics": chosen.n_critics, "log_std_init": chosen.log_std_init}
        return {
            "learning_rate": chosen.lr,
            "gamma": chosen.gamma,
            "tau": chosen.tau,
            "buffer_size": chosen.buffer_size,
            "batch_size": chosen.batch_size,
            "learning_starts": chosen.learning_starts,
            "train_freq": chosen.train_freq,
            "gradient_steps": chosen.gradient_steps,
            "n_steps": chosen.n_steps,
            "target_update_interval": chosen.target_update_interval,
            "ent_coef": chosen.ent_coef,
            "target_entropy": chosen.target_entropy,
            "policy_kwargs": {**perceptron(chosen, chosen.adam_eps), **more},
        }


SETTINGS, AGENT = Settings, SAC
