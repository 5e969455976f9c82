"""PPO of sb3-contrib with masks of forbidden actions (Schulman et al. 2017; Huang & Ontañón 2022)."""

from __future__ import annotations

from typing import Any, Literal

from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3 import clipped_updates, perceptron
from rlsearch.agents._sb3_settings import NotNegative, Part, PPOSettings
from rlsearch.config.base import Count, Positive
from rlsearch.errors import SettingsError
from rlsearch.spaces.base import Choice, Space


class Settings(PPOSettings):
    """A multilayer perceptron for the policy and one for the critic, updated after every `episodes` candidates.

    An update takes `n_epochs` passes over the steps of these episodes in minibatches of `batch_size` steps; null takes
    all of them at once. The reward comes with the last decision of a candidate, so by default nothing is discounted
    (`gamma`, `gae_lambda` of 1). The other defaults are the library's, normalised advantages among them. The library
    evaluates one candidate after the other: `batch` is 1.
    """

    type: Literal["maskable-ppo"] = "maskable-ppo"
    episodes: Count = 8
    n_epochs: Count = 10
    lr: Positive = 3e-4
    gamma: Part = 1.0
    gae_lambda: Part = 1.0
    normalize_advantage: bool = True
    ent_coef: NotNegative = 0.0
    vf_coef: Positive = 0.5
    max_grad_norm: Positive | None = 0.5


class MaskablePPO(EnvAgent):
    """sb3-contrib's algorithm as it is, on an environment that shows the decisions taken so far."""

    settings: Settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is made of choices; a closed loop has no masks, and `ppo` has its settings."""
        return isinstance(space.next(()), Choice) and not space.closed_loop

    def build(self, env: Any, seed: int) -> Any:
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
        chosen = self.settings
        policy = {**perceptron(chosen, chosen.adam_eps), "ortho_init": chosen.ortho_init}
        return {**clipped_updates(chosen, steps), "policy_kwargs": policy}


SETTINGS, AGENT = Settings, MaskablePPO
