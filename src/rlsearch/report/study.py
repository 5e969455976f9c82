"""One study as figures, tables and the page ask for it: its artefacts, and what evidence makes of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import Params
from rlsearch.config.twins import agent_of, arms
from rlsearch.evidence import convergence, fidelity, regret, signs, space_audit
from rlsearch.evidence.results import Files, Results
from rlsearch.files import read_json
from rlsearch.measures import Measure
from rlsearch.report import chosen, frames, grouped, published_models, traits
from rlsearch.report.closed_loop import data as closed_loop
from rlsearch.report.places import places
from rlsearch.spaces.base import Continuous, Spec

NO_BREAK = "\N{NO-BREAK SPACE}"
SHORT_LABEL = 16
"""The longest candidate, in letters, that a figure prints in full."""


class StudyData(Results):
    """The artefacts of one study, all of them read, and what is made of them.

    Attributes:
        trials: one row per trial (see `frames.trials`); `action` is NaN unless the space is one continuous decision,
            `level` (of the measure) where none was measured.
        exploring: arms that tell with every proposal with which probability they explore (`epsilon`).
        grouped: of which groups of options their candidates are made; chosen: which of them, as searches went on;
            traits: what else the space tells of them.
        curves: one row per epoch of a retraining run (`slot`, then the columns of curves.csv).
        times: seconds of each child (TIME_COLUMNS); `cached` is 1 where the outcome came from the store.
        published: what the study's source published, None without one.
        verdicts, fidelity, signs: what `rlsearch.evidence` makes of the artefacts (signs by agent).
        regret: of the searches repeated on a truth table, by agent (see `rlsearch.evidence.regret`).
        trained: arms by slot, where the curves say which optimizer trained each epoch.
        audit: what the space holds (`evidence.space_audit`), None before the select phase.
        target_level: validation level for the time to a target, None before anything was retrained.
        loop: what only closed loops have.
        places: the place of every agent's label in the palette, the same in all studies of a report.

    Raises:
        RlsearchError: a file is there but cannot be read.
    """

    def __init__(self, params: Params, name: str, root: Path = Path("."), files: Files | None = None) -> None:
        super().__init__(params, name, root, files)
        steps = artefacts.step_columns(self.measure) if artefacts.stepwise(self.settings) else ()
        self.trials = frames.trials(self.ledgers, self.measure, self.recorded)
        self.exploring = frames.tell(self.ledgers, "epsilon")
        self.grouped = grouped.of(self.space, self.ledgers)
        self.chosen = chosen.of(self.space, self.ledgers)
        self.traits = traits.of(self.space, self.ledgers)
        self.curves = frames.curves(self.curve_rows, (*artefacts.curve_columns(self.target_measure), *steps))
        self.times = frames.times(self.time_rows)
        self.verdicts = claims.evaluate(self)
        self.fidelity = fidelity.evaluate(self)
        self.published = published_models.load(self.settings.published)
        band = self.published.band if self.published else None
        self.signs = {agent: signs.learning_signs(self, agent, band) for agent in self.settings.agents}
        self.regret = regret.evaluate(self)
        self.trained = convergence.arms(self)
        self.target_level = convergence.target(list(self.trained.values()), self.target_measure)
        self.loop = closed_loop.of(self)
        about = artefacts.select_folder(name) / space_audit.FILE
        self.audit = self.files.read(about, lambda path: read_json(path, "decisions", "networks", "uniform"))
        # From the settings of all studies, not from what has run: a partial report has the colours of the whole one.
        self.places = places(params)
        for artefacts_read in (self.summaries, self.controls, self.selected, self.retrained, self.transferred):
            list(artefacts_read.values())  # what cannot be read is reported now
        self.files.forget(list(self.ledgers.paths.values()))  # by far the largest, and not needed again

    def place(self, agent: str) -> int:
        """Return an agent's place in the palette; a never-updated twin has its agent's."""
        return self.places[agent_of(agent)]

    def trials_with(self, *names: str) -> pd.DataFrame:
        """Return the trials with these columns: NaN where no agent reports a number of that name."""
        return self.trials.assign(**{name: np.nan for name in names if name not in self.trials})

    @property
    def target_measure(self) -> Measure:
        """What retrained networks are judged by: of a surrogate's study, another measure than its candidates."""
        return self.settings.target_measure

    @property
    def recorded(self) -> tuple[Measure, ...]:
        """What was measured besides when candidates were trained."""
        return self.settings.proxy.recorded if self.settings.proxy else ()

    @property
    def closed_loop(self) -> bool:
        """Tell whether a choice is made at every step of a run, which answers it."""
        return artefacts.closed_loop(self.settings)

    @property
    def stepwise(self) -> bool:
        """Tell whether candidates say how a network is trained, so that runs are measured during training."""
        return artefacts.stepwise(self.settings)

    @property
    def explores(self) -> bool:
        """Tell whether an agent learns a table of values, or explores by a schedule."""
        return bool(self.q_tables.paths or self.exploring)

    @property
    def learners(self) -> list[str]:
        """Labels of the agents that learn a policy."""
        return closed_loop.learners(self.settings)

    @property
    def noun(self) -> str:
        """What the candidates of the space are, in one word."""
        return self.space.noun

    @property
    def agents(self) -> list[str]:
        """Labels of the study's agents, in the order of the settings."""
        return list(self.settings.agents)

    @property
    def arms(self) -> list[str]:
        """Labels of all that search: the agents, then the never-updated twins of those that learn."""
        return list(self.arm_settings)

    @cached_property
    def arm_settings(self) -> Mapping[str, AgentSettings]:
        """The settings of all of these by label; a twin's are made from its agent's, which takes its time."""
        return arms(self.settings)

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
        """The part of the data on which the reward was measured, in one word."""
        return "test" if self.rewards_on_test else "validation"

    def on_split(self, level: str) -> str:
        """Return the word for a level with that part before it; of a surrogate, which sees no data, the word alone."""
        return level if self.settings.surrogate else f"{self.split} {level}"

    @property
    def judged(self) -> str:
        """What the reward rests on: "validation accuracy"."""
        return self.on_split(self.measure.label)

    def of_role(self, role: artefacts.Role) -> list[artefacts.Slot]:
        """Return the slots whose candidates have this role."""
        return [slot for slot in self.slots if slot.role == role]

    @property
    def compared(self) -> list[artefacts.Slot]:
        """The slots that are compared on the target: all but those that compare it with the proxy."""
        return [slot for slot in self.slots if slot.role != "point"]

    def follows_policy(self, slot: artefacts.Slot) -> bool:
        """Tell whether a slot holds what an agent learned as a policy, rather than what that policy once did."""
        return slot.source in self.learners and slot.role in ("answer", "further")

    def label(self, slot: artefacts.Slot) -> str:
        """Return what a slot holds, e.g. "s = 1.25", or "empty"."""
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
        leaves = _leaves(spec)
        moving = [path for path in low if low[path] != high.get(path)]
        if len(moving) != 1 or leaves.keys() != low.keys():
            return None
        if any(leaves[path] != low[path] for path in low if path != moving[0]):
            return None
        return float(leaves[moving[0]])

    def along(self, points: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the points of `fidelity` along the single continuous decision, whose slots may have another order."""

        def place(point: Mapping[str, Any]) -> float:
            value = self.value(self.selected[point["slot"]]["spec"])
            return math.inf if value is None else value

        return sorted(points, key=place)


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of nested JSON values by their path."""
    if isinstance(value, Mapping):
        return {k: v for key, child in value.items() for k, v in _leaves(child, f"{path}/{json.dumps(key)}").items()}
    if isinstance(value, list | tuple):
        return {k: v for i, child in enumerate(value) for k, v in _leaves(child, f"{path}/{i}").items()}
    return {path: value}
