"""Whole searches repeated in memory on an oracle, all agents at the same cost and with the same seed order.

In repetition i every agent meets the same training of each network, so the agents pair by repetition. A search ends and
answers by the rules of the real searches: its finalists are paid from the same budget, and the first network that does
not fit beside them ends it; but one that goes on for four times the trials of the settings, on networks that cost next
to nothing, ends there with budget left. Of a table only the validation part is read; `evidence.worth` judges answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from rlsearch.agents._making import make_agent
from rlsearch.agents.base import Agent
from rlsearch.config import artefacts, plugins
from rlsearch.config.base import AgentSettings
from rlsearch.config.control_models import LONGEST
from rlsearch.config.models import RepetitionSettings, SearchSettings, StudySettings
from rlsearch.config.twins import arms
from rlsearch.controls import other_names, traces
from rlsearch.controls.meetings import Meetings, meetings
from rlsearch.controls.simulate import Floats, Integers, padded, side_by_side
from rlsearch.errors import SettingsError
from rlsearch.search.answers import Answers
from rlsearch.search.answers.oracle import AnyOracle
from rlsearch.search.budget import Account, FlopLimit
from rlsearch.search.limits import flop_limit, policy_limit
from rlsearch.search.ranking import alike

KEY = "controls.repetitions.trials"


def block(
    answers: Answers, agent: str, study: StudySettings | None = None, *, controls: bool = True
) -> dict[str, Any] | None:
    """Return the `repetitions` block of a controls file (docs/artefacts.md), or None where the settings ask for none.

    Args:
        answers: of the study, which trains nothing; agent: an arm of the study.
        study: other settings of the same study, with which searches are repeated; None = its own.
        controls: give policies their null and planted runs as well.

    Raises:
        SettingsError: the budget does not pay for a trial beside the finalists.
    """
    study, oracle = study or answers.study, answers.oracle
    control = study.controls.repetitions
    if control is None or oracle is None:
        return None
    met = meetings(oracle, study.reward, answers.name, control.runs, study.search.replicates)
    search = artefacts.search_of(study, agent)
    if artefacts.learns_policy(study, agent):
        from rlsearch.controls import policy_repetitions  # gymnasium takes a while to import

        price = answers.policy_price(arms(study)[agent])
        limit = policy_limit(oracle.prices, search, control.trials, KEY, price, most=LONGEST * control.trials)
        return policy_repetitions.block(answers, agent, study, met, limit, controls=controls)
    settings = arms(study)[agent]
    earliest = settings.answer == "first"
    limit = budget(oracle, control, search, earliest=earliest)
    places = met.places(study.search.replicates, control.trials)
    repeated = searches(settings, met, limit, control.trials, places)
    if empty := sum(not len(trace.rows) for trace in repeated):
        raise _no_trial(answers.name, agent, empty, control)
    return traces.block(repeated, met, control, study.search, limit.total, earliest=earliest)


def _no_trial(study: str, agent: str, empty: int, control: RepetitionSettings) -> SettingsError:
    """Return the error of searches that end before they have begun; real ones say so too (`check_succeeded`)."""
    return SettingsError(
        f"{empty} of {control.runs} repeated searches of agent {agent!r} have no trial: nothing was proposed, or what"
        " was first proposed costs more than the budget pays for beside the finalists",
        where=f"studies.{study}.{KEY} = {control.trials}",
        remedy=f"raise {KEY}, or lower search.finalists or search.replicates",
    )


def budget(
    oracle: AnyOracle, control: RepetitionSettings, search: SearchSettings, *, earliest: bool = False
) -> FlopLimit:
    """Return the common budget: `trials` networks of mean cost, finalists included.

    `earliest`: the finalists of a search are its first candidates, not its best.
    """
    most, mean = LONGEST * control.trials, alike if earliest else _mean

    def price(row: int) -> int:
        return int(oracle.flops_of(np.array(row)))

    return flop_limit(oracle.prices, search, control.trials, KEY, price, most=most, mean=mean)


def _mean(rewards: Sequence[float]) -> float:
    """Return the mean as `best.distinct` takes it, to the last bit: `sum` may round otherwise."""
    return reduce(add, rewards) / len(rewards)


def searches(
    settings: AgentSettings, seed_order: Meetings, limit: FlopLimit, trials: int, places: Sequence[int] = (0,)
) -> list[traces.Trace]:
    """Return one trace for each repetition of an agent; `places` answer its replicates (`search_places`)."""
    kind = plugins.load("agents", settings.type).AGENT
    space = seed_order.oracle.space
    if side_by_side(kind, space, settings, LONGEST * trials):
        return _together(kind, settings, seed_order, limit, trials)
    return [_ask_and_tell(settings, seed_order, run, limit, places) for run in range(seed_order.runs)]


def _together(
    kind: Any, settings: AgentSettings, seed_order: Meetings, limit: FlopLimit, trials: int
) -> list[traces.Trace]:
    """Run all repetitions side by side, longer than they will last, and cut each where its budget ends."""
    runs = np.arange(seed_order.runs)

    def reward(actions: Integers) -> Floats:
        rows = seed_order.oracle.rows_of(actions)
        return seed_order.rewards_at(rows, seed_order.columns(runs, rows, 0))

    # An eighth to spare for networks below the mean cost; doubled below where that was too short.
    paid = None if seed_order.alike is None else limit.trials_at(seed_order.alike)
    episodes = trials + trials // 8 if paid is None else paid
    while True:
        # Rounded up to whole batches, as the driver asks for them.
        whole = -(-episodes // settings.batch) * settings.batch
        # From the first trial each time, since a simulation that has ended cannot be continued.
        actions, _ = kind.simulate_choices(
            seed_order.oracle.space, settings, reward, episodes=whole, runs=seed_order.runs, seed=traces.FIRST_SEED
        )
        rows = seed_order.oracle.rows_of(actions)
        names = other_names.names_of(seed_order.oracle, actions)
        if paid is not None:  # known before, since all cost the same
            lengths = [paid] * seed_order.runs
            break
        lengths = [
            affordable(limit.account(), seed_order, own, seed_order.columns(run, own, 0), its)
            for run, (own, its) in enumerate(zip(rows, [None] * len(rows) if names is None else names, strict=True))
        ]
        if max(lengths) < whole or whole >= LONGEST * trials:
            break
        episodes = min(2 * episodes, LONGEST * trials)
    met = [rows[run, :length] for run, length in enumerate(lengths)]
    called = [None if names is None else names[run, :length] for run, length in enumerate(lengths)]
    columns = [seed_order.columns(run, own, 0) for run, own in enumerate(met)]
    return [seed_order.trace(own, seen, names=its) for own, seen, its in zip(met, columns, called, strict=True)]


def affordable(
    account: Account, seed_order: Meetings, rows: Integers, columns: Integers, names: Integers | None = None
) -> int:
    """Return how many trials, from the first on, an account pays for, and book them; all arrays are (trials,).

    `names`: by which the search tells candidates apart, where these are not their rows.
    """
    rewards, levels = seed_order.rewards_at(rows, columns).tolist(), seed_order.levels_at(rows, columns)
    trained = (~np.isnan(levels)).tolist()
    keys = (rows if names is None else names).tolist()
    for place, (key, row) in enumerate(zip(keys, rows.tolist(), strict=True)):
        if not account.fitting([(key, row)]):
            return place
        account.settle(key, row, rewards[place], trained=trained[place])
    return len(rows)


def _ask_and_tell(
    settings: AgentSettings,
    seed_order: Meetings,
    run: int,
    limit: FlopLimit,
    places: Sequence[int],
) -> traces.Trace:
    """Ask and tell one search, as the real driver does: whole batches, the last one cut where its budget ends."""
    agent = make_agent(seed_order.oracle.space, settings, traces.FIRST_SEED + run)
    assert isinstance(agent, Agent)  # the others run side by side
    rows: list[int] = []
    positions: list[int] = []
    epsilons: list[float] = []
    names: list[int] = []
    account = limit.account()
    most = None if seed_order.alike is None else limit.trials_at(seed_order.alike)
    while account.open if most is None else len(rows) < most:
        proposals = agent.ask(settings.batch)
        if not proposals:
            break
        actions = padded(proposals)
        proposed = seed_order.oracle.rows_of(actions)
        replicates = np.array([places[proposal.replicate % len(places)] for proposal in proposals])
        columns = seed_order.columns(run, proposed, replicates)
        called = other_names.names_of(seed_order.oracle, actions)
        # Whole batches are asked for and cut where the budget ends.
        if most is None:
            paid = affordable(account, seed_order, proposed, columns, called)
        else:
            paid = min(len(proposals), most - len(rows))
        if not paid:
            break
        agent.tell(proposals[:paid], seed_order.rewards_at(proposed[:paid], columns[:paid]).tolist())
        rows += proposed[:paid].tolist()
        names += [] if called is None else called[:paid].tolist()
        positions += replicates[:paid].tolist()
        epsilons += [proposal.info["epsilon"] for proposal in proposals[:paid] if "epsilon" in proposal.info]
        if paid < settings.batch:  # the budget ended inside the batch
            break
    met = np.array(rows, np.int64)
    columns = seed_order.columns(run, met, np.array(positions, np.int64))
    known = np.array(epsilons) if len(epsilons) == len(rows) else None
    return seed_order.trace(met, columns, known, np.array(names, np.int64) if names else None)
