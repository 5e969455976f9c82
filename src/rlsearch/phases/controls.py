"""The controls phase: what would this agent have shown if there were nothing to find, and would it find an optimum?

Null: the reward is noise, measured on real children at fixed candidates, either the same everywhere or growing and
shrinking with the action around a flat mean; and one real search on permuted labels. Power: an optimum is planted into
the same noise at the same reward level. With a truth table the noise is that of its columns, whole searches are
repeated on it, and the variance of policy gradients is measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlsearch import provenance, stamps
from rlsearch.config import artefacts, plugins
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.config.twins import arms, is_twin, learns
from rlsearch.controls import agent_sensitivity, gradient, made_up, noise, repetitions
from rlsearch.controls.signs import of_search
from rlsearch.data.digest import data_digest
from rlsearch.errors import locating
from rlsearch.files import digest, pretty_json, write_output
from rlsearch.search.answers import Answers, answers_of
from rlsearch.search.drive import drive
from rlsearch.search.identity import search_identity
from rlsearch.search.lock import exclusive
from rlsearch.search.store import WORK
from rlsearch.spaces.base import Continuous


def run(params: Params, study: str, agent: str, root: Path = Path(".")) -> None:
    """Measure the noise, simulate the controls of one agent and write results/controls/<study>/<agent>.json.

    Raises:
        PolicyError: a policy that learns in one of the simulated searches overflows.
    """
    with locating(f"controls of study {study!r}, agent {agent!r}"):
        result = _result(params, study, agent, root)
    asked = Asked(params).digest("controls", study, agent=agent)
    write_output(root / artefacts.controls_file(study, agent), pretty_json(stamps.stamped(result, asked)))


def _result(params: Params, study: str, agent: str, root: Path) -> dict[str, Any]:
    answers = answers_of(params, study, root)
    control, chosen = answers.study.controls, arms(answers.study)[agent]
    measured = noise.measure(answers)
    # Null runs are cut about where the real searches end, with which they are compared.
    prefix = min(answers.study.search.trials, control.episodes)
    identity = search_identity(params, study, agent, 0, answers.digest)
    continuous = isinstance(answers.space.next(()), Continuous)
    simulated: dict[str, Any] = dict.fromkeys(("null_constant", "null_heteroscedastic", "planted"))
    if not is_twin(agent) and (control.agents is None or agent in control.agents):
        simulated = (made_up.of_decision if continuous else made_up.of_choices)(answers, agent, measured, prefix)
    shuffled = control.permuted_labels and learns(chosen) and answers.trains
    return {
        "study": study,
        "agent": agent,
        "learns": learns(chosen),
        "episodes": control.episodes,
        "runs": control.runs,
        "prefix": prefix,
        "noise": measured.to_json(),
        **simulated,
        "permuted_labels": _permuted(params, study, agent, root) if shuffled else None,
        **({} if continuous else _of_choices(answers, agent, measured)),
        "provenance": provenance.record(
            params,
            data=data_digest(answers.files),
            code=identity["code"],
            settings=digest([identity, control.model_dump(mode="json")]),
        ),
    }


def _of_choices(answers: Answers, agent: str, measured: noise.Noise) -> dict[str, Any]:
    """Return the blocks that only spaces of choices have; null where the settings ask for none."""
    control, chosen = answers.study.controls, arms(answers.study)[agent]
    kind = plugins.load("agents", chosen.type).AGENT
    wanted = control.gradient is not None and (control.gradient.agents is None or agent in control.gradient.agents)
    estimates = wanted and learns(chosen) and getattr(kind, "gradient_estimator", False)
    return {
        "repetitions": repetitions.block(answers, agent),
        "gradient": gradient.block(answers, agent, measured) if estimates else None,
        "sensitivity": agent_sensitivity.block(answers, agent),
    }


def _permuted(params: Params, study: str, agent: str, root: Path) -> dict[str, Any]:
    """Run one real search whose labels are shuffled: any rise in reward is an artefact of the agent."""
    answers = answers_of(params, study, root, permuted=True)
    identity = search_identity(params, study, agent, 0, answers.digest)
    work = root / WORK / "controls" / study / agent / digest(identity)[:16]
    with exclusive(work), answers.evaluator(0, params.runtime.workers) as evaluator:
        _, trials = drive(answers, identity, work, evaluator)
    choices = not isinstance(answers.space.next(()), Continuous)
    actions: list[Any] = [list(trial.actions) if choices else float(trial.actions[0]) for trial in trials]
    rewards = [float(trial.reward) for trial in trials]
    proposed = [trial.key for trial in trials] if choices else actions
    return {**of_search(proposed, rewards, choices=choices), "actions": actions, "rewards": rewards}
