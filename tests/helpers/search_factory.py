"""Made-up artefacts of searches: ledgers, finalists and summaries of agents that settle, or do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params
from rlsearch.config.twins import arms, is_twin
from rlsearch.data.images.parts import Part, npz_bytes
from rlsearch.evidence import tables
from rlsearch.files import canonical_json, pretty_json, write_atomic
from rlsearch.spaces.base import Actions, Space, Spec

OPTIMUM = 1.25
NOISE = 0.004
PROXY_FLOPS, TARGET_FLOPS = 3_000_000_000, 60_000_000_000
FIXED_SCALES = {"xavier": 0.8, "orthogonal": 1.0, "lsuv": 1.2}


class SearchMaker:
    """Makes the files of a study's searches. Another space overrides what it proposes and what that reaches."""

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

    def write_images(self) -> None:
        """Write a few training images, of noise: the report shows some."""
        images = self.rng("images").integers(0, 256, (80, 1, 8, 8), dtype=np.uint8)
        content = npz_bytes(Part(images, np.arange(80) % 10), 10)
        write_atomic(self.root / artefacts.data_folder(self.settings.dataset) / "train.npz", content, durable=False)

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
