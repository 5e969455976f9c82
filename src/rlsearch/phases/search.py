"""The search phase: one agent, one study, one search seed, from the training data to an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlsearch import provenance, stamps
from rlsearch.config import artefacts
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.config.search_files import learnt_files
from rlsearch.config.twins import arms
from rlsearch.data.digest import data_digest
from rlsearch.files import digest, pretty_json, write_output
from rlsearch.search import finalists, learnt, ledger, leftover
from rlsearch.search.answers import Answers, answers_of
from rlsearch.search.budget import Account
from rlsearch.search.drive import drive
from rlsearch.search.driver import Driver
from rlsearch.search.identity import search_identity
from rlsearch.search.lock import exclusive
from rlsearch.search.store import WORK
from rlsearch.spaces.base import Space
from rlsearch.spaces.closed_loop import ClosedLoop


def run(params: Params, study: str, agent: str, seed: int, root: Path = Path(".")) -> None:
    """Search, re-evaluate the finalists, and write the artefacts; continues where an earlier run stopped."""
    answers = answers_of(params, study, root)
    identity = search_identity(params, study, agent, seed, answers.digest)
    work = root / WORK / "search" / study / agent / f"seed-{seed}" / digest(identity)[:16]
    settings = answers.study.search
    with exclusive(work), answers.evaluator(seed, params.runtime.workers) as evaluator:
        driver, trials = drive(answers, identity, work, evaluator)
        chosen = _policy_candidate(answers, driver) or finalists.candidates(
            trials, settings.finalists, earliest=arms(answers.study)[agent].answer == "first"
        )
        ranked = finalists.ranked(
            finalists.evaluate_again(chosen, evaluator, answers.reward, settings.replicates, "finalist")
        )
        winner = [(f.key, f.spec, f.mean_reward) for f in ranked[:1]]
        scored = finalists.evaluate_again(winner, evaluator, answers.reward, settings.score_replicates, "replicate")
    summary = {
        "study": study,
        "agent": agent,
        "seed": seed,
        **_counts(trials, ranked, scored, driver, learned=artefacts.learns_policy(answers.study, agent)),
        "left": _left(answers, driver, trials, ranked),
        **_answer(scored, answers.space),
        # Without the number of searches: more of them beside this one change nothing in it.
        "search": settings.model_dump(mode="json", exclude={"seeds"}),
        "bit_exact": driver.bit_exact,
        "provenance": provenance.record(
            params, data=data_digest(answers.files), code=identity["code"], settings=digest(identity)
        ),
    }
    recorded = driver.journal.recorded
    files = {
        "trials.jsonl": ledger.render(trials, recorded),
        "finalists.csv": finalists.render(ranked, answers.space, answers.reward.measure),
    }
    if isinstance(answers.space, ClosedLoop):
        files["steps.csv"] = ledger.steps(
            answers.space, trials, recorded, answers.reward.measure, answers.weights, answers.outputs
        )
        files["policy.json"] = pretty_json(_policy(scored))
    if told := learnt_files(answers.study, agent):
        files |= learnt.files(driver.learnt, told, f"agent {agent!r} of study {study!r}")
    folder = root / artefacts.search_folder(study, agent, seed)
    # times.csv is not among the stamped files: times differ from run to run.
    for name, content in {**files, "times.csv": ledger.times(trials)}.items():
        write_output(folder / name, content)
    asked = Asked(params).digest("search", study, agent=agent)
    # Last, since its stamp vouches for the files before it: a killed job leaves none that does.
    write_output(folder / "summary.json", pretty_json(stamps.stamped(summary, asked, files)))


def _policy_candidate(answers: Answers, driver: Driver) -> list[tuple[str, Mapping[str, Any], float]]:
    """Return the frozen policy as the one candidate of a search that learned one; nothing for other searches."""
    spec = driver.learned
    return [] if spec is None else [(answers.space.key(spec), spec, driver.best or 0.0)]


def _policy(scored: Sequence[finalists.Finalist]) -> Mapping[str, Any]:
    """Return policy.json: what decides after the search, as weights and settings, or as a schedule."""
    return dict(scored[0].spec["training"])


def _answer(scored: Sequence[finalists.Finalist], space: Space) -> Mapping[str, Any]:
    answer = dict(finalists.answer(scored[0], space))
    if space.closed_loop:
        answer["schedule"] = list(scored[0].schedule)
    return {"answer": answer}


def _counts(
    trials: Sequence[ledger.Trial],
    ranked: Sequence[finalists.Finalist],
    scored: Sequence[finalists.Finalist],
    driver: Driver,
    *,
    learned: bool,
) -> Mapping[str, Any]:
    """Return trials, statuses and the three axes of cost; a cached outcome counts as a proposal and as FLOPs."""
    # Every episode of a policy trains a child of its own, whatever schedule it took.
    children = {(trial.key, trial.index if learned else trial.entry.proposal.replicate) for trial in trials}
    return {
        "trials": len(trials),
        "unique": len({trial.key for trial in trials}),
        "statuses": dict(sorted(Counter(trial.entry.outcome.status for trial in trials).items())),
        "cost": {
            "proposals": len(trials),
            "unique_evaluations": len(children),
            "flops": sum(trial.entry.outcome.flops for trial in trials),
            "finalist_flops": sum(f.flops for f in ranked),
            "score_flops": sum(f.flops for f in scored),
            "budget_flops": _account(driver).limit.total,
        },
    }


def _left(
    answers: Answers, driver: Driver, trials: Sequence[ledger.Trial], ranked: Sequence[finalists.Finalist]
) -> Mapping[str, Any]:
    spent = sum(trial.entry.outcome.flops for trial in trials)
    return leftover.left(_account(driver), spent, ranked, answers.unneeded)


def _account(driver: Driver) -> Account:
    assert isinstance(driver.account, Account)
    return driver.account
