"""Search from plain Python: a space, an agent and a function of your own, no pipeline."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from rlsearch import provenance
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._making import make_agent
from rlsearch.agents.base import Agent
from rlsearch.config import messages, plugins
from rlsearch.config.base import AgentSettings
from rlsearch.errors import ResumeError, RlsearchError
from rlsearch.files import digest
from rlsearch.plain import plain, whole
from rlsearch.search import ledger
from rlsearch.search.checked import key_of, spec_of
from rlsearch.search.evaluators import FunctionEvaluator
from rlsearch.search.journal import Journal
from rlsearch.search.lock import exclusive
from rlsearch.search.run_env import driver_of
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.base import Space, Spec
from rlsearch.training.outcome import Outcome

DRAWN = 16
"""Number of candidates drawn from a space to recognise it when a search continues, whatever it is made of."""


@dataclass(frozen=True)
class Result:
    """A finished search: all trials in asking order and the one with the highest reward.

    Attributes:
        learnt: what the agent says that it has learnt (`Agent.learnt`), as JSON holds it; None where it says nothing.
    """

    trials: list[ledger.Trial]
    learnt: Any = None

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
    seed: int | None = None,
    batch: int | None = None,
    folder: Path | str | None = None,
    agent_settings: Mapping[str, Any] | AgentSettings | None = None,
    **settings: Any,
) -> Result:
    """Search `space` with `agent` for the spec to which `evaluate` gives the highest number.

    Args:
        space: any `Space`.
        agent: an `Agent`, or the name of one of the package's ("reinforce", "random", "grid", ...).
        evaluate: maps a spec to a reward; called in this process, once a trial. Exceptions pass through.
        trials: number of proposals, at least 1.
        seed: of an agent given by name; default 0.
        batch: proposals asked for at a time, at least 1. Of an agent given by name it is the setting of this name,
            with that agent's default; else 1.
        folder: keep a journal here, so that the same call continues after an interruption; None keeps nothing.
        agent_settings: of an agent given by name: a mapping, or an object of the agent's `SETTINGS`. A setting with
            the name of one of the parameters above can only be given here.
        settings: the same as keywords, e.g. `baseline="ema"`.

    Returns:
        All trials, the best one, and what the agent has learnt.

    Raises:
        RlsearchError: unknown agent, settings that do not fit or are given twice, settings or a seed beside an agent
            that has its own; a reward that is not a finite number; a space or agent that breaks a rule.
    """
    limit = TrialLimit(whole(trials, "trials", 1))
    _check_parts(space, agent, evaluate)
    chosen, identity = _chosen(space, agent, seed, batch, agent_settings, settings)
    began = {**provenance.versions(), **_identified(space), **identity}
    with ExitStack() as stack:
        if folder is None:
            # A driver always writes a journal; without a folder it goes when the call ends.
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
            limit=limit,
            journal=journal,
            batch=identity["batch"],
            environment=began,
            label=identity["agent"],
        )
        found = ledger.trials(space, driver.run(), _value)
        return Result(found, driver.learnt)


def _check_parts(space: object, agent: object, evaluate: object) -> None:
    """Refuse what is no space, agent or function: a class in place of an object is the usual mistake."""
    kinds = [("space", space, (Space,)), ("agent", agent, (Agent, EnvAgent, str))]
    for name, value, allowed in kinds:
        if not isinstance(value, allowed):
            names = " or ".join({"str": "the name of an agent"}.get(kind.__name__, kind.__name__) for kind in allowed)
            raise RlsearchError(f"{name} = {value!r}", allowed=f"an object of class {names}")
    if not callable(evaluate):
        raise RlsearchError(f"evaluate = {evaluate!r}", allowed="a function of one spec")


def _chosen(
    space: Space,
    agent: Agent | EnvAgent | str,
    seed: int | None,
    batch: int | None,
    own_settings: Mapping[str, Any] | AgentSettings | None,
    keywords: Mapping[str, Any],
) -> tuple[Agent | EnvAgent, dict[str, Any]]:
    """Return the agent, and what makes the search another one: its `agent`, `settings`, `seed` and `batch`."""
    if isinstance(agent, str):
        number = whole(0 if seed is None else seed, "seed")
        built, settings = _named(space, agent, number, _joined(agent, batch, own_settings, keywords))
        shown = {"settings": settings.model_dump(mode="json", exclude={"batch"}), "batch": settings.batch}
        return built, {"agent": agent, "seed": number, **shown}
    names = [
        *keywords,
        *(["agent_settings"] if own_settings is not None else []),
        *(["seed"] if seed is not None else []),
    ]
    if names:
        raise RlsearchError(
            f"{names[0]} has no effect on an agent that is given as an object",
            where=f"agent {type(agent).__name__}",
            allowed="settings and a seed of agents given by name",
            remedy="give them to the object when it is made",
        )
    size = whole(1 if batch is None else batch, "batch", 1)
    return agent, {"agent": type(agent).__name__, "settings": {}, "seed": 0, "batch": size}


def _joined(
    agent: str, batch: int | None, own_settings: Mapping[str, Any] | AgentSettings | None, keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings of an agent from all places where they can be given, none of them twice."""
    beside = {**keywords, **({} if batch is None else {"batch": batch})}
    inside = own_settings.model_dump() if isinstance(own_settings, AgentSettings) else dict(own_settings or {})
    if twice := sorted({*beside} & {*inside}):
        raise RlsearchError(
            f"{twice[0]} is given twice: {beside[twice[0]]!r}, and {inside[twice[0]]!r} in agent_settings",
            where=f"agent {agent!r}",
            allowed="each setting in one place",
        )
    return {"type": agent, **{key: _plain(value, key) for key, value in {**inside, **beside}.items()}}


