"""A made-up results tree, for tests of what reads artefacts: select, claims, fidelity and the report.

Nothing in it was measured. Every number is drawn by name, so that equal arguments give equal bytes. The tree has all
files of docs/artefacts.md except `weights.pt` and the images in `data/`, which no reader of numbers opens.

    params = build(tmp_path)                       # search, controls, select and retrain of study init-scale
    params = build(tmp_path, parts=("search",))    # an unfinished run
    params = build(tmp_path, gain=0.0)             # a reward that does not depend on the scale: nothing to find
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rlsearch import checks, seeds
from rlsearch.config import artefacts, plugins
from rlsearch.config.artefacts import Slot
from rlsearch.config.models import Params
from rlsearch.config.twins import arms, is_twin
from rlsearch.controls import agent_sensitivity
from rlsearch.controls.signs import signs
from rlsearch.evidence import tables
from rlsearch.files import canonical_json, pretty_json, read_json, write_atomic
from rlsearch.phases import select
from rlsearch.spaces.base import Actions, Space, Spec

PARTS = ("search", "controls", "select", "retrain")
ANSWERS = ("answers", "answer_columns", "answer_rows", "flops")
OPTIMUM = 1.25
NOISE = 0.004
PROXY_FLOPS, TARGET_FLOPS = 3_000_000_000, 60_000_000_000
FIXED_SCALES = {"xavier": 0.8, "orthogonal": 1.0, "lsuv": 1.2}

SETTINGS: dict[str, Any] = {
    "preset": "laptop",
    "datasets": {"digits": {"source": "digits", "test": 0.2, "validation": 0.25, "split_seed": 0}},
    "runtime": {"device": "cpu", "child_threads": 1, "workers": 1},
    "studies": {
        "init-scale": {
            "protocol": "corrected",
            "published": "init-scale",
            "dataset": "digits",
            "space": {"type": "init-scale", "low": 0.3, "high": 1.7, "digits": 2},
            "proxy": {"network": "simple-cnn", "epochs": 3, "batch_size": 128},
            "target": {"network": "vgg-like", "epochs": 6, "batch_size": 64, "inputs": "unit"},
            "reward": {"scale": 10.0, "failure": -2.0},
            "agents": {
                "reinforce": {"type": "reinforce", "baseline": "ema", "observation": "none", "lr": 0.001},
                "reinforce-no-baseline": {"type": "reinforce", "baseline": "none", "observation": "none", "lr": 0.001},
                "random": {"type": "random"},
                "grid": {"type": "grid", "points": 15},
            },
            "search": {"seeds": 6, "budget": 57, "finalists": 3, "replicates": 4, "score_replicates": 4},
            "baselines": ["he", "analytic", "xavier", "orthogonal", "lsuv"],
            "fidelity": {"agent": "grid", "seeds": 2},
            "retrain": {"seeds": 6},
            "controls": {"runs": 200, "episodes": 200, "replicates": 20, "actions": 3, "permuted_labels": True},
            "alpha": 0.05,
            "claims": [
                {"claim": "beats-agent", "agent": "reinforce", "against": "random", "margin": 0.005},
                {"claim": "selected-beats-baseline", "agent": "reinforce", "against": "he", "margin": 0.005},
                {"claim": "convergence", "agent": "reinforce", "margin": 0.05},
            ],
        }
    },
}


def settings(**changes: Any) -> dict[str, Any]:
    """Return a copy of SETTINGS in which whole sections of the study are replaced, e.g. `claims=[]`."""
    value = copy.deepcopy(SETTINGS)
    value["studies"]["init-scale"].update(changes)
    return value


def build(
    root: Path,
    *,
    raw: dict[str, Any] | None = None,
    study: str = "init-scale",
    parts: Sequence[str] = PARTS,
    gain: float = 0.02,
    name: str = "factory",
    kind: type[Maker] | None = None,
) -> Params:
    """Write a made-up results tree of one study under `root` and return its settings.

    Args:
        root: the project folder of the test, usually `tmp_path`.
        raw: settings as read from YAML (see `settings`); the laptop preset's values when left out.
        study: the study to fill; its space has to be init-scale unless `kind` knows another.
        parts: which phases have run, a prefix of PARTS.
        gain: accuracy at the optimum (1.25) minus accuracy at scale 1, on proxy and target.
        name: another name gives other numbers.
        kind: what makes the files; see layered_factory.py for a space of choices.
    """
    params = checks.validate(raw or SETTINGS)
    maker = (kind or Maker)(root, params, study, gain, name)
    maker.write_manifest()
    if "search" in parts:
        for agent, seed in artefacts.searches(params, study):
            maker.write_search(agent, seed)
    if "controls" in parts:
        for agent in artefacts.controlled(params.studies[study]):
            maker.write_controls(agent)
    if "select" in parts:
        select.run(params, study, root)
    if "retrain" in parts:
        for slot in artefacts.slots(params.studies[study]):
            maker.write_retraining(slot)
    return params


class Maker:
    """Makes the files of one study. Another space overrides what it proposes, what that reaches, and the controls."""

    def __init__(self, root: Path, params: Params, study: str, gain: float, name: str) -> None:
        self.root, self.params, self.study, self.gain, self.name = root, params, study, gain, name
        self.settings = params.studies[study]
        self.arms = arms(self.settings)
        self.space: Space = plugins.load("spaces", self.settings.space.type).SPACE(self.settings.space)

    def rng(self, *names: str | int) -> np.random.Generator:
        return seeds.generator(self.name, self.study, *names)

    def write(self, path: Path, content: str) -> None:
        write_atomic(self.root / path, content, durable=False)

    def accuracy(self, spec: Spec) -> float:
        """Return the true accuracy of a candidate: a parabola around the optimum, chance for tiny scales."""
        scale = spec["init"].get("scale") or FIXED_SCALES[spec["init"]["scheme"]]
        return 0.1 if scale < 0.45 else float(0.93 - self.gain * ((scale - OPTIMUM) / 0.25) ** 2)

    def provenance(self) -> dict[str, Any]:
        return {
            "settings": "5e771465" * 4,
            "data": "da7a0000" * 4,
            "code": "c0de0000" * 4,
            "versions": {"python": "3.11.2", "rlsearch": "0.1.0", "torch": "2.14.1", "numpy": "2.4.6"},
            "device": "cpu",
            "threads": 1,
            "cpu": "a made-up processor",
            "image": None,
        }

    def write_manifest(self) -> None:
        counts = {"train": 1078, "validation": 359, "test": 360}
        manifest = {
            "source": "digits",
            "settings": self.params.datasets[self.settings.dataset].model_dump(mode="json"),
            "shape": [1, 8, 8],
            "classes": 10,
            "counts": counts,
            "class_counts": {split: [count // 10] * 9 + [count - 9 * (count // 10)] for split, count in counts.items()},
            "sha256": {f"{split}.npz": "0" * 64 for split in counts},
        }
        self.write(artefacts.data_folder(self.settings.dataset) / "manifest.json", pretty_json(manifest))

    # -- search ----------------------------------------------------------------------------------------------------

    def write_search(self, agent: str, seed: int) -> None:
        trials = [self.trial(index, actions, agent, seed) for index, actions in enumerate(self.proposals(agent, seed))]
        finalists = self.finalists(trials, agent, seed)
        folder = artefacts.search_folder(self.study, agent, seed)
        self.write(folder / "trials.jsonl", "".join(canonical_json(trial) + "\n" for trial in trials))
        columns = ("rank", "key", "spec", "label", "search_reward", "mean_reward", "mean_accuracy", "sd_accuracy")
        self.write(folder / "finalists.csv", tables.to_csv((*columns, "replicates"), finalists))
        self.write(folder / "summary.json", pretty_json(self.summary(trials, finalists, agent, seed)))
        seconds = self.rng("seconds", agent, seed).uniform(0.15, 0.25, len(trials))
        rows = [{"index": i, "seconds": float(value), "cached": 0} for i, value in enumerate(seconds)]
        self.write(folder / "times.csv", tables.to_csv(("index", "seconds", "cached"), rows))

    def proposals(self, agent: str, seed: int) -> list[Actions]:
        """Return the candidates that an agent proposes, in order."""
        return [(scale,) for scale in self.scales(agent, seed)]

    def scales(self, agent: str, seed: int) -> list[float]:
        """Return what an agent of this type might propose: settling, settling anywhere, uniform, or the grid."""
        entry, count = self.arms[agent], self.settings.search.trials
        rng, position = self.rng("scales", agent, seed), np.linspace(0, 1, count)
        low, high = float(self.space.spread(2)[0][0]), float(self.space.spread(2)[1][0])
        if entry.type == "grid":
            points = self.space.spread(int(entry.points))  # type: ignore[attr-defined]
            return [float(points[i % len(points)][0]) for i in range(count)]
        if entry.type == "random":
            return [float(self.space.sample(rng)[0]) for _ in range(count)]
        end = OPTIMUM if getattr(entry, "baseline", "ema") == "ema" else rng.uniform(low, high)
        if is_twin(agent):
            position = 0 * position
        middle = 1.0 + (end - 1.0) * position
        return [round(float(v), 2) for v in np.clip(rng.normal(middle, 0.35 * (1 - position) + 0.06), low, high)]

    def trial(self, index: int, actions: Actions, agent: str, seed: int) -> dict[str, Any]:
        spec = self.space.decode(actions)
        replicate = index // getattr(self.arms[agent], "points", 10**9)
        # By the seed contract a candidate's outcome is the same for every agent and every time it is proposed.
        child = self.rng("child", self.space.key(spec), seed, replicate)
        rng = self.rng("agent", agent, seed, index)
        diverged = self.fragile(actions) and child.random() < 0.5
        accuracy = 0.1 if diverged else float(np.clip(self.accuracy(spec) + child.normal(0, NOISE), 0, 1))
        learns = self.learns(agent)
        names = ("policy_loss", "baseline", "advantage", "grad_norm")
        return {
            "index": index,
            "actions": list(actions),
            "replicate": replicate,
            "key": self.space.key(spec),
            "spec": spec,
            "reward": self.settings.reward.failure if diverged else self.settings.reward.scale * accuracy,
            "metrics": {"accuracy": accuracy, "loss": None if diverged else float(1.2 - accuracy)},
            "status": "diverged" if diverged else "ok",
            "error": None,
            "epochs": 1 if diverged else self.settings.proxy.epochs,
            "samples": 1078 if diverged else 1078 * self.settings.proxy.epochs,
            "flops": PROXY_FLOPS // self.settings.proxy.epochs if diverged else PROXY_FLOPS,
            "info": {"policy_mean": actions[0], "policy_std": float(rng.uniform(0.1, 0.3))} if learns else {},
            "diagnostics": {key: float(rng.normal()) for key in names} if learns else {},
        }

    def fragile(self, actions: Actions) -> bool:
        """Tell whether children of a candidate may diverge."""
        return actions[0] > 1.66

    def learns(self, agent: str) -> bool:
        """Tell whether an agent learns."""
        return "reinforce" in self.arms[agent].type and not is_twin(agent)

    def finalists(self, trials: list[dict[str, Any]], agent: str, seed: int) -> list[dict[str, Any]]:
        rewards: dict[str, list[float]] = {}
        specs = {trial["key"]: trial["spec"] for trial in trials}
        for trial in trials:
            rewards.setdefault(trial["key"], []).append(trial["reward"])
        means = {key: float(np.mean(values)) for key, values in rewards.items()}
        top = sorted(means, key=lambda key: -means[key])[: self.settings.search.finalists]
        rows = [self.finalist(key, specs[key], means[key], self.rng("finalist", agent, seed, key)) for key in top]
        rows.sort(key=lambda row: -float(row["mean_reward"]))
        return [{**row, "rank": rank} for rank, row in enumerate(rows, start=1)]

    def finalist(self, key: str, spec: Spec, search_reward: float, rng: np.random.Generator) -> dict[str, Any]:
        values = self.accuracy(spec) + rng.normal(0, NOISE, self.settings.search.replicates)
        return {
            "key": key,
            "spec": canonical_json(spec),
            "label": self.space.describe(spec),
            "search_reward": search_reward,
            "mean_reward": float(values.mean() * self.settings.reward.scale),
            "mean_accuracy": float(values.mean()),
            "sd_accuracy": float(values.std(ddof=1)) if values.size > 1 else 0.0,
            "replicates": int(values.size),
        }

    def summary(
        self, trials: list[dict[str, Any]], finalists: list[dict[str, Any]], agent: str, seed: int
    ) -> dict[str, Any]:
        search = self.settings.search
        best = next(trial for trial in trials if trial["key"] == finalists[0]["key"])
        scores = self.accuracy(best["spec"]) + self.rng("score", agent, seed).normal(0, NOISE, search.score_replicates)
        statuses = [trial["status"] for trial in trials]
        return {
            "study": self.study,
            "agent": agent,
            "seed": seed,
            "trials": len(trials),
            "unique": len({trial["key"] for trial in trials}),
            "statuses": {status: statuses.count(status) for status in sorted(set(statuses))},
            "cost": {
                "proposals": len(trials),
                "unique_evaluations": len({(trial["key"], trial["replicate"]) for trial in trials}),
                "flops": sum(trial["flops"] for trial in trials),
                "finalist_flops": search.finalists * search.replicates * PROXY_FLOPS,
                "score_flops": search.score_replicates * PROXY_FLOPS,
            },
            "answer": {
                "key": best["key"],
                "spec": best["spec"],
                "label": finalists[0]["label"],
                "score_accuracy": float(scores.mean()),
                "score_sd": float(scores.std(ddof=1)) if scores.size > 1 else 0.0,
                "score_replicates": int(scores.size),
            },
            "reason": None,
            "bit_exact": True,
            "provenance": self.provenance(),
        }

    # -- controls --------------------------------------------------------------------------------------------------

    def write_controls(self, agent: str) -> None:
        entry, control = self.arms[agent], self.settings.controls
        learns = self.learns(agent)
        typical = 0.35 if not learns else 0.28 if getattr(entry, "baseline", "ema") == "ema" else 0.09
        specs = [self.space.decode(actions) for actions in self.space.spread(control.actions)]
        means = [float(self.accuracy(spec) * self.settings.reward.scale) for spec in specs]
        sds = [NOISE * self.settings.reward.scale] * len(specs)
        value = {
            "study": self.study,
            "agent": agent,
            "learns": learns,
            "episodes": control.episodes,
            "runs": control.runs,
            "prefix": min(self.settings.search.trials, control.episodes),
            "noise": {
                "actions": specs,
                "labels": [self.space.describe(spec) for spec in specs],
                "mean": means,
                "sd": sds,
                "replicates": control.replicates,
                "pooled_sd": float(np.mean(sds)),
                "pooled_mean": float(np.mean(means)),
            },
            "null_constant": None if is_twin(agent) else self.null(agent, "constant", typical),
            "null_heteroscedastic": None if is_twin(agent) else self.null(agent, "heteroscedastic", typical),
            "permuted_labels": self.permuted(agent) if control.permuted_labels and learns else None,
            "planted": None if is_twin(agent) else self.planted(agent),
            "repetitions": self.repetitions(agent),
            "gradient": None if is_twin(agent) else self.gradient(agent),
            "sensitivity": self.sensitivity(agent),
            "provenance": self.provenance(),
        }
        self.write(artefacts.controls_file(self.study, agent), pretty_json(value))

    def sensitivity(self, agent: str) -> list[dict[str, Any]] | None:
        """Return variations whose answers are those of the agent's last repetitions."""
        asked = self.settings.controls.sensitivity
        if asked is None or agent not in asked.agents:
            return None
        block = self.repetitions(agent) or {}
        kept = {key: block[key][-asked.runs :] for key in ANSWERS if key in block}
        varied = agent_sensitivity.variations(self.settings, agent)
        return [{"setting": setting, "value": value, "runs": asked.runs, **kept} for setting, value, _ in varied]

    def null(self, agent: str, kind: str, typical: float) -> dict[str, Any]:
        rng, runs = self.rng("null", agent, kind), self.settings.controls.runs
        numbers: dict[str, Any] = {}
        for prefix, shrink in (("", 1.0), ("full_", 0.7)):
            numbers[f"{prefix}last_sd"] = rng.gamma(8, typical * shrink / 8, runs).tolist()
            numbers[f"{prefix}last_mean"] = rng.uniform(0.4, 1.6, runs).tolist()
            numbers[f"{prefix}reward_gain"] = rng.normal(0, 0.01, runs).tolist()
        full = np.array(numbers["full_last_sd"])
        example = rng.uniform(0.3, 1.7, self.settings.controls.episodes).round(2).tolist()
        return {**numbers, "collapsed_share": float((full < 0.15).mean()), "example": example}

    def permuted(self, agent: str) -> dict[str, Any]:
        rng, count = self.rng("permuted", agent), self.settings.search.trials
        actions = rng.uniform(0.3, 1.7, count).round(2)
        rewards = rng.normal(1.0, 0.1, count)
        shown = {key: values[0] for key, values in signs(actions[None], rewards[None]).items()}
        return {**shown, "actions": actions.tolist(), "rewards": rewards.tolist()}

    def planted(self, agent: str) -> dict[str, Any]:
        answers = self.rng("planted", agent).normal(OPTIMUM, 0.09, self.settings.controls.runs)
        hits = float((np.abs(answers - OPTIMUM) <= 0.1).mean())
        return {
            "optimum": OPTIMUM,
            "within": 0.1,
            "hit_share": hits,
            "hit_share_fit": min(1.0, hits + 0.1),
            "chance": 0.2 / 1.4,
            "answers": answers.tolist(),
        }

    def repetitions(self, agent: str) -> dict[str, Any] | None:
        """Return the searches of an agent that were repeated on a truth table."""
        return None

    def gradient(self, agent: str) -> dict[str, Any] | None:
        """Return the variance of an agent's policy-gradient estimates."""
        return None

    # -- retrain ---------------------------------------------------------------------------------------------------

    def write_retraining(self, slot: Slot) -> None:
        filled = read_json(self.root / artefacts.select_folder(self.study) / f"{slot.name}.json")
        folder = artefacts.retrain_folder(self.study, slot.name)
        empty = filled["status"] == "empty"
        runs = [] if empty else [self.target_run(filled, seed) for seed in range(slot.seeds)]
        values = np.array([run["test_accuracy"] for run in runs])
        metrics = {
            "study": self.study,
            "slot": slot.name,
            "status": "empty" if empty else "ok",
            "reason": filled["reason"],
            **{key: filled[key] for key in ("spec", "key", "label")},
            "parameters": None if empty else self.parameters(filled["spec"]),
            "runs": runs,
            "mean_test_accuracy": None if empty else float(values.mean()),
            "sd_test_accuracy": float(values.std(ddof=1)) if len(runs) > 1 else None,
            "provenance": self.provenance(),
        }
        self.write(folder / "metrics.json", pretty_json(metrics))
        curves = [row for run in runs for row in self.curve(run)]
        self.write(folder / "curves.csv", tables.to_csv(artefacts.curve_columns(self.settings.measure), curves))
        times = [{"seed": run["seed"], "seconds": 1.4, "cached": 0} for run in runs]
        self.write(folder / "times.csv", tables.to_csv(("seed", "seconds", "cached"), times))
        self.write(folder / "model.json", pretty_json({"study": self.study, "slot": slot.name, "sha256": "0" * 64}))

    def target_run(self, filled: dict[str, Any], seed: int) -> dict[str, Any]:
        # Drawn by key and seed, not by slot: two slots that hold the same candidate have the same runs.
        accuracy = self.accuracy(filled["spec"]) + self.rng("target", filled["key"], seed).normal(0, NOISE)
        return {
            "seed": seed,
            "status": "ok",
            "test_accuracy": float(np.clip(accuracy + 0.02, 0, 1)),
            "test_loss": float(1.1 - accuracy),
            "flops": TARGET_FLOPS,
            "samples": 1437 * self.settings.target.epochs,
            "epochs": self.settings.target.epochs,
        }

    def parameters(self, spec: Spec) -> int:
        """Return the size of a candidate's target network."""
        return 1_342_570

    def curve(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        rows = []
        for epoch in range(1, run["epochs"] + 1):
            reached = run["test_accuracy"] * (1 - 0.6**epoch)
            row = {"seed": run["seed"], "epoch": epoch, "train_loss": 2.3 * (1 - reached), "train_accuracy": reached}
            rows.append(row)
        return rows
