"""A made-up results tree, for tests of what reads artefacts: select, claims, fidelity and the report.

Nothing in it was measured. Every number is drawn by name, so that equal arguments give equal bytes. The tree has all
files of docs/artefacts.md except `weights.pt` and images to validate and test on, which no reader of numbers opens.

    params = build(tmp_path)                       # search, controls, select and retrain of study init-scale
    params = build(tmp_path, parts=("search",))    # an unfinished run
    params = build(tmp_path, gain=0.0)             # a reward that does not depend on the scale: nothing to find
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from artefact_settings import SETTINGS
from artefact_settings import settings as settings
from rlsearch import checks
from rlsearch.config import artefacts
from rlsearch.config.artefacts import Slot
from rlsearch.config.models import Params
from rlsearch.config.twins import is_twin
from rlsearch.controls import agent_sensitivity
from rlsearch.controls.signs import signs
from rlsearch.evidence import tables
from rlsearch.files import pretty_json, read_json
from rlsearch.phases import select
from rlsearch.spaces.base import Spec
from search_factory import NOISE, OPTIMUM, TARGET_FLOPS, SearchMaker

PARTS = ("search", "controls", "select", "retrain")
ANSWERS = ("answers", "answer_columns", "answer_rows", "flops")


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
    maker.write_images()
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


class Maker(SearchMaker):
    """Makes all files of one study but those of the select phase."""

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
