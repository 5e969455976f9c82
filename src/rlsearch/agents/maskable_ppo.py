"""PPO of sb3-contrib with masks of forbidden actions (Schulman et al. 2017; Huang & Ontañón 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from rlsearch.agents._env_agent import EnvAgent
from rlsearch.config.base import AgentSettings, Count, Number, Positive, Share
from rlsearch.errors import SettingsError
from rlsearch.spaces.base import Choice, Space

if TYPE_CHECKING:
    from rlsearch.envs.space_env import SpaceEnv

Part = Annotated[Number, Field(ge=0, le=1)]


class Settings(AgentSettings):
    """A multilayer perceptron for the policy and one for the critic, updated after every `episodes` candidates.

    An update takes `n_epochs` passes over the steps of these episodes in minibatches of `batch_size` steps; null takes
    all of them at once. The reward comes with the last decision of a candidate, so by default nothing is discounted
    (`gamma`, `gae_lambda` of 1). The library evaluates one candidate after the other: `batch` is 1.
    """

    type: Literal["maskable-ppo"] = "maskable-ppo"
    batch: Literal[1] = 1
    episodes: Count = 8
    batch_size: Annotated[int, Field(ge=2)] | None = None
    n_epochs: Count = 10
    lr: Positive = 3e-4
    gamma: Part = 1.0
    gae_lambda: Part = 1.0
    clip_range: Share = 0.2
    ent_coef: Annotated[Number, Field(ge=0)] = 0.0
    hidden: Annotated[tuple[Count, ...], Field(strict=False, min_length=1)] = (64, 64)


class MaskablePPO(EnvAgent):
    """sb3-contrib's algorithm as it is, on an environment that shows the decisions taken so far."""

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        super().__init__(space, settings, seed)
        self.settings = settings

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is made of choices; a control problem has no masks, and `ppo` has its settings."""
        return isinstance(space.next(()), Choice) and not space.closed_loop

    def build(self, env: SpaceEnv, seed: int) -> Any:
        """Return the algorithm; its rollout is `episodes` candidates of the longest kind.

        Raises:
            SettingsError: a minibatch of one step, whose advantage cannot be normalised.
        """
        import sb3_contrib
        import torch

        from rlsearch.training.quick_start import without_compiler

        chosen = self.settings
        steps = chosen.episodes * env.limits.decisions
        size = chosen.batch_size or steps
        if steps == 1 or steps % size == 1:
            raise SettingsError(
                f"an update of {steps} steps in minibatches of {size} leaves one of a single step",
                where="agents: maskable-ppo: episodes, batch_size",
                allowed="minibatches of at least 2 steps",
            )
        return sb3_contrib.MaskablePPO(
            "MlpPolicy",
            env,
            learning_rate=chosen.lr,
            n_steps=steps,
            batch_size=size,
            n_epochs=chosen.n_epochs,
            gamma=chosen.gamma,
            gae_lambda=chosen.gae_lambda,
            clip_range=chosen.clip_range,
            ent_coef=chosen.ent_coef,
            # The library's own optimizer and epsilon, without the seconds that its first step takes.
            policy_kwargs={
                "net_arch": list(chosen.hidden),
                "optimizer_class": without_compiler(torch.optim.Adam),
                "optimizer_kwargs": {"eps": 1e-5},
            },
            seed=seed,
            device="cpu",
        )


SETTINGS, AGENT = Settings, MaskablePPO
