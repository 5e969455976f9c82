"""What a policy's regret on the schedule tree hangs on: rollout, normalised advantages, clipping, learning from noise.

    python benchmarks/policy_regret.py [--agent ppo] [--runs 20] [--change n_steps=32 --change lr=0.003] [--processes 2]

Every row trains `--runs` policies on the shipped tree `schedule-tree` at the laptop preset's budget, with seeds that no
other part of the package uses. The first row is the agent as the preset has it, the last one learns from pure noise:
every episode shows the progress of a schedule drawn at random.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import torch
import yaml
from table import Row, machine, show

from rlsearch.checks import read
from rlsearch.config import artefacts
from rlsearch.config.models import StudySettings
from rlsearch.controls import agent_sensitivity, repetitions
from rlsearch.controls.policy_learning import Problem, learn
from rlsearch.controls.policy_repetitions import play
from rlsearch.evidence.regret import Truth
from rlsearch.truth.table import TruthTable

ROOT = Path(__file__).resolve().parents[1]
STUDY, TABLE = "optimizer-selection", "schedule-tree"
FIRST_SEED = 3_000_000
CHANGES = (
    *("normalize_advantage=true,max_grad_norm=0.5,vf_coef=0.5", "normalize_advantage=true", "max_grad_norm=0.5"),
    *("vf_coef=0.5", "ortho_init=false", "n_steps=32", "lr=0.003"),
)
"""What is changed where nothing is asked for: PPO's library defaults and the settings of the report's table."""


def shipped() -> StudySettings:
    """Return the study as the laptop preset has it."""
    return read(ROOT / "presets/laptop.yaml").studies[STUDY]


def changed(study: StudySettings, agent: str, change: str) -> StudySettings:
    """Return the study with other settings of an agent, written `name=value` with commas between them."""
    settings = study.agents[agent]
    for name, _, value in (one.partition("=") for one in change.split(",")):
        settings = agent_sensitivity.changed(settings, name, yaml.safe_load(value))
    return study.model_copy(update={"agents": {**study.agents, agent: settings}})


def regret(study: StudySettings, agent: str, seed: int, noise: bool) -> float:
    """Return the regret of one policy, in points of test accuracy."""
    torch.set_num_threads(1)
    table, control = TruthTable.load(TABLE, "validation", ROOT), study.controls.repetitions
    judge = table.judges("validation")
    assert judge is not None
    assert control is not None
    limit = repetitions.budget(table, control, artefacts.search_of(study, agent))
    problem = Problem(study, STUDY, agent, table, judge, limit, control.trials)
    policy = learn(problem, FIRST_SEED + seed, shuffled=noise).last
    return 100 * Truth(TruthTable.load(TABLE, "test", ROOT)).regret_of_schedules(play(problem, policy))[0]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--agent", default="ppo", help="label of a policy of the study (ppo)")
    parser.add_argument("--runs", type=int, default=20, help="policies a row (20)")
    parser.add_argument(
        "--change", action="append", metavar="NAME=VALUE", help="a row with these settings; commas between"
    )
    parser.add_argument("--processes", type=int, default=1, help="policies trained side by side (1)")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask."""
    study, agent = shipped(), options.agent
    cases: list[tuple[str, StudySettings, bool]] = [("as in the preset", study, False)]
    cases += [(change, changed(study, agent, change), False) for change in options.change or CHANGES]
    cases.append(("learning from noise", study, True))
    with ProcessPoolExecutor(options.processes) as pool:
        asked = [
            [pool.submit(regret, one, agent, seed, noise) for seed in range(options.runs)] for _, one, noise in cases
        ]
        found = [[future.result() for future in futures] for futures in asked]
    return [Row(f"{agent}: {name}", *_summary(values)) for (name, *_), values in zip(cases, found, strict=True)]


def _summary(values: Sequence[float]) -> tuple[Any, ...]:
    """Return value, unit, goal, side and note of a row."""
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return fmean(values), "points", None, False, f"standard error {error:.2f}, {len(values)} policies"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options; an empty list gives the defaults."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add_options(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(show(run(parse()), machine("cpu", 1)))
