"""Everything that a study left on disk, read once. What is not there yet is listed, not guessed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from rlsearch.config import artefacts, plugins
from rlsearch.config.models import DatasetSettings, Params, StudySettings
from rlsearch.config.twins import agent_of, arms
from rlsearch.errors import RlsearchError
from rlsearch.evidence import claims, fidelity, regret, signs, tables
from rlsearch.evidence.verdict import Verdict
from rlsearch.measures import Measure
from rlsearch.report import control, frames
from rlsearch.report.control import ControlData
from rlsearch.report.frames import TIME_COLUMNS
from rlsearch.report.places import places
from rlsearch.spaces.base import Continuous, Space, Spec

NO_BREAK = "\N{NO-BREAK SPACE}"
SHORT_LABEL = 16
"""The longest candidate, in letters, that a figure prints in full."""

_Key = TypeVar("_Key")


@dataclass(frozen=True, eq=False)
class StudyData:
    """The artefacts of one study.

    Attributes:
        name: the study's key in params.yaml.
        settings, dataset, space: what was searched, on what, and how.
        root: the project folder.
        trials: one row per trial (frames.TRIAL_COLUMNS); `action` is NaN unless the space is one continuous decision,
            `level` (of the measure) is NaN where none was measured, `policy_loss` where the agent reported none;
            `return`, `steps`, `random_actions` (so far) and `epsilon` are of agents that learn a policy.
        summaries: summary.json by (agent, seed).
        searches: rows of searches.csv, one per search.
        controls: the controls file of each agent, and of each twin whose searches are repeated.
        slots: all slots in the order of the tables.
        selected, retrained: what filled a slot, and its retraining, by slot name.
        curves: one row per epoch of a retraining run (`slot`, then the columns of curves.csv).
        times: seconds of each child (TIME_COLUMNS); `cached` is 1 where the outcome came from the store.
        missing: the artefacts that are not there yet, relative to `root`.
        verdicts, fidelity, signs: what `rlsearch.evidence` makes of the above (signs by agent).
        regret: of the searches repeated on a truth table, by agent (see `rlsearch.evidence.regret`).
        control: what only studies have whose runs are trained step by step.
        places: the place of every agent's label in the palette, the same in all studies of a report.
    """

    name: str
    settings: StudySettings
    dataset: DatasetSettings
    space: Space
    root: Path
    trials: pd.DataFrame
    summaries: Mapping[tuple[str, int], Mapping[str, Any]]
    searches: Sequence[Mapping[str, Any]]
    controls: Mapping[str, Mapping[str, Any]]
    slots: tuple[artefacts.Slot, ...]
    selected: Mapping[str, Mapping[str, Any]]
    retrained: Mapping[str, Mapping[str, Any]]
    curves: pd.DataFrame
    times: pd.DataFrame
    missing: tuple[str, ...]
    verdicts: Sequence[Verdict]
    fidelity: Mapping[str, Any]
    signs: Mapping[str, Mapping[str, Any]]
    regret: Mapping[str, Any]
    control: ControlData
    places: Mapping[str, int]

    @property
    def measure(self) -> Measure:
        """What the study's networks are judged by."""
        return self.settings.measure

    def place(self, agent: str) -> int:
        """Return an agent's place in the palette; a twin that never updates has its agent's."""
        return self.places[agent_of(agent)]

    @property
    def closed_loop(self) -> bool:
        """Tell whether a choice is made at every step of a run, which answers it."""
        return artefacts.closed_loop(self.settings)

    @property
    def stepwise(self) -> bool:
        """Tell whether candidates say how a network is trained, so that runs are measured on their way."""
        return artefacts.stepwise(self.settings)

    @property
    def learners(self) -> list[str]:
        """Labels of the agents that learn a policy."""
        return control.learners(self.settings)

    @property
    def noun(self) -> str:
        """What the candidates of the space are, in one word."""
        return "schedule" if self.closed_loop else "setting" if self.stepwise else "network"

    @property
    def agents(self) -> list[str]:
        """Labels of the study's agents, in the order of the settings."""
        return list(self.settings.agents)

    @property
    def arms(self) -> list[str]:
        """Labels of all that search: the agents, then the never-updated twins of those that learn."""
        return list(arms(self.settings))

    @property
    def decision(self) -> Continuous | None:
        """The decision of a space that has exactly one and it is continuous, else None."""
        first = self.space.next(())
        if isinstance(first, Continuous) and self.space.next((first.low,)) is None:
            return first
        return None

    @property
    def rewards_on_test(self) -> bool:
        """Tell whether the search was rewarded on the published test set, as some sources did."""
        return self.dataset.validation == "published-test"

    @property
    def split(self) -> str:
        """The images on which the reward was measured, in one word."""
        return "test" if self.rewards_on_test else "validation"

    def of_role(self, role: artefacts.Role) -> list[artefacts.Slot]:
        """Return the slots whose candidates have this role."""
        return [slot for slot in self.slots if slot.role == role]

    @property
    def compared(self) -> list[artefacts.Slot]:
        """The slots that are compared on the target: all but the points of a grid."""
        return [slot for slot in self.slots if slot.role != "point"]

    def follows_policy(self, slot: artefacts.Slot) -> bool:
        """Tell whether a slot holds what an agent learned as a policy, rather than what that policy once did."""
        return slot.source in self.learners and slot.role in ("answer", "further")

    def label(self, slot: artefacts.Slot) -> str:
        """Return what stands in a slot, e.g. "s = 1.25", or "empty"."""
        return str(self.selected.get(slot.name, {}).get("label") or "empty")

    def title(self, slot: artefacts.Slot) -> str:
        """Return a slot's name and, where that says more, its candidate in brackets."""
        label = slot.name if slot.role == "reference" and self.closed_loop else self.label(slot)
        # A label such as "s = 1.2" stays on one line.
        return slot.name if label == slot.name else f"{slot.name} ({label.replace(' ', NO_BREAK)})"

    def short_title(self, slot: artefacts.Slot) -> str:
        """Return the same for a figure, where only a short candidate has room."""
        return self.title(slot) if len(self.label(slot)) <= SHORT_LABEL else slot.name

    def learned(self) -> pd.Series[bool]:
        """Tell for each trial whether its child learned anything: ok and, where chance is known, well above it."""
        ok = self.trials["status"] == "ok"
        chance = self.fidelity["chance"]
        if chance is None:
            return ok
        merits = self.measure.merit(self.trials["level"].to_numpy(np.float64))
        return ok & (merits > self.measure.merit(fidelity.least(self.measure, chance)))

    def value(self, spec: Spec | None) -> float | None:
        """Return where a spec lies on the axis of the single continuous decision, or None when it is not on it.

        The axis is found by decoding both ends of the range: the one number that differs is the decision.
        """
        decision = self.decision
        if decision is None or spec is None:
            return None
        low, high = (_leaves(self.space.decode((end,))) for end in (decision.low, decision.high))
        found = _leaves(spec)
        moving = [path for path in low if low[path] != high.get(path)]
        if len(moving) != 1 or found.keys() != low.keys():
            return None
        if any(found[path] != low[path] for path in low if path != moving[0]):
            return None
        return float(found[moving[0]])


