"""A made-up results tree of an optimizer-selection study with two made-up schedule trees; see artefact_factory.

params = build(tmp_path)                      # DQN and PPO on a tree of 27 schedules, beside the recreated one
params = build(tmp_path, raw=settings(evaluator="train"))  # the same study, whose children are trained
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import artefact_factory
from artefact_factory import PARTS, Maker
from control_settings import AGENTS as AGENTS
from control_settings import JUDGE, PER_STEP, SETTINGS, STEP_FLOPS, STEPS, STUDY, TABLE
from control_settings import settings as settings
from control_tree import NOISE, worth, write_table
from rlsearch.config import artefacts
from rlsearch.config.artefacts import Slot
from rlsearch.config.models import Params
from rlsearch.config.twins import agent_of, is_twin
from rlsearch.controls import traces
from rlsearch.controls.repetitions import affordable, budget
from rlsearch.controls.signs import choice_signs
from rlsearch.controls.traces import SeedOrder
from rlsearch.files import canonical_json, read_json, write_atomic
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.search.answers.table import oracle_of
from rlsearch.spaces.base import Actions, Spec
from rlsearch.spaces.optimizer_selection import OptimizerSelection
from rlsearch.truth.table import TruthTable

SKILL = {"dqn": 8.0, "ppo": 3.0, "ppo-three": 14.0}
"""How strongly a policy comes to prefer good schedules; 0 is uniform."""


def build(
    root: Path, *, raw: dict[str, Any] | None = None, parts: Sequence[str] = PARTS, recreated: bool = True
) -> Params:
    """Write the tree of results and the schedule trees under `root` and return the settings."""
    write_table(root)
    if recreated:
        write_table(root, carry=False)
    with contextlib.chdir(root):  # where the settings' check looks for the table
        return artefact_factory.build(root, raw=raw or SETTINGS, study=STUDY, parts=parts, kind=ControlMaker)


class ControlMaker(Maker):
    """What a study of optimizer selection leaves behind."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        assert isinstance(self.space, OptimizerSelection)
        self.schedules: OptimizerSelection = self.space
        self.true = {actions: worth(actions) for actions in self.space.enumerate()}
        self.rows = {actions: row for row, actions in enumerate(self.true)}

    def learns(self, agent: str) -> bool:
        """Tell whether an agent learns."""
        return agent in SKILL

    def fragile(self, actions: Actions) -> bool:
        """No schedule diverges."""
        return False

    def options(self, agent: str) -> list[int]:
        """Return the optimizers that an agent may choose."""
        chosen = getattr(self.arms[agent], "optimizers", None) or self.schedules.labels
        return [self.schedules.labels.index(label) for label in chosen]

    def accuracy(self, spec: Spec) -> float:
        """Return the true accuracy of a schedule; of a policy, that of Adam, then SAM."""
        labels = spec["training"].get("schedule", ["adam", "adam", "sam"])
        return self.true[tuple(self.schedules.labels.index(label) for label in labels)][-1]

    def proposals(self, agent: str, seed: int) -> list[Actions]:
        """Return schedules, better ones more often the longer a policy has learned."""
        rng, count = self.rng("walk", agent, seed), self.settings.search.trials
        return self.walk(agent, count, rng)

    def walk(self, agent: str, count: int, rng: np.random.Generator) -> list[Actions]:
        """Return what an agent takes, episode by episode."""
        known = [actions for actions in self.true if set(actions) <= set(self.options(agent))]
        value = np.array([self.true[actions][-1] for actions in known])
        strength = SKILL.get(agent, 0.0) * np.linspace(0, 6, count)
        weights = np.exp(strength[:, None] * (value - value.max()))
        return [known[int(rng.choice(len(known), p=row / row.sum()))] for row in weights]

    def trial(self, index: int, actions: Actions, agent: str, seed: int) -> dict[str, Any]:
        """Return a trial; a policy's has its return, DQN's the count of random actions."""
        found = super().trial(index, actions, agent, seed)
        passes = sum(self.schedules.passes(action) for action in actions)
        labels = [self.schedules.labels[int(action)] for action in actions]
        found |= {"flops": STEP_FLOPS * passes, "schedule": labels, "info": {}, "diagnostics": {}}
        if agent_of(agent) in SKILL:
            accuracy = found["metrics"]["accuracy"]
            found["info"] = {"return": 2 * accuracy - 0.1 - 0.01 * passes, "steps": float(STEPS)}
        if agent_of(agent) == "dqn":
            done = STEPS * (index + 1)
            epsilon = max(0.05, 0.99**done)
            found["diagnostics"] = {"epsilon": epsilon, "random_actions": float(round(100 * (1 - 0.99**done)))}
        return found

    def summary(
        self, trials: list[dict[str, Any]], finalists: list[dict[str, Any]], agent: str, seed: int
    ) -> dict[str, Any]:
        """Return a summary; the answer of a policy is the policy, beside the schedule that it took."""
        found = super().summary(trials, finalists, agent, seed)
        if agent_of(agent) in SKILL:
            taken = found["answer"]["spec"]["training"]["schedule"]
            labels = [self.schedules.labels[place] for place in self.options(agent)]
            chooser = {"policy": {"kind": "learned", "optimizers": labels, "network": self.network(agent, seed)}}
            spec = self.schedules.training(chooser)
            named = {"key": self.space.key(spec), "label": self.space.describe(spec), "schedule": taken}
            found["answer"] |= {"spec": spec, **named}
        return found

    def network(self, agent: str, seed: int) -> dict[str, Any]:
        """Return a tiny network of the right size."""
        count = len(self.options(agent))
        weight = self.rng("network", agent, seed).normal(size=(count, 5 + count)).astype(np.float32)
        return FrozenPolicy(((weight, np.zeros(count, np.float32)),), "relu", "q-values").to_json()

    # -- controls --------------------------------------------------------------------------------------------------

    def null(self, agent: str, kind: str, typical: float) -> Any:
        """Return no null runs of proposals: the settings ask for none, or the agent is not among them."""
        if agent not in (self.settings.controls.agents or ()):
            return None
        rng, control = self.rng("null", agent, kind), self.settings.controls
        candidates = rng.integers(0, 27, (control.runs, control.episodes))
        found = choice_signs(candidates, rng.normal(9, 0.05, candidates.shape))
        full = {f"full_{name}": values for name, values in found.items()}
        return {**found, **full, "collapsed_share": 0.0, "example": [[0, 0, 0]] * control.episodes}

    def planted(self, agent: str) -> Any:
        """Return no planted optimum."""
        return None

    def repetitions(self, agent: str) -> dict[str, Any] | None:
        """Return the block of repeated searches on the tree; a policy's with what it does when frozen."""
        control = self.settings.controls.repetitions
        if control is None or self.settings.table is None:
            return None
        oracle = oracle_of(TruthTable.load(TABLE, "validation", self.root))
        seed_order = SeedOrder(oracle, self.settings.reward, self.study, control.runs)
        limit = budget(oracle, control, self.settings.search)
        walks = [self.walk(agent, 120, self.rng("repetition", agent, run)) for run in range(control.runs)]
        found = [self.trace(walk, run, seed_order, limit) for run, walk in enumerate(walks)]
        block = traces.block(found, seed_order, control, self.settings.search, int(limit.total))
        return {**block, **self.policy(agent, walks, block)} if agent_of(agent) in SKILL else block

    def trace(self, walk: list[Actions], run: int, seed_order: SeedOrder, limit: Any) -> traces.Trace:
        """Return one repeated search, cut where the budget ends."""
        rows = np.array([self.rows[actions] for actions in walk])
        columns = seed_order.columns(run, rows, 0)
        paid = affordable(limit.account(), seed_order, rows, columns)
        rows, columns = rows[:paid], columns[:paid]
        flops = np.cumsum(seed_order.oracle.flops[rows])
        return traces.Trace(rows, columns, seed_order.levels[rows, columns], seed_order.reward[rows, columns], flops)

    def policy(self, agent: str, walks: list[list[Actions]], block: dict[str, Any]) -> dict[str, Any]:
        """Return what stands in the block of a policy besides."""
        runs, points = len(walks), block["checkpoints"]
        controls = 0 if is_twin(agent) else runs

        def taken(walk: list[Actions], at: int, *names: Any) -> list[int]:
            rng = self.rng("frozen", agent, at, *names)
            near = walk[max(0, at - 10) : max(1, at)]
            return [self.rows[near[int(rng.integers(len(near)))]] for _ in range(JUDGE)]

        null = [[int(v) for v in self.rng("null-rows", agent, run).integers(0, 27, JUDGE)] for run in range(controls)]
        shares = self.rng("planted", agent).uniform(0.85, 1.0, controls).tolist()
        random = self.rng("random", agent).uniform(0.3, 0.4, runs).tolist()
        returns = [[2 * self.true[a][-1] - 0.13 for a in walk] for walk in walks]
        return {
            "answer_rows": [taken(walk, block["trials_used"][run], run) for run, walk in enumerate(walks)],
            "incumbent_rows": [[taken(walk, point, run) for point in points] for run, walk in enumerate(walks)],
            "answer_columns": [[] for _ in walks],
            "returns": np.mean(returns, axis=0)[: min(block["trials_used"])].tolist(),
            "random_share": random if agent_of(agent) == "dqn" else [None] * runs,
            "null_answer_rows": null,
            "planted_shares": shares,
            "planted_choices": shares,
            "planted_effect": 0.02,
            "planted_chance": 1 / 3,
        }

    # -- retrain ---------------------------------------------------------------------------------------------------

    def write_retraining(self, slot: Slot) -> None:
        """Write a slot's metrics and curves; the optimizer of every epoch stands in the curves."""
        super().write_retraining(slot)
        folder = artefacts.retrain_folder(self.study, slot.name)
        metrics = read_json(self.root / folder / "metrics.json")
        lines = ["seed,epoch,train_loss,train_accuracy,optimizer,validation_accuracy,validation_loss,cost"]
        for run in metrics["runs"]:
            labels = self.taken(slot, metrics["spec"], run["seed"])
            lines += self.steps(slot, labels, run)
        write_atomic(self.root / folder / "curves.csv", "\n".join(lines) + "\n")
        write_atomic(self.root / folder / "metrics.json", canonical_json(metrics))

    def taken(self, slot: Slot, spec: Spec, seed: int) -> list[str]:
        """Return the optimizer of each step of a run."""
        labels, training = self.schedules.labels, spec["training"]
        if "schedule" in training:
            return list(training["schedule"])
        options = [labels.index(label) for label in training["policy"].get("optimizers", labels)]
        rng = self.rng("play", slot.name, seed)
        if training["policy"]["kind"] == "random":
            return [labels[options[int(rng.integers(len(options)))]] for _ in range(STEPS)]
        able = [a for a in self.true if set(a) <= set(options)]
        able.sort(key=lambda actions: -self.true[actions][-1])
        return [labels[action] for action in able[int(rng.integers(3))]]

    def steps(self, slot: Slot, labels: list[str], run: dict[str, Any]) -> list[str]:
        """Return the lines of one run's curve, and complete the run's measurements."""
        actions = tuple(self.schedules.labels.index(label) for label in labels)
        rng, lines, spent = self.rng("curve", slot.name, run["seed"]), [], 0
        for epoch in range(1, PER_STEP * STEPS + 1):
            step = (epoch - 1) // PER_STEP
            cost = 20 * STEP_FLOPS * self.schedules.passes(actions[step])
            spent += cost
            last, value = epoch % PER_STEP == 0, self.true[actions][step] + float(rng.normal(0, NOISE))
            loss = 2.3 * (1 - value) + 0.5 / epoch
            measured = f"{value!r},{2.3 * (1 - value)!r}" if last else ","
            lines.append(f"{run['seed']},{epoch},{loss!r},{value!r},{labels[step]},{measured},{cost}")
        test = min(1.0, self.true[actions][-1] + float(rng.normal(0, NOISE)))
        macro = {"test_macro_f1": test - 0.002, "test_macro_precision": test + 0.001, "test_macro_recall": test}
        run |= {"flops": spent, "test_accuracy": test, **macro}
        return lines
