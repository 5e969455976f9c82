"""Whole searches repeated in memory on an oracle, all agents at the same cost and with the same seed order.

In repetition i every agent meets the same training of each network, so the agents pair by repetition. A search goes on
while the largest network fits into what is left, its finalists are paid from the same budget, and its answer follows
the rule of the real searches. Of a table only the validation part is read; `evidence.worth` judges the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlsearch.agents._making import make_agent
from rlsearch.agents.base import Agent
from rlsearch.config import artefacts, plugins
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import RepetitionSettings, SearchSettings, StudySettings
from rlsearch.config.twins import arms
from rlsearch.controls import traces
from rlsearch.controls.simulate import Floats, Integers, padded, side_by_side
from rlsearch.search.answers import Answers
from rlsearch.search.answers.oracle import Oracle
from rlsearch.search.stopping import FlopLimit, flop_limit
from rlsearch.truth.table import search_places

MOST = 4
"""A search ends after this many times the trials of the settings, however cheap its networks are."""


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
    limit = budget(oracle, control, artefacts.search_of(study, agent))
    if artefacts.learns_policy(study, agent):
        from rlsearch.controls import policy_repetitions  # gymnasium takes a while to import

        return policy_repetitions.block(answers, agent, study, seed_order, limit, controls=controls)
    places = search_places(oracle.seeds, study.search.replicates, 0)
    repeated = searches(arms(study)[agent], seed_order, limit, control.trials, places)
    return traces.block(repeated, seed_order, control, study.search, limit.total)


def budget(oracle: Oracle, control: RepetitionSettings, search: SearchSettings) -> FlopLimit:
    """Return the common budget: `trials` networks of mean cost, finalists included at the price of the largest."""
    return flop_limit(oracle.prices, search, control.trials, "controls.repetitions.trials")


def searches(
    settings: AgentSettings, seed_order: traces.SeedOrder, limit: FlopLimit, trials: int, places: Sequence[int] = (0,)
) -> list[traces.Trace]:
    """Return one trace for each repetition of an agent; `places` answer its replicates (`search_places`)."""
    kind = plugins.load("agents", settings.type).AGENT
    space = seed_order.oracle.space
    if side_by_side(kind, space, settings, MOST * trials):
        return _together(kind, settings, seed_order, limit, trials)
    return [_ask_and_tell(settings, seed_order, run, limit, trials, places) for run in range(seed_order.runs)]


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
        lengths = _affordable(seed_order.oracle.flops[rows], limit)
        if lengths.max() < whole or whole >= MOST * trials:
            break
        episodes = min(2 * episodes, MOST * trials)
    met = [rows[run, :length] for run, length in enumerate(np.minimum(lengths, MOST * trials))]
    return [seed_order.trace(own, seed_order.columns(run, own, 0)) for run, own in enumerate(met)]


def _affordable(costs: Integers, limit: FlopLimit, spent: int = 0) -> Integers:
    """Return how many more trials (runs,) of these costs (runs, episodes) the budget pays for when `spent` is gone."""
    before = spent + np.cumsum(costs, axis=1) - costs
    # A trial begins while the largest network (`unit`) fits beside what is reserved for the finalists.
    return np.asarray((before + limit.unit <= limit.total - limit.reserve).sum(axis=1))


def _ask_and_tell(
    settings: AgentSettings,
    seed_order: traces.SeedOrder,
    run: int,
    limit: FlopLimit,
    trials: int,
    places: Sequence[int],
) -> traces.Trace:
    """Ask and tell one search, as the real driver does: whole batches, the last one cut where its budget ends."""
    agent = make_agent(seed_order.oracle.space, settings, traces.FIRST_SEED + run)
    assert isinstance(agent, Agent)  # the others run side by side
    rows: list[int] = []
    positions: list[int] = []
    spent = 0
    while limit.remaining(len(rows), spent) > 0 and len(rows) < MOST * trials:
        proposals = agent.ask(settings.batch)
        if not proposals:
            break
        proposed = seed_order.oracle.rows_of(padded(proposals))
        # Whole batches are asked for and cut where the budget ends: costs are known once there are proposals.
        affordable = int(_affordable(seed_order.oracle.flops[proposed][None], limit, spent)[0])
        paid = min(affordable, MOST * trials - len(rows))
        proposals, proposed = proposals[:paid], proposed[:paid]
        replicates = np.array([places[proposal.replicate % len(places)] for proposal in proposals])
        agent.tell(proposals, seed_order.reward[proposed, seed_order.columns(run, proposed, replicates)].tolist())
        rows += proposed.tolist()
        positions += replicates.tolist()
        spent += int(seed_order.oracle.flops[proposed].sum())
        if paid < settings.batch:  # the budget ended inside the batch
            break
    met = np.array(rows, np.int64)
    return seed_order.trace(met, seed_order.columns(run, met, np.array(positions, np.int64)))