def _plain(value: Any, name: str) -> Any:
    """Return a setting without NumPy's types; what else is no setting is left to the checks of the settings."""
    try:
        return plain(value, name)
    except RlsearchError:
        return value


def _identified(space: Space) -> dict[str, Any]:
    """Return what makes a space another one: its class, its settings where it has any, and candidates drawn from it."""
    settings = getattr(space, "settings", None)
    shown = settings.model_dump(mode="json") if isinstance(settings, BaseModel) else {}
    # Not of `rlsearch.seeds`: these draws decide nothing, they only have to be the same at the next call.
    stage, rng = space.at(0), np.random.default_rng(0)
    drawn = [key_of(stage, spec_of(stage, stage.sample(rng))) for _ in range(DRAWN)]
    return {"space": type(space).__name__, "space settings": shown, "candidates": digest(drawn)}


def _same_search(journal: Journal, began: Mapping[str, Any], folder: Path) -> None:
    """Refuse to continue another search's journal; other versions are the driver's business."""
    recorded = journal.recorded.header or {}
    for key in ("space", "space settings", "agent", "settings", "seed", "batch", "candidates"):
        if key in recorded and recorded[key] != began[key]:
            raise ResumeError(
                f"this folder holds another search: {_difference(key, recorded, began)}",
                where=str(folder),
                remedy="give this search a folder of its own",
            )


def _difference(key: str, recorded: Mapping[str, Any], began: Mapping[str, Any]) -> str:
    before, now = recorded[key], began[key]
    if key == "candidates":
        return f"its space of class {recorded['space']} had other candidates than this one"
    if isinstance(before, Mapping):
        name = next(name for name in {**before, **now} if before.get(name) != now.get(name))
        owner = "space" if key == "space settings" else "agent"
        return f"`{name}` of its {owner} is {before.get(name)!r}, not {now.get(name)!r}"
    return f"its {key} is {before!r}, not {now!r}"


def _value(outcome: Outcome) -> float:
    return outcome.metrics.get("value", math.nan)


def _named(space: Space, name: str, seed: int, chosen: Mapping[str, Any]) -> tuple[Agent | EnvAgent, AgentSettings]:
    try:
        module = plugins.load("agents", name)
        settings = module.SETTINGS.model_validate(chosen)
    except ValidationError as error:
        faults = messages.translate(error, module.SETTINGS, chosen)
        text = "; ".join(f"{messages.dotted(fault.path)}: {fault.problem}" for fault in faults)
        raise RlsearchError(text, where=f"agent {name!r}", remedy="correct the settings in this call") from None
    except ValueError as error:
        raise RlsearchError(str(error), where=f"agent {name!r}", remedy="see `rlsearch list`") from None
    if not module.AGENT.supports(space):
        raise RlsearchError(f"agent {name!r} cannot search {type(space).__name__}", remedy="choose another agent")
    if settings.answer != (usual := AgentSettings.model_fields["answer"].default):
        raise RlsearchError(
            f"answer = {settings.answer!r} has no effect here: it chooses finalists, which searches of a study have",
            where=f"agent {name!r}",
            allowed=usual,
        )
    return make_agent(space, settings, seed), settings