def load(params: Params, name: str, root: Path) -> StudyData:
    """Read the artefacts of one study.

    Raises:
        RlsearchError: a file is there but cannot be read.
    """
    settings = params.studies[name]
    measure = settings.measure
    space: Space = plugins.load("spaces", settings.space.type).SPACE(settings.space)
    slots, jobs = artefacts.slots(settings), artefacts.searches(params, name)
    found, select = _Reader(root), artefacts.select_folder(name)
    folders = {job: artefacts.search_folder(name, *job) for job in jobs}
    homes = {slot.name: artefacts.retrain_folder(name, slot.name) for slot in slots}
    ledgers = {job: found.get(f / "trials.jsonl", tables.trials, root, name, *job) for job, f in folders.items()}
    summaries = {job: found.get(f / "summary.json", tables.summary, root, name, *job) for job, f in folders.items()}
    agents = {label: artefacts.controls_file(name, label) for label in artefacts.controlled(settings)}
    controls = {agent: found.get(file, tables.controls, root, name, agent) for agent, file in agents.items()}
    searches = found.get(select / "searches.csv", tables.searches, root, name, measure)
    selected = {slot: found.get(select / f"{slot}.json", tables.slot, root, name, slot) for slot in homes}
    retrained = {slot: found.get(f / "metrics.json", tables.retraining, root, name, slot) for slot, f in homes.items()}
    curves = {slot: [{"slot": slot, **row} for row in found.rows(f / "curves.csv")] for slot, f in homes.items()}
    sources = [("search", job[0], f) for job, f in folders.items()] + [("retrain", s, f) for s, f in homes.items()]
    times = [{"phase": p, "name": label, **row} for p, label, f in sources for row in found.rows(f / "times.csv")]
    worth = _regret(params, name, root, found)
    steps = tables.step_columns(measure) if artefacts.stepwise(settings) else ()
    columns = ("slot", *tables.curve_columns(measure), *steps)
    return StudyData(
        name=name,
        settings=settings,
        dataset=params.datasets[settings.dataset],
        space=space,
        root=root,
        trials=frames.trials(ledgers, measure),
        summaries=_present(summaries),
        searches=searches or [],
        controls=_present(controls),
        slots=slots,
        selected=_present(selected),
        retrained=_present(retrained),
        curves=frames.frame((row for slot in curves.values() for row in slot), columns),
        times=frames.frame(times, TIME_COLUMNS),
        missing=tuple(found.missing),
        verdicts=claims.evaluate(params, name, root),
        fidelity=fidelity.evaluate(params, name, root),
        signs={agent: signs.learning_signs(params, name, agent, root) for agent in settings.agents},
        regret=worth,
        control=control.load(settings, _present(retrained), curves, _present(controls), root),
        places=places(params),
    )


