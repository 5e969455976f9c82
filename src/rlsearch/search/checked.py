"""What a user's agents, spaces and functions may hand over: converted to plain values, or refused with the rule.

Agents and spaces of the package keep to these rules by their tests; drivers do not know whose they drive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from rlsearch.agents.base import Proposal
from rlsearch.errors import ActionError, RlsearchError
from rlsearch.plain import finite, plain, scalar, whole
from rlsearch.spaces.base import Action, Actions, Choice, Decision, Space, Spec, allowed, following
from rlsearch.training.outcome import Outcome, Status

REWARD = 'a finite number, or Outcome(status, {"value": reward})'
COUNTS = ("epochs", "samples", "flops")


def spec_of(space: Space, actions: Actions) -> Spec:
    """Return the spec of a complete candidate as plain values.

    Raises:
        RlsearchError: it is no mapping, or holds what JSON cannot.
    """
    spec = space.decode(actions)
    if not isinstance(spec, Mapping):
        raise RlsearchError(
            f"decode({list(actions)}) returned {spec!r}", where=type(space).__name__, allowed="a dict of JSON values"
        )
    plain_spec: Spec = plain(spec, f"{type(space).__name__}.decode({list(actions)})")
    return plain_spec


def key_of(space: Space, spec: Spec) -> str:
    """Return a candidate's canonical key.

    Raises:
        RlsearchError: it is no text.
    """
    key: Any = space.key(spec)
    if not isinstance(key, str) or not key:
        raise RlsearchError(f"key() returned {key!r} for {dict(spec)}", where=type(space).__name__, allowed="a text")
    return str(key)


def proposals_of(space: Space, returned: Any, count: int, where: str) -> list[Proposal]:
    """Return what an agent answered when `count` proposals were asked for.

    Args:
        where: names the agent and the trial.

    Raises:
        RlsearchError: no list of proposals, or too many of them; a proposal that is no candidate of the space.
    """
    listed = isinstance(returned, Sequence) and all(isinstance(proposal, Proposal) for proposal in returned)
    if not listed or len(returned) > count:
        shown = f"{len(returned)} proposals" if listed else repr(returned)
        raise RlsearchError(f"ask({count}) returned {shown}", where=where, allowed=f"a list of at most {count}")
    return [proposal_of(space, proposal, where) for proposal in returned]


def proposal_of(space: Space, proposal: Proposal, where: str) -> Proposal:
    """Return a proposal with plain values, its continuous actions rounded as the space says.

    Raises:
        RlsearchError: a missing, superfluous or forbidden action, a negative replicate, an `info` that is not finite.
    """
    try:
        actions = _candidate(space, proposal.actions)
        replicate = whole(proposal.replicate, "replicate", 0)
    except RlsearchError as error:
        what = f"the proposal {_shown(proposal.actions)} cannot be evaluated: {error.what}"
        raise type(error)(what, where=where, allowed=error.allowed, remedy=error.remedy) from None
    return Proposal(actions, replicate, numbers_of(proposal.info, "a proposal's info", where))


def numbers_of(raw: Any, name: str, where: str) -> dict[str, float]:
    """Return named finite numbers: diagnostics, or the info of a proposal.

    Raises:
        RlsearchError: no mapping, or a value that is no finite number.
    """
    if not isinstance(raw, Mapping):
        raise RlsearchError(f"{name} is {raw!r}", where=where, allowed="a dict of finite numbers; {} for none")
    numbers = {str(key): finite(value) for key, value in raw.items()}
    for key, value in numbers.items():
        if value is None:
            raise RlsearchError(f"{name} holds {key} = {raw[key]!r}", where=where, allowed="a finite number")
    return {key: value for key, value in numbers.items() if value is not None}


def outcome_of(result: Any, spec: Spec) -> Outcome:
    """Return what a user's function said about a spec: a number is the metric `value` of an `ok` outcome.

    Raises:
        RlsearchError: a result that is no finite number and no sound outcome.
    """
    if isinstance(result, Outcome):
        return _sound(result, spec)
    number = finite(result)
    if number is None:
        raise _no_reward(f"{result!r}", spec)
    return Outcome("ok", {"value": number})


def _sound(result: Outcome, spec: Spec) -> Outcome:
    """Return an outcome with plain values; the reward is always finite, other metrics where the status is ok."""
    if result.status not in get_args(Status):
        raise RlsearchError(
            f"the function returned an outcome {result.status!r} for {dict(spec)}", allowed=", ".join(get_args(Status))
        )
    metrics = {str(name): scalar(value) for name, value in result.metrics.items()}
    for name, value in metrics.items():
        if finite(value) is None and (result.status == "ok" or name == "value" or not isinstance(value, float)):
            raise _no_reward(f"an outcome {result.status!r} with {name} = {value!r}", spec)
    if "value" not in metrics:
        raise _no_reward(f"an outcome {result.status!r} without a reward", spec)
    counts = {name: whole(getattr(result, name), f"Outcome.{name}", 0) for name in COUNTS}
    error = None if result.error is None else str(result.error)
    measured = {name: float(value) for name, value in metrics.items()}
    return Outcome(result.status, measured, **counts, error=error, schedule=tuple(map(str, result.schedule)))


def _no_reward(returned: str, spec: Spec) -> RlsearchError:
    return RlsearchError(
        f"the function returned {returned} for {dict(spec)}",
        allowed=REWARD,
        remedy="give a candidate that cannot be measured a low but finite reward",
    )


def _candidate(space: Space, raw: Any) -> Actions:
    """Return the actions of a complete candidate, each as its decision takes it."""
    # A string is a sequence in Python, of letters.
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise ActionError(f"its actions are {raw!r}", allowed="a tuple with one action a decision")
    actions: Actions = ()
    while (decision := following(space, actions)) is not None:
        if len(actions) == len(raw):
            raise ActionError(f"the action of decision {decision.name!r} is missing", allowed=_allowed(decision))
        actions = (*actions, _action(decision, raw[len(actions)]))
    if len(actions) < len(raw):
        raise ActionError(f"the candidate is complete after {len(actions)} of its {len(raw)} actions")
    return actions


def _action(decision: Decision, value: Any) -> Action:
    action = scalar(value) if isinstance(decision, Choice) else finite(value)
    if action is None or not allowed(decision, action):
        raise ActionError(f"action {value!r} is not allowed for decision {decision.name!r}", allowed=_allowed(decision))
    return int(action) if isinstance(decision, Choice) else decision.clip(action)


def _allowed(decision: Decision) -> str:
    if isinstance(decision, Choice):
        free = [str(place) for place, offered in enumerate(decision.mask) if offered]
        return f"the index of an option: {', '.join(free[:20])}{', ...' if len(free) > 20 else ''}"
    return f"a number from {decision.low:g} to {decision.high:g}"


def _shown(actions: Any) -> str:
    text = repr(list(actions)) if isinstance(actions, tuple) else repr(actions)
    return text if len(text) <= 100 else f"{text[:96]} ..."
