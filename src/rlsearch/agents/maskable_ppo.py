"""PPO of sb3-contrib with masks of forbidden actions (Schulman et al. 2017; Huang & Ontañón 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3_settings import Activation, Hidden, NotNegative, Part
from rlsearch.config.base import MOST, Count, LearnerSettings, Positive, Share
from rlsearch.errors import SettingsError
from rlsearch.spaces.base import Choice, Space

if TYPE_CHECKING:
    from rlsearch.envs.space_env import SpaceEnv


class Settings(LearnerSettings):
    """A multilayer perceptron for the policy and one for the critic, updated after every `episodes` candidates.

    An update takes `n_epochs` passes over the steps of these episodes in minibatches of `batch_size` steps; null takes
    all of them at once. The reward comes with the last decision of a candidate, so by default nothing is discounted
    (`gamma`, `gae_lambda` of 1). The other defaults are the library's, normalised advantages among them. The library
    evaluates one candidate after the other: `batch` is 1.
    """

    type: Literal["maskable-ppo"] = "maskable-ppo"
    batch: Literal[1] = 1
    episodes: Count = 8
    batch_size: Annotated[int, Field(ge=2, le=MOST)] | None = None
    n_epochs: Count = 10
    lr: Positive = 3e-4
    gamma: Part = 1.0
    gae_lambda: Part = 1.0
    clip_range: Share = 0.2
    clip_range_vf: Positive | None = None
    normalize_advantage: bool = True
    target_kl: Positive | None = None
    ent_coef: NotNegative = 0.0
    vf_coef: Positive = 0.5
    max_grad_norm: Positive | None = 0.5
    adam_eps: Positive = 1e-5
    hidden: Hidden = (64, 64)
    activation: Activation = "tanh"
    ortho_init: bool = True


class MaskablePPO(EnvAgent):
    """sb3-contrib's algorithm as it is, on an environment that shows the decisions taken so far."""

    settings: Settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is made of choices; a closed loop has no masks, and `ppo` has its settings."""
        return isinstance(space.next(()), Choice) and not space.closed_loop

    def build(self, env: SpaceEnv, seed: int) -> Any:
        """Return the algorithm; its rollout is `episodes` candidates of the longest kind.

        Raises:
            SettingsError: a minibatch of one step, whose advantage cannot be normalised.
        """
        import sb3_contrib

        steps = self.settings.episodes * env.limits.decisions
        arguments = self.arguments(steps)
        size = arguments["batch_size"]
        # The library divides by the standard deviation of a minibatch, which is NaN for a single step.
        if self.settings.normalize_advantage and (steps == 1 or steps % size == 1):
            raise SettingsError(
                f"an update of {steps} steps in minibatches of {size} leaves one of a single step",
                where="agents: maskable-ppo: episodes, batch_size",
                allowed="minibatches of at least 2 steps, or normalize_advantage: false",
            )
        return sb3_contrib.MaskablePPO("MlpPolicy", env, **arguments, seed=seed, device="cpu")

    def arguments(self, steps: int) -> dict[str, Any]:
        """Return what the settings say, as keywords of the library's class.

        Args:
            steps: of a rollout.
        """
        from rlsearch.agents._sb3 import norm_limit, perceptron

        chosen = self.settings
        return {
            "learning_rate": chosen.lr,
            "n_steps": steps,
            "batch_size": chosen.batch_size or steps,
            "n_epochs": chosen.n_epochs,
            "gamma": chosen.gamma,
            "gae_lambda": chosen.gae_lambda,
            "clip_range": chosen.clip_range,
            "clip_range_vf": chosen.clip_range_vf,
            "normalize_advantage": chosen.normalize_advantage,
            "target_kl": chosen.target_kl,
            "ent_coef": chosen.ent_coef,
            "vf_coef": chosen.vf_coef,
            "max_grad_norm": norm_limit(chosen.max_grad_norm),
            "policy_kwargs": {**perceptron(chosen, chosen.adam_eps), "ortho_init": chosen.ortho_init},
        }


SETTINGS, AGENT = Settings, MaskablePPO