def _regret(params: Params, name: str, root: Path, found: _Reader) -> Mapping[str, Any]:
    """Return the regret of the repeated searches; empty without a truth table, or before it or they are there."""
    table = params.studies[name].table
    if table is None:
        return {}
    return found.get(artefacts.table_folder(table) / "test.npz", regret.evaluate, params, name, root) or {}


class _Reader:
    """Reads files, remembers which ones are missing, and names the file that cannot be read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.missing: list[str] = []

    def get(self, path: Path, read: Callable[..., Any], *arguments: Any) -> Any:
        """Return `read(*arguments)`, which reads `path`, or None when that file is not there."""
        if not (self.root / path).exists():
            self.missing.append(path.as_posix())
            return None
        try:
            return read(*arguments)
        except (ValueError, KeyError, OSError) as error:
            raise RlsearchError(
                f"cannot read an artefact: {error}",
                where=path.as_posix(),
                remedy="delete this file and run the pipeline again; it makes only what is missing",
            ) from error

    def rows(self, path: Path) -> list[dict[str, Any]]:
        """Return the rows of a table."""
        return self.get(path, frames.rows, self.root / path) or []


def _present(found: Mapping[_Key, Any]) -> dict[_Key, Any]:
    return {key: value for key, value in found.items() if value is not None}


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of nested JSON values by their path."""
    if isinstance(value, Mapping):
        return {k: v for key, child in value.items() for k, v in _leaves(child, f"{path}/{json.dumps(key)}").items()}
    if isinstance(value, list | tuple):
        return {k: v for i, child in enumerate(value) for k, v in _leaves(child, f"{path}/{i}").items()}
    return {path: value}
