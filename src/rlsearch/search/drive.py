"""The driving of one search: its agent, its driver and its journal."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from rlsearch import provenance
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._making import make_agent
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.config.twins import arms
from rlsearch.errors import locating
from rlsearch.files import pretty_json, write_if_changed
from rlsearch.progress import Progress
from rlsearch.search import ledger
from rlsearch.search.answers import Answers
from rlsearch.search.budget import FlopLimit
from rlsearch.search.driver import Driver, Parts
from rlsearch.search.evaluators import Evaluator
from rlsearch.search.journal import Journal
from rlsearch.search.limits import flop_limit, policy_limit
from rlsearch.search.ranking import alike
from rlsearch.search.run_control import RunControl
from rlsearch.search.run_env import driver_of
from rlsearch.search.stopping import check_succeeded

logger = logging.getLogger(__name__)


def drive(
    answers: Answers, identity: Mapping[str, Any], work: Path, evaluator: Evaluator
) -> tuple[Driver, list[ledger.Trial]]:
    """Run the trials of one search, continuing from the journal in `work`, which this process must hold.

    Args:
        identity: of the search (`search_identity`); evaluator: what `answers` gives for its seed.

    Raises:
        SearchStopped: no trial ended with status ok, or too many failed.
    """
    agent, seed = str(identity["agent"]), int(identity["seed"])
    settings, began = artefacts.search_of(answers.study, agent), environment(answers.params)
    limit = _limit(answers, agent)
    about = {**identity, "trials": settings.trials, "budget_flops": limit.total}
    with (
        Journal(work / "journal.jsonl", began) as journal,
        Progress(settings.trials, f"{answers.name} {agent} seed {seed}") as progress,
    ):
        # Beside the journal, where `rlsearch rerun` looks up what has changed since (`rerun._parts_changed`).
        write_if_changed(work / "identity.json", pretty_json(about))
        if finished := len(journal.recorded.trials):
            logger.info("%s %s seed %d goes on after %d finished trials", answers.name, agent, seed, finished)
        parts: Parts = {
            "space": answers.space,
            "evaluator": evaluator,
            "reward": answers.reward,
            "limit": limit,
            "journal": journal,
            "max_failed_share": settings.max_failed_share,
            "accept_recorded": os.environ.get("RLSEARCH_ACCEPT_RECORDED") == "1",
            "ticker": progress,
            "environment": began,
            "label": agent,
        }
        driver = _driver(answers, agent, seed, parts)
        with locating(f"study {answers.name!r}, seed {seed}"):
            entries = driver.run()
        check_succeeded(entries, work)
        return driver, ledger.trials(answers.space, entries, answers.reward)


def _limit(answers: Answers, agent: str) -> FlopLimit:
    """Return the budget of an agent's searches."""
    study = answers.study
    search, prices = artefacts.search_of(study, agent), answers.prices()
    asked = (search, search.budget, "search.budget")
    if artefacts.learns_policy(study, agent):
        return policy_limit(prices, *asked, answers.policy_price(arms(study)[agent]), most=search.most_trials)
    mean = alike if arms(study)[agent].answer == "first" else fmean
    return flop_limit(prices, *asked, answers.price, most=search.most_trials, mean=mean)


def _driver(answers: Answers, agent: str, seed: int, parts: Parts) -> Driver:
    settings = arms(answers.study)[agent]
    chosen = make_agent(answers.space, settings, seed)
    if not (isinstance(chosen, EnvAgent) and answers.space.closed_loop):
        return driver_of(chosen, batch=settings.batch, **parts)
    return RunControl(
        agent=chosen,
        measure=answers.study.measure,
        start=partial(answers.stepwise_child, agent, seed),
        weights=answers.weights,
        outputs=answers.outputs,
        step_flops=answers.step_flops,
        optimizers=getattr(settings, "optimizers", None),
        **parts,
    )


def environment(params: Params) -> dict[str, Any]:
    """Return what may explain that a recorded proposal cannot be repeated."""
    return {**provenance.versions(), **provenance.machine(), "device": params.runtime.device}
