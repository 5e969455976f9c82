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
from rlsearch.controls import traces
from rlsearch.controls.simulate import Floats, Integers, padded, side_by_side
from rlsearch.errors import SettingsError
from rlsearch.search.answers import Answers
from rlsearch.search.answers.oracle import Oracle
from rlsearch.search.budget import Account, FlopLimit
from rlsearch.search.limits import flop_limit, policy_limit
from rlsearch.search.ranking import alike
from rlsearch.truth.table import search_places

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
    seed_order = traces.SeedOrder(oracle, study.reward, answers.name, control.runs)
    search = artefacts.search_of(study, agent)
    if artefacts.learns_policy(study, agent):
        from rlsearch.controls import policy_repetitions  # gymnasium takes a while to import

        price = answers.policy_price(arms(study)[agent])
        limit = policy_limit(oracle.prices, search, control.trials, KEY, price, most=LONGEST * control.trials)
        return policy_repetitions.block(answers, agent, study, seed_order, limit, controls=controls)
    places = search_places(oracle.seeds, study.search.replicates, 0)
    settings = arms(study)[agent]
    earliest = settings.answer == "first"
    limit = budget(oracle, control, search, earliest=earliest)
    repeated = searches(settings, seed_order, limit, control.trials, places)
    if empty := sum(not len(trace.rows) for trace in repeated):
        raise _no_trial(answers.name, agent, empty, control)
    return traces.block(repeated, seed_order, control, study.search, limit.total, earliest=earliest)


def _no_trial(study: str, agent: str, empty: int, control: RepetitionSettings) -> SettingsError:
    """Return the error of searches that end before they have begun; real ones say so too (`check_succeeded`)."""
    return SettingsError(
        f"{empty} of {control.runs} repeated searches of agent {agent!r} have no trial: nothing was proposed, or what"
        " was first proposed costs more than the budget pays for beside the finalists",
        where=f"studies.{study}.{KEY} = {control.trials}",
        remedy=f"raise {KEY}, or lower search.finalists or search.replicates",
    )


def budget(oracle: Oracle, control: RepetitionSettings, search: SearchSettings, *, earliest: bool = False) -> FlopLimit:
    """Return the common budget: `trials` networks of mean cost, finalists included.

    `earliest`: the finalists of a search are its first candidates, not its best.
    """
    flops, most, mean = oracle.flops.tolist(), LONGEST * control.trials, alike if earliest else _mean
    return flop_limit(oracle.prices, search, control.trials, KEY, flops.__getitem__, most=most, mean=mean)


def _mean(rewards: Sequence[float]) -> float:
    """Return the mean as `best.distinct` takes it, to the last bit: `sum` may round otherwise."""
    return reduce(add, rewards) / len(rewards)


def searches(
    settings: AgentSettings, seed_order: traces.SeedOrder, limit: FlopLimit, trials: int, places: Sequence[int] = (0,)
) -> list[traces.Trace]:
    """Return one trace for each repetition of an agent; `places` answer its replicates (`search_places`)."""
    kind = plugins.load("agents", settings.type).AGENT
    space = seed_order.oracle.space
    if side_by_side(kind, space, settings, LONGEST * trials):
        return _together(kind, settings, seed_order, limit, trials)
    return [_ask_and_tell(settings, seed_order, run, limit, places) for run in range(seed_order.runs)]


def _together(
    kind: Any, settings: AgentSettings, seed_order: traces.SeedOrder, limit: FlopLimit, trials: int
) -> list[traces.Trace]:
    """Run all repetitions side by side, longer than they will last, and cut each where its budget ends."""
    runs = np.arange(seed_order.runs)

    def reward(actions: Integers) -> Floats:
        rows = seed_order.oracle.rows_of(actions)
        return np.asarray(seed_order.reward[rows, seed_order.columns(runs, rows, 0)])

    # An eighth to spare for networks below the mean cost; doubled below where that was too short.
    episodes = trials + trials // 8
    while True:
        # Rounded up to whole batches, as the driver asks for them.
        whole = -(-episodes // settings.batch) * settings.batch
        # From the first trial each time, since a simulation that has ended cannot be continued.
        actions, _ = kind.simulate_choices(
            seed_order.oracle.space, settings, reward, episodes=whole, runs=seed_order.runs, seed=traces.FIRST_SEED
        )
        rows = seed_order.oracle.rows_of(actions)
        lengths = [
            affordable(limit.account(), seed_order, own, seed_order.columns(run, own, 0))
            for run, own in enumerate(rows)
        ]
        if max(lengths) < whole or whole >= LONGEST * trials:
            break
        episodes = min(2 * episodes, LONGEST * trials)
    met = [rows[run, :length] for run, length in enumerate(lengths)]
    return [seed_order.trace(own, seed_order.columns(run, own, 0)) for run, own in enumerate(met)]


def affordable(account: Account, seed_order: traces.SeedOrder, rows: Integers, columns: Integers) -> int:
    """Return how many trials, from the first on, an account pays for, and book them; rows and columns are (trials,)."""
    rewards, levels = seed_order.reward[rows, columns].tolist(), seed_order.levels[rows, columns]
    trained = (~np.isnan(levels)).tolist()
    for place, row in enumerate(rows.tolist()):
        if not account.fitting([(row, row)]):
            return place
        account.settle(row, row, rewards[place], trained=trained[place])
    return len(rows)


def _ask_and_tell(
    settings: AgentSettings,
    seed_order: traces.SeedOrder,
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
    account = limit.account()
    while account.open:
        proposals = agent.ask(settings.batch)
        if not proposals:
            break
        proposed = seed_order.oracle.rows_of(padded(proposals))
        replicates = np.array([places[proposal.replicate % len(places)] for proposal in proposals])
        columns = seed_order.columns(run, proposed, replicates)
        # Whole batches are asked for and cut where the budget ends.
        if not (paid := affordable(account, seed_order, proposed, columns)):
            break
        agent.tell(proposals[:paid], seed_order.reward[proposed[:paid], columns[:paid]].tolist())
        rows += proposed[:paid].tolist()
        positions += replicates[:paid].tolist()
        epsilons += [proposal.info["epsilon"] for proposal in proposals[:paid] if "epsilon" in proposal.info]
        if paid < settings.batch:  # the budget ended inside the batch
            break
    met = np.array(rows, np.int64)
    columns = seed_order.columns(run, met, np.array(positions, np.int64))
    return seed_order.trace(met, columns, np.array(epsilons) if len(epsilons) == len(rows) else None)
