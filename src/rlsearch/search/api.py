"""Search from plain Python: a space, an agent and a function of your own, no pipeline."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rlsearch import provenance
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents.base import Agent
from rlsearch.config import messages, plugins
from rlsearch.errors import ResumeError, RlsearchError
from rlsearch.search import ledger
from rlsearch.search.ask_tell import TrialLimit
from rlsearch.search.evaluators import FunctionEvaluator
from rlsearch.search.journal import Journal
from rlsearch.search.lock import exclusive
from rlsearch.search.run_env import driver_of
from rlsearch.spaces.base import Space, Spec
from rlsearch.training.outcome import Outcome


@dataclass(frozen=True)
class Result:
    """A finished search: all trials in asking order and the one with the highest reward."""

    trials: list[ledger.Trial]

    @property
    def best(self) -> ledger.Trial:
        """The trial with the highest reward (the first of equals). A maximum over noise: evaluate it again."""
        return max(self.trials, key=lambda trial: trial.reward)


def search(
    space: Space,
    agent: Agent | EnvAgent | str,
    evaluate: Callable[[Spec], float | Outcome],
    *,
    trials: int,
    seed: int = 0,
    batch: int = 1,
    folder: Path | str | None = None,
    **settings: Any,
) -> Result:
    """Search `space` with `agent` for the spec to which `evaluate` gives the highest number.

    Args:
        space: any `Space`.
        agent: an `Agent`, or the name of one of the package's ("reinforce", "random", "grid", ...).
        evaluate: maps a spec to a reward; called in this process, once a trial. Exceptions pass through.
        trials: number of proposals, at least 1.
        seed: of an agent given by name.
        batch: proposals asked for at a time.
        folder: keep a journal here, so that the same call continues after an interruption; None keeps nothing.
        settings: of an agent given by name, e.g. `baseline="ema"`.

    Returns:
        All trials and the best one.

    Raises:
        RlsearchError: unknown agent, settings that do not fit, a reward that is not a finite number.
    """
    if trials < 1 or batch < 1:
        raise RlsearchError(f"trials = {trials}, batch = {batch}", allowed="whole numbers from 1")
    chosen = _agent(agent, space, seed, settings) if isinstance(agent, str) else agent
    name = agent if isinstance(agent, str) else type(agent).__name__
    began = {
        **provenance.versions(),
        "space": type(space).__name__,
        "agent": name,
        "settings": {key: str(value) for key, value in sorted(settings.items())},
        "seed": seed,
        "batch": batch,
    }
    with ExitStack() as stack:
        if folder is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rlsearch-")))
        else:
            work = Path(folder)
            stack.enter_context(exclusive(work))
        journal = stack.enter_context(Journal(work / "journal.jsonl", began))
        _same_search(journal, began, work)
        driver = driver_of(
            chosen,
            space=space,
            evaluator=FunctionEvaluator(evaluate),
            reward=_value,
            limit=TrialLimit(trials),
            journal=journal,
            batch=batch,
            environment=began,
        )
        return Result(ledger.trials(space, driver.run(), _value))


def _same_search(journal: Journal, began: Mapping[str, Any], folder: Path) -> None:
    """Refuse to continue another search's journal; other versions are the driver's business."""
    recorded = journal.recorded.header or {}
    for key in ("space", "agent", "settings", "seed", "batch"):
        if key in recorded and recorded[key] != began[key]:
            raise ResumeError(
                f"this folder holds another search: its {key} is {recorded[key]!r}, not {began[key]!r}",
                where=str(folder),
                remedy="give this search a folder of its own",
            )


def _value(outcome: Outcome) -> float:
    if "value" not in outcome.metrics:
        raise RlsearchError(
            f"the function returned an outcome {outcome.status!r} without a reward",
            allowed='a finite number, or Outcome(status, {"value": reward})',
            remedy="give a candidate that cannot be measured a low but finite reward",
        )
    return outcome.metrics["value"]


def _agent(name: str, space: Space, seed: int, settings: Mapping[str, Any]) -> Agent | EnvAgent:
    try:
        module = plugins.load("agents", name)
        given = {"type": name, **settings}
        made = module.SETTINGS.model_validate(given)
    except ValidationError as error:
        found = messages.translate(error, module.SETTINGS, given)
        text = "; ".join(f"{messages.dotted(fault.path)}: {fault.problem}" for fault in found)
        raise RlsearchError(text, where=f"agent {name!r}", remedy="correct the keywords of this call") from None
    except ValueError as error:
        raise RlsearchError(str(error), where=f"agent {name!r}", remedy="see `rlsearch list`") from None
    if not module.AGENT.supports(space):
        raise RlsearchError(f"agent {name!r} cannot search {type(space).__name__}", remedy="choose another agent")
    agent: Agent | EnvAgent = module.AGENT(space, made, seed)
    return agent
