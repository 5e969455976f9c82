"""What a search of a study needs, made once, and the driving of its trials."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlsearch import provenance
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._made import made as made_agent
from rlsearch.agents.base import Agent
from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params, StudySettings
from rlsearch.config.twins import arms
from rlsearch.errors import locating
from rlsearch.files import digest, pretty_json, write_if_changed
from rlsearch.progress import Progress
from rlsearch.search import ledger, proxy
from rlsearch.search.budget import Prices, flop_limit
from rlsearch.search.driver import Driver, check_succeeded
from rlsearch.search.evaluators import ChildEvaluator, Evaluator
from rlsearch.search.journal import Journal
from rlsearch.search.ready import device
from rlsearch.search.reward import Reward
from rlsearch.search.run_control import RunControl, Trainee
from rlsearch.search.run_env import driver_of
from rlsearch.search.store import WORK, OutcomeStore
from rlsearch.search.table_evaluator import TableEvaluator
from rlsearch.spaces.base import Space
from rlsearch.spaces.closed_loop import loop_of
from rlsearch.training.observation import Weights
from rlsearch.truth.table import TruthTable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Setup:
    """All that a search of a study needs, made once.

    Attributes:
        task: the proxy task, or None where a truth table answers; table: that table, or None.
        task_digest: the identity of either; data: the files that it reads.
    """

    study: StudySettings
    space: Space
    task: Any
    task_digest: str
    data: tuple[Path, ...]
    reward: Reward
    root: Path
    table: TruthTable | None = None

    def evaluator(self, name: str, seed: int, workers: int) -> ChildEvaluator | TableEvaluator:
        """Return what trains this study's children, or looks them up."""
        if self.table is not None:
            search = self.study.search
            return TableEvaluator(
                self.table, name, seed, search.replicates, search.score_replicates, self.table.judges("validation")
            )
        store = OutcomeStore(self.root / WORK / "outcomes")
        checkpoints = self.root / WORK / "children"
        return ChildEvaluator(self.task, self.task_digest, name, seed, store, workers=workers, checkpoints=checkpoints)

    def trainees(self, name: str, label: str, seed: int) -> Callable[[int], Trainee]:
        """Return what makes the child of an episode, where a policy chooses optimizers."""
        from rlsearch.search.trainees import TableChild, episode_seed, table_column, trained_child

        if self.table is not None:
            table = self.table
            return lambda number: TableChild(table, table_column(table, name, seed, number))
        folder = self.root / WORK / "children"
        spec = loop_of(self.space).training({"schedule": []})
        # All that shapes the state of a child but the steps taken, which it holds itself; and the agent, since several
        # search side by side.
        of = digest([self.task_digest, spec, name, label, seed])
        return lambda number: trained_child(
            self.task, spec, episode_seed(name, seed, number), folder / f"{of}-{number}.pt"
        )

    @property
    def weights(self) -> Weights:
        """The weights of a step's reward."""
        return Weights(**self.study.reward.of_steps.model_dump())

    @property
    def outputs(self) -> int:
        """How many answers the study's networks choose from."""
        return self.table.outputs if self.table is not None else int(self.task.form.outputs)

    @property
    def step_flops(self) -> int:
        """The cost of one step of plain SGD, the unit in which a policy pays for its steps."""
        from rlsearch.search.trainees import step_flops, trained_step_flops

        return step_flops(self.table) if self.table is not None else trained_step_flops(loop_of(self.space), self.task)


def setup(params: Params, name: str, root: Path, *, permuted: bool = False) -> Setup:
    """Build space and proxy task of a study, or read its truth table; the latter takes no torch.

    Raises:
        DataError: the table is not there, or does not fit its recipe.
    """
    study, files = params.studies[name], proxy.files(params, name, root)
    space = plugins.load("spaces", study.space.type).SPACE(study.space)
    task = table = None
    if study.table is not None:
        table = TruthTable.load(study.table, "validation", root)
    else:
        from rlsearch.training.task import Task

        device(params)
        task = Task(study.proxy, params.runtime, files[:1], files[1], permuted=permuted)
    identity = proxy.identity(params, name, root, permuted=permuted)
    return Setup(study, space, task, identity, files, Reward(study.reward, study.measure), root, table)


def prices(made: Setup) -> Prices:
    """Return what full trainings of this study's networks cost."""
    if made.table is not None:
        return Prices.of(made.table.flops.tolist())
    return proxy.prices(made.space, made.study.search, made.task.full_cost)


def make_agent(study: StudySettings, label: str, space: Space, seed: int) -> Agent | EnvAgent:
    """Build an agent, or a never-updated twin, by its label."""
    return made_agent(space, arms(study)[label], seed)


def drive(
    params: Params, made: Setup, identity: Mapping[str, Any], work: Path, evaluator: Evaluator
) -> tuple[Driver, list[ledger.Trial]]:
    """Run the trials of one search, continuing from the journal in `work`, which this process must hold.

    Raises:
        SearchStopped: no trial ended with status ok, or too many failed.
    """
    study, agent, seed = identity["study"], identity["agent"], identity["seed"]
    settings = artefacts.search_of(made.study, agent)
    limit = flop_limit(prices(made), settings, settings.budget, "search.budget", settings.most_trials)
    about = {**identity, "trials": settings.trials, "budget_flops": limit.total}
    with (
        Journal(work / "journal.jsonl", environment(params)) as journal,
        Progress(settings.trials, f"{study} {agent} seed {seed}") as progress,
    ):
        write_if_changed(work / "identity.json", pretty_json(about))
        if finished := len(journal.recorded.trials):
            logger.info("%s %s seed %d goes on after %d finished trials", study, agent, seed, finished)
        chosen = make_agent(made.study, agent, made.space, seed)
        common = {
            "space": made.space,
            "evaluator": evaluator,
            "reward": made.reward,
            "limit": limit,
            "journal": journal,
            "max_failed_share": settings.max_failed_share,
            "accept_recorded": os.environ.get("RLSEARCH_ACCEPT_RECORDED") == "1",
            "ticker": progress,
            "environment": environment(params),
            "label": agent,
        }
        if isinstance(chosen, EnvAgent) and made.space.closed_loop:
            driver: Driver = _control(made, chosen, study, agent, seed, common)
        else:
            driver = driver_of(chosen, batch=arms(made.study)[agent].batch, **common)
        with locating(f"study {study!r}, seed {seed}"):
            entries = driver.run()
        check_succeeded(entries, work)
        return driver, ledger.trials(made.space, entries, made.reward)


def _control(made: Setup, chosen: EnvAgent, study: str, label: str, seed: int, common: Mapping[str, Any]) -> RunControl:
    """Return the driver of a policy that chooses optimizers."""
    return RunControl(
        agent=chosen,
        start=made.trainees(study, label, seed),
        weights=made.weights,
        outputs=made.outputs,
        step_flops=made.step_flops,
        optimizers=getattr(arms(made.study)[label], "optimizers", None),
        **common,
    )


def environment(params: Params) -> dict[str, Any]:
    """Return what may explain that a recorded proposal cannot be repeated."""
    return {**provenance.versions(), **provenance.machine(), "device": params.runtime.device}
