"""What every evaluator of a study answers: outcomes, prices, its identity and files, and the child of an episode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rlsearch import provenance
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import Params, RuntimeSettings, StudySettings
from rlsearch.search.answers.oracle import AnyOracle
from rlsearch.search.budget import Prices
from rlsearch.search.evaluators import Evaluator, Request
from rlsearch.search.reward import Reward
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Space, Spec
from rlsearch.spaces.closed_loop import loop_of
from rlsearch.training.observation import Weights
from rlsearch.training.outcome import Outcome

if TYPE_CHECKING:
    from rlsearch.search.run_control import StepwiseChild


class Answers(ABC):
    """What answers for the children of one study.

    Attributes:
        trains: whether children are really trained, which takes data, a device and torch.
        name, study: of the study, and its settings; root: the project folder.
    """

    trains: ClassVar[bool] = False

    def __init__(self, params: Params, name: str, root: Path) -> None:
        self.params, self.name, self.root = params, name, root
        self.study: StudySettings = params.studies[name]

    @cached_property
    def space(self) -> Space:
        """What the study chooses from."""
        return space_of(self.study.space)

    @cached_property
    def reward(self) -> Reward:
        """The reward of an outcome, which an agent receives."""
        return Reward(self.study.reward, self.study.measure)

    @property
    def weights(self) -> Weights:
        """The weights of a step's reward in a closed loop."""
        return Weights(**self.study.reward.of_steps.model_dump())

    @property
    def files(self) -> tuple[Path, ...]:
        """The data that it reads (see `provenance.answer_files`)."""
        return tuple(self.root / path for path in provenance.answer_files(self.params, self.name))

    @abstractmethod
    def identity(self, runtime: RuntimeSettings) -> str:
        """Return the digest of all that shapes an outcome besides spec and seed, under these runtime settings."""

    @cached_property
    def digest(self) -> str:
        """The identity under the runtime settings as they are: part of the key of every stored outcome."""
        return self.identity(self.params.runtime)

    @abstractmethod
    def evaluator(self, seed: int, workers: int) -> AbstractContextManager[Evaluator]:
        """Return what answers the requests of the search with this seed."""

    @abstractmethod
    def prices(self) -> Prices:
        """Return what full trainings cost."""

    @abstractmethod
    def price(self, spec: Spec) -> int:
        """Return the most FLOPs that one training of a candidate may take."""

    def unneeded(self, spec: Spec, trainings: int, restarts: int) -> int:
        """Return the FLOPs in the price of a candidate's `trainings` that were for more than these `restarts`."""
        return 0

    def policy_price(self, settings: AgentSettings) -> int:
        """Return the price of an episode of an agent that learns a policy: its costliest option at every step."""
        loop = loop_of(self.space)
        return self.price(loop.decode(loop.largest(getattr(settings, "optimizers", None))))

    @cached_property
    def oracle(self) -> AnyOracle | None:
        """Whoever knows all answers, for searches that are repeated in memory; None where children are trained."""
        return None

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many answers the study's networks choose from, for the state of a child before its first step."""

    @property
    def step_flops(self) -> int:
        """The cost of one step of an option that passes once over each batch: the unit in which a policy pays."""
        raise self._no_steps()

    def stepwise_child(self, agent: str, seed: int, number: int) -> StepwiseChild:
        """Return the child of an episode of a closed loop, before its first step.

        Args:
            agent, seed: of the search; number: of the episode in it.
        """
        raise self._no_steps()

    def again(self, line: Mapping[str, Any], seed: int, *, learned: bool) -> Outcome:
        """Return the outcome of a recorded trial, measured again, without using the store.

        Args:
            line: of the ledger; seed: of its search; learned: whether it is an episode of a policy.
        """
        request = Request(0, line["spec"], line["key"], line["replicate"])
        with self.evaluator(seed, 1) as evaluator:
            ((_, result),) = evaluator.run([request])
        return result.outcome

    def _no_steps(self) -> TypeError:
        return TypeError(f"{type(self).__name__} answers for whole candidates and no steps")
