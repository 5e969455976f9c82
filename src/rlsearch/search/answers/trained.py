"""Children are trained on the proxy task; their outcomes are kept in the work store."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rlsearch import provenance
from rlsearch.config.models import Params, RuntimeSettings
from rlsearch.errors import SettingsError
from rlsearch.files import digest
from rlsearch.search import proxy
from rlsearch.search.answers.base import Answers
from rlsearch.search.budget import Prices
from rlsearch.search.evaluators import ChildEvaluator, Request
from rlsearch.search.identity import task_digest
from rlsearch.search.ready import device
from rlsearch.search.run_control import StepwiseChild
from rlsearch.search.store import WORK, OutcomeStore, Store
from rlsearch.spaces.base import Space, Spec
from rlsearch.spaces.closed_loop import loop_of
from rlsearch.training.outcome import Outcome

if TYPE_CHECKING:
    from rlsearch.training.task import Task


class TrainedAnswers(Answers):
    """The proxy task of a study.

    Args:
        permuted: its labels are shuffled.
    """

    trains: ClassVar[bool] = True

    def __init__(self, params: Params, name: str, root: Path, *, permuted: bool = False) -> None:
        super().__init__(params, name, root)
        self.permuted = permuted

    @cached_property
    def task(self) -> Task:
        """The proxy task.

        Raises:
            SettingsError: a setting of the space does not fit the data that were fetched.
            RlsearchError: the device of the settings is not there.
        """
        from rlsearch.training.task import Task

        device(self.params)
        on, runtime = self.study.tasks["proxy"], self.params.runtime
        task = Task(on, runtime, self.files[:1], self.files[1], permuted=self.permuted)
        # Of data of one's own nobody knew the form before; reading it loads them, which most spaces need not.
        asks = type(self.space).misfit is not Space.misfit
        if misfit := self.space.misfit(task.form.shape, task.form.outputs) if asks else None:
            key, problem = misfit
            where = f"studies.{self.name}.space.{key} = {getattr(self.study.space, key)}"
            raise SettingsError(f"{key} {problem}", where=where, remedy="correct it, and run the same command again")
        return task

    def identity(self, runtime: RuntimeSettings) -> str:
        """Return the digest of task, data, code, device, threads and versions."""
        return task_digest(self.study.tasks["proxy"], self.study.space, runtime, self.files, permuted=self.permuted)

    def evaluator(self, seed: int, workers: int) -> ChildEvaluator:
        """Return the evaluator that trains children in this process or in a pool of workers."""
        return self._evaluator(self.root / WORK / "outcomes", self.root / WORK / "children", seed, workers)

    def prices(self) -> Prices:
        """Return the prices of networks drawn from the space."""
        return self._prices

    @cached_property
    def _prices(self) -> Prices:
        # Kept, since every search of a study asks for them, and counting a thousand networks may take seconds.
        store, key = Store(self.root / WORK / "prices"), self._prices_key()
        if (kept := store.read(key)) is not None:
            return Prices(**kept)
        prices = proxy.prices(self.space, self.study.search, self.task.full_cost, self.task.most_cost)
        store.write(key, asdict(prices))
        return prices

    def _prices_key(self) -> str:
        space = self.study.space
        code = provenance.code_digest("rlsearch.search.proxy", provenance.plugin_module("spaces", space.type))
        return digest([self.digest, space.model_dump(mode="json"), self.study.search.trials, code])

    def price(self, spec: Spec) -> int:
        """Return what a training takes in full and in as many tries as it may have.

        A network that cannot be built costs the mean: if it were free, a space of such networks would be searched for
        ever.
        """
        price = proxy.counted(spec, self.task.most_cost)
        return price if isinstance(price, int) else self._prices.place

    def unneeded(self, spec: Spec, trainings: int, restarts: int) -> int:
        """Return what the restarts that were not needed would have taken."""
        if (restart := self.study.tasks["proxy"].restart) is None:
            return 0
        one = (self.task.most_cost(spec) - self.task.full_cost(spec)) // restart.most  # all take one epoch
        return (trainings * restart.most - restarts) * one

    @property
    def outputs(self) -> int:
        """Those of the dataset."""
        return int(self.task.form.outputs)

    @cached_property
    def step_flops(self) -> int:
        """The cost of one step, from that of the cheapest schedule."""
        loop = loop_of(self.space)
        cheapest = loop.cheapest()
        return int(self.task.full_cost(loop.decode(cheapest))) // loop.price(cheapest)

    def stepwise_child(self, agent: str, seed: int, number: int) -> StepwiseChild:
        """Return a child that is trained step by step, and kept between steps."""
        from rlsearch.search.stepwise import episode_seed, trained_child

        spec = loop_of(self.space).training({"schedule": []})
        # All that shapes the state of a child but the steps taken, which it holds itself; and the agent, since several
        # search side by side.
        identity = digest([self.digest, spec, self.name, agent, seed])
        path = self.root / WORK / "children" / f"{identity}-{number}.pt"
        return trained_child(self.task, spec, episode_seed(self.name, seed, number), path)

    def again(self, line: Mapping[str, Any], seed: int, *, learned: bool) -> Outcome:
        """Return the outcome of a child trained now; an episode is trained under the seed of its number."""
        from rlsearch.search.stepwise import episode_seed

        with (
            # An empty store and no checkpoints: nothing of the recorded training may answer for this one.
            tempfile.TemporaryDirectory(prefix="rlsearch-") as empty,
            self._evaluator(Path(empty), Path(empty), seed, 1) as evaluator,
        ):
            if learned:
                return evaluator.alone(_whole(line["spec"]), episode_seed(self.name, seed, line["index"]))
            ((_, result),) = evaluator.run([Request(0, line["spec"], line["key"], line["replicate"])])
            return result.outcome

    def _evaluator(self, store: Path, checkpoints: Path, seed: int, workers: int) -> ChildEvaluator:
        return ChildEvaluator(
            self.task, self.digest, self.name, seed, OutcomeStore(store), workers=workers, checkpoints=checkpoints
        )


def _whole(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the spec of an episode as a whole run.

    One that ended early ends there again, unless something was wrong: then it goes on.
    """
    training = spec["training"]
    # The recorded schedule ends where the run did; a whole run needs an optimizer for every step.
    taken = training["schedule"]
    whole = [*taken, *taken[-1:] * (training["steps"] - len(taken))]
    return {**spec, "training": {**training, "schedule": whole}}
