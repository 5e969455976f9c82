"""A made-up results tree of a layered-cnn study with a made-up truth table; see artefact_factory for the rest."""

from __future__ import annotations

import copy
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import artefact_factory
from artefact_factory import NOISE, PARTS, Maker
from rlsearch import seeds
from rlsearch.config.models import Params
from rlsearch.config.twins import is_twin
from rlsearch.controls import gradient, traces
from rlsearch.controls.repetitions import affordable, budget
from rlsearch.controls.signs import choice_signs
from rlsearch.controls.traces import SeedOrder
from rlsearch.files import write_atomic
from rlsearch.search.answers.table import oracle_of
from rlsearch.search.budget import FlopLimit
from rlsearch.spaces.base import Actions, Spec
from rlsearch.spaces.layered_cnn import LayeredCNN
from rlsearch.truth.table import TruthTable

STUDY, TABLE = "layered-cnn", "rl-nas-1296"
REFERENCE = Path(__file__).resolve().parents[2] / "results/reference" / TABLE
TASK = {
    "network": "layered-cnn", "epochs": 6, "batch_size": 64, "optimizer": {"name": "adam", "lr": 0.01},
    "inputs": "symmetric",
}  # fmt: skip
AGENTS: dict[str, Any] = {
    "lstm-reinforce": {"type": "lstm-reinforce", "baseline": "ema"},
    "lstm-reinforce-no-baseline": {"type": "lstm-reinforce", "baseline": "none"},
    "lstm-actor-critic": {"type": "lstm-actor-critic"},
    "lstm-ppo": {"type": "lstm-ppo"},
    "random": {"type": "random"},
    "regularized-evolution": {"type": "regularized-evolution"},
    "tpe": {"type": "tpe"},
    "largest": {"type": "largest"},
}
SKILL = {
    "lstm-reinforce": 40.0, "lstm-actor-critic": 50.0, "lstm-ppo": 30.0, "regularized-evolution": 60.0, "tpe": 55.0,
}  # fmt: skip
"""How strongly an agent comes to prefer good networks at the end of a search; 0 is uniform."""

SETTINGS: dict[str, Any] = {
    "preset": "laptop",
    "datasets": {"digits": {"source": "digits", "test": 0.2, "validation": 0.25, "split_seed": 0}},
    "runtime": {"device": "cpu", "child_threads": 1, "workers": 1},
    "studies": {
        STUDY: {
            "protocol": "corrected",
            "published": "layered-cnn",
            "dataset": "digits",
            "evaluator": {"type": "table", "name": TABLE},
            "space": {"type": "layered-cnn"},
            "proxy": TASK,
            "target": {**TASK, "epochs": 12},
            "reward": {"scale": 10.0, "failure": -2.0},
            "agents": AGENTS,
            "search": {"seeds": 3, "budget": 69, "finalists": 3, "replicates": 3, "score_replicates": 4},
            "baselines": ["hand-made"],
            "fidelity": None,
            "retrain": {"seeds": 3},
            "controls": {
                "runs": 50, "episodes": 64, "replicates": 10, "actions": 3, "permuted_labels": False,
                "repetitions": {"runs": 12, "trials": 100}, "gradient": {"updates": [0, 10, 25], "batches": 40},
            },
            "alpha": 0.05,
            "claims": [
                {"claim": "beats-agent-on-table", "agent": "lstm-reinforce", "against": "random", "margin": 0.002},
                {
                    "claim": "beats-agent-on-table", "agent": "lstm-reinforce", "against": "regularized-evolution",
                    "margin": 0.002,
                },
                {
                    "claim": "lowers-gradient-variance", "agent": "lstm-reinforce",
                    "against": "lstm-reinforce-no-baseline", "margin": 0.1,
                },
            ],
        }
    },
}  # fmt: skip


def settings(**changes: Any) -> dict[str, Any]:
    """Return a copy of SETTINGS in which whole sections of the study are replaced."""
    value = copy.deepcopy(SETTINGS)
    value["studies"][STUDY].update(changes)
    return value


def build(root: Path, *, raw: dict[str, Any] | None = None, parts: Sequence[str] = PARTS) -> Params:
    """Write the tree and its truth table under `root` and return the settings."""
    write_table(root)
    return artefact_factory.build(root, raw=raw or SETTINGS, study=STUDY, parts=parts, kind=LayeredMaker)


def write_table(root: Path) -> None:
    """Write a table whose accuracies follow from the count of 3x3 layers, the filters and the noise of the seeds."""
    folder = root / "results/reference" / TABLE
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(REFERENCE / "recipe.yaml", folder / "recipe.yaml")
    space = LayeredCNN()
    true = np.array([worth(actions) for actions in space.enumerate()])
    width = np.array([sum(actions[1::2]) for actions in space.enumerate()])
    for part in ("validation", "test"):
        noise = seeds.generator("layered-factory", part).normal(0, NOISE, (len(true), 10, 3))
        accuracy = np.clip(true[:, None, None] - np.array([0.1, 0.03, 0.0]) + noise, 0, 1)
        arrays = {"accuracy": accuracy, "cross_entropy": 0.05 + 2 * (1 - accuracy)}
        costs = {"parameters": 2000 + 900 * width, "flops": 10**8 * (4 + width)}
        data = io.BytesIO()
        np.savez_compressed(data, epochs=np.array([2, 4, 6]), **arrays, **costs)  # type: ignore[arg-type]
        write_atomic(folder / f"{part}.npz", data.getvalue())


