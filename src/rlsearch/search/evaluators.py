"""Executors of children: in this process, or in a pool of workers. They yield outcomes as these finish."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from rlsearch.errors import RlsearchError
from rlsearch.search.checked import outcome_of
from rlsearch.search.out_of_memory import is_out_of_memory, out_of_memory, retried
from rlsearch.search.reserve import Reservation, reserve, reserved
from rlsearch.search.store import OutcomeStore, outcome_key
from rlsearch.seeds import Purpose, child_seed
from rlsearch.training.outcome import Outcome
from rlsearch.workers import die_with_parent

if TYPE_CHECKING:
    from rlsearch.training.task import Task

log = logging.getLogger(__name__)

Job = tuple[Mapping[str, Any], int, Path]
"""Spec, seed and checkpoint of a child."""
Jobs = Mapping[str, Job]
"""Children to train, by their keys in the store."""


@dataclass(frozen=True)
class Request:
    """One child to be trained: its position among those asked for together, and what makes its seed."""

    position: int
    spec: Mapping[str, Any]
    key: str
    replicate: int = 0
    purpose: Purpose = "search"


@dataclass(frozen=True)
class Evaluated:
    """An outcome, the seconds it took, and whether it came from the store."""

    outcome: Outcome
    seconds: float
    cached: bool


class Evaluator(Protocol):
    """Anything that answers requests. Outcomes may come in any order; the driver puts them back into asking order."""

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        """Yield every request with its outcome, the moment it is known."""


class FunctionEvaluator:
    """Answers from a function of the user's own: spec -> reward, called in this process.

    Args:
        function: returns a finite number, or an `Outcome` whose metric `value` is one.
    """

    def __init__(self, function: Callable[[Mapping[str, Any]], float | Outcome]) -> None:
        self.function = function

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        """Yield (request, outcome) one after the other; metrics are {"value": ...}."""
        for request in requests:
            start = time.perf_counter()
            result = self.function(request.spec)
            yield request, Evaluated(outcome_of(result, request.spec), time.perf_counter() - start, cached=False)


class ChildEvaluator:
    """Trains children, or finds them in the store.

    Args:
        task: what a child is; task_digest: its identity in the store.
        study, search_seed: parts of every child's seed.
        store: the outcomes known so far.
        workers: 1 trains in this process, more in a pool; the outcomes are the same.
        checkpoints: folder of the states of children in training.
    """

    def __init__(
        self,
        task: Task,
        task_digest: str,
        study: str,
        search_seed: int,
        store: OutcomeStore,
        *,
        workers: int = 1,
        checkpoints: Path,
    ) -> None:
        self.task, self.task_digest = task, task_digest
        self.study, self.search_seed = study, search_seed
        self.store, self.workers, self.checkpoints = store, workers, checkpoints
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._pool is not None:
            # Waiting for children that nobody will ask about would keep a stopped job alive for minutes.
            # A private attribute: the executor itself can only wait for what is running.
            for process in list(getattr(self._pool, "_processes", {}).values()):
                process.kill()
        self._close()

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        """Yield stored outcomes first, then each trained one as it ends."""
        missing: dict[str, list[Request]] = {}
        for request in requests:
            key = outcome_key(self.task_digest, request.key, self.seed(request))
            if (stored := self.store.get(key)) is not None:
                yield request, Evaluated(stored, 0.0, cached=True)
            else:
                # Asked for twice under one seed, a child is trained once.
                missing.setdefault(key, []).append(request)
        jobs = {key: (same[0].spec, self.seed(same[0]), self._checkpoint(key)) for key, same in missing.items()}
        for key, result in self._answers(jobs):
            first, *others = missing[key]
            yield first, result
            for other in others:
                yield other, Evaluated(result.outcome, 0.0, cached=True)

    def seed(self, request: Request) -> int:
        """Return the seed under which a request's child trains."""
        return child_seed(self.study, request.purpose, request.key, self.search_seed, request.replicate)

    def alone(self, spec: Mapping[str, Any], seed: int) -> Outcome:
        """Return the outcome of a child under a given seed, trained here; it is neither looked up nor stored."""
        return _train_child(self.task, spec, seed, self._checkpoint("alone"))[0]

    def _checkpoint(self, key: str) -> Path:
        return self.checkpoints / f"{key}.pt"

    def _answers(self, jobs: Jobs) -> Iterator[tuple[str, Evaluated]]:
        """Yield the outcome of every child: first of those that nobody else trains, then what others have trained."""
        held: dict[str, Reservation] = {}
        try:
            for key in jobs:
                # First all that are free, without waiting: two searches that want the same children then share the
                # work.
                if (mine := reserve(self.store.path(key, ".lock"))) is not None:
                    held[key] = mine
            yield from self._reserved({key: jobs[key] for key in held}, held)
            for key in [key for key in jobs if key not in held]:
                held[key] = reserved(self.store.path(key, ".lock"))
                yield from self._reserved({key: jobs[key]}, held)
        finally:
            for reservation in held.values():
                reservation.release()

    def _reserved(self, jobs: Jobs, held: Mapping[str, Reservation]) -> Iterator[tuple[str, Evaluated]]:
        """Yield outcomes of children that this process alone may train; another may have trained them just before."""
        stored = {key: outcome for key in jobs if (outcome := self.store.get(key)) is not None}
        for key, outcome in stored.items():
            held[key].release()
            yield key, Evaluated(outcome, 0.0, cached=True)
        for key, outcome, seconds in self._train({key: job for key, job in jobs.items() if key not in stored}):
            # The outcome is stored before the checkpoint goes and before others may look: killed anywhere, it is not
            # lost.
            self.store.put(key, outcome)
            self._checkpoint(key).unlink(missing_ok=True)
            held[key].release()
            yield key, Evaluated(outcome, seconds, cached=False)

    def _train(self, jobs: Jobs) -> Iterator[tuple[str, Outcome, float]]:
        if self.workers == 1 or not jobs:
            for key, job in jobs.items():
                outcome, seconds = retried(partial(_train_child, self.task, *job))
                yield key, outcome, seconds
        else:
            yield from self._pooled(jobs)

    def _pooled(self, jobs: Jobs, *, again: bool = False) -> Iterator[tuple[str, Outcome, float]]:
        """Train children in the pool; those whose workers are lost once more, in a new one."""
        waiting, lost = self._submit(jobs), dict[str, Job]()
        for future in as_completed(waiting):
            key = waiting[future]
            try:
                outcome, seconds = future.result()
            except (BrokenExecutor, MemoryError) as error:
                if again:
                    raise out_of_memory(error) from error
                log.warning("a worker was lost (%s); its child is tried once more", type(error).__name__)
                # One worker's death breaks the pool, so all that were waiting end here too.
                lost[key] = jobs[key]
                continue
            yield key, outcome, seconds
        if lost:
            self._close()
            yield from self._pooled(lost, again=True)

    def _submit(self, jobs: Jobs) -> dict[Future[tuple[Outcome, float]], str]:
        if self._pool is None:
            # A fork of this process would copy locks that torch's threads hold; "spawn" would import torch for each
            # worker.
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["rlsearch.training.evaluate"])
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=die_with_parent)
        return {self._pool.submit(_train_child, self.task, *job): key for key, job in jobs.items()}

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _train_child(task: Task, spec: Mapping[str, Any], seed: int, checkpoint: Path) -> tuple[Outcome, float]:
    """Train one child; an exception of the child's own code becomes a `failed` outcome."""
    from rlsearch.training.checkpoint import Checkpoint
    from rlsearch.training.evaluate import evaluate

    start = time.perf_counter()
    try:
        outcome = evaluate(spec, task, seed, Checkpoint(checkpoint))
    except (MemoryError, OSError, RlsearchError):
        raise  # faults of the machine or of the settings, not of the child
    except Exception as error:  # a child runs arbitrary user code; the search records the failure and goes on
        if is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        log.exception("a child failed: spec %s, seed %d", dict(spec), seed)
        outcome = Outcome("failed", error=type(error).__name__)
    return outcome, time.perf_counter() - start