def worth(actions: Actions) -> float:
    """Return the true accuracy of a network of the small space."""
    kernels, filters = sum(actions[0::2]), sum(actions[1::2])
    return 0.80 + 0.035 * float(kernels) + 0.004 * float(filters)


class LayeredMaker(Maker):
    """What a study on the small layered-cnn space leaves behind."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.table = TruthTable.load(TABLE, "validation", self.root)
        self.true = np.array([worth(actions) for actions in self.table.candidates])

    def accuracy(self, spec: Spec) -> float:
        """Return the true accuracy of a network."""
        row = self.table.rows.get(self.space.key(spec))
        return 0.9 if row is None else float(self.true[row])

    def learns(self, agent: str) -> bool:
        """Tell whether an agent learns."""
        return (agent.startswith("lstm") and not is_twin(agent)) or agent in SKILL

    def fragile(self, actions: Actions) -> bool:
        """No network of this space diverges."""
        return False

    def parameters(self, spec: Spec) -> int:
        """Return a made-up number of parameters."""
        return 3 * int(self.table.parameters[self.table.rows.get(self.space.key(spec), 0)])

    def proposals(self, agent: str, seed: int) -> list[Actions]:
        """Return networks, better ones more often the longer the agent has searched."""
        rows = self.walk(agent, self.settings.search.trials, self.rng("walk", agent, seed))
        return [tuple(int(one) for one in self.table.candidates[row]) for row in rows]

    def walk(self, agent: str, count: int, rng: np.random.Generator) -> list[int]:
        """Return the rows that an agent proposes."""
        if agent == "largest":
            return [self.table.networks - 1] * count
        strength = SKILL.get(agent, 0.0) * np.linspace(0, 1, count)
        weights = np.exp(strength[:, None] * (self.true - self.true.max()))
        return [int(rng.choice(len(self.true), p=row / row.sum())) for row in weights]

    def null(self, agent: str, kind: str, typical: float) -> dict[str, Any]:
        """Return the null runs of a space of choices."""
        rng, control = self.rng("null", agent, kind), self.settings.controls
        prefix = min(self.settings.search.trials, control.episodes)
        candidates = rng.integers(0, 60 if "no-baseline" in agent else 1296, (control.runs, control.episodes))
        rewards = rng.normal(9, 0.05, candidates.shape)
        full = choice_signs(candidates, rewards)
        return {
            **choice_signs(candidates[:, :prefix], rewards[:, :prefix]),
            **{f"full_{name}": values for name, values in full.items()},
            "collapsed_share": float(np.mean(np.array(full["distinct_share"]) <= 0.5)),
            "example": [list(self.table.candidates[row]) for row in candidates[0]],
        }

    def planted(self, agent: str) -> dict[str, Any]:
        """Return a planted optimum as `made_up` writes it."""
        hits = float(self.rng("planted", agent).uniform(0.1, 0.9))
        answers = self.rng("planted", agent).uniform(0, 0.6, self.settings.controls.runs).tolist()
        fixed = {"optimum": 0.583, "within": 0.125, "hit_share_fit": None, "optimum_share": 0.1, "chance": 0.0093}
        return {**fixed, "hit_share": hits, "signal_sd": 0.18, "answers": answers}

    def repetitions(self, agent: str) -> dict[str, Any] | None:
        """Return the block of searches that propose as `walk` does, made by the package's own arithmetic."""
        control = self.settings.controls.repetitions
        if control is None:
            return None
        oracle = oracle_of(self.table)
        seed_order = SeedOrder(oracle, self.settings.reward, self.study, control.runs)
        limit = budget(oracle, control, self.settings.search)
        found = [self.trace(agent, run, seed_order, limit) for run in range(control.runs)]
        return traces.block(found, seed_order, control, self.settings.search, int(limit.total))

    def trace(self, agent: str, run: int, seed_order: SeedOrder, limit: FlopLimit) -> traces.Trace:
        """Return one repeated search, cut where the budget ends."""
        walked = np.array(self.walk(agent, 140, self.rng("repetition", agent, run)))
        columns = seed_order.columns(run, walked, np.arange(len(walked)) if agent == "largest" else 0)
        paid = affordable(limit.account(), seed_order, walked, columns)
        rows, columns = walked[:paid], columns[:paid]
        reward = seed_order.reward[rows, columns]
        return traces.Trace(rows, columns, seed_order.levels[rows, columns], reward, np.cumsum(self.table.flops[rows]))

    def gradient(self, agent: str) -> dict[str, Any] | None:
        """Return the block of gradient estimates with a common mean and noise of different size."""
        control = self.settings.controls.gradient
        if control is None or not agent.startswith("lstm"):
            return None
        found = [
            [self.estimates(agent, updates, control.batches, search) for updates in control.updates]
            for search in range(control.searches)
        ]
        name = gradient.estimator(self.arms[agent])
        head = {"updates": sorted(control.updates), "batches": control.batches, "searches": control.searches}
        return {**head, "estimator": name, **gradient.measured(found)}

    def estimates(self, agent: str, updates: int, batches: int, search: int) -> dict[str, Any]:
        """Return the samples of one frozen policy of one search."""
        rng = self.rng("gradient", agent, updates, search)
        plain = rng.normal(0.1, 1.0, (batches, 30))
        others = {"none": plain, "ema": 0.1 + 0.35 * (plain - 0.1) + rng.normal(0, 0.1, plain.shape)}
        others["critic"] = 0.1 + 0.25 * (plain - 0.1) + rng.normal(0, 0.1, plain.shape)
        own = others[gradient.estimator(self.arms[agent])]
        return {"estimate": own, "plain": plain, "clipped": 0.6 * own, "others": others}
