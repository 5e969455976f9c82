"""What the flaws of a published controller cost on the mock reward of its own code, beside other agents.

    python benchmarks/mock_controllers.py [--runs 40] [--trials 800] [--inputs per-cell] [--clamp 0.998] [--only NAME]

Every row is `--runs` searches in memory: the mean reward of the last 100 trials with its standard deviation between
searches, the share of these below 0.7, the mean of the first 100, and the best reward. Then, of how many searches the
best reward lies above that of random search with the same number; a tie is no win.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from table import Row, machine, show

from rlsearch.config import plugins
from rlsearch.controls.simulate import simulate_choices
from rlsearch.spaces.nasnet_cells import CellSettings, NASNetCells
from rlsearch.surrogates.nasnet_mock import NASNetMock
from rlsearch.surrogates.nasnet_mock import Settings as MockSettings

LAST, LOW = 100, 0.7
SHARE_OF_PAIRS = 34 / 40
PUBLISHED: dict[str, Any] = {
    **{"type": "mlp-reinforce", "baseline": "max", "average_first": True, "dead_zone": 0.05, "loss": "untempered"},
    # The source clips the gradient of the mean over 20 decisions to 0.3; here the loss is their sum.
    **{"clip": "tensor", "clip_norm": 6.0},
}
PAPER: dict[str, Any] = {
    **{"type": "lstm-ppo", "batch": 20, "hidden": 100, "init_range": 0.1, "lr": 3.5e-4, "entropy": 1e-5},
}
CONTROLLERS: Mapping[str, Mapping[str, Any]] = {
    "as published": PUBLISHED,
    "its loss as sampled": {**PUBLISHED, "loss": "as-sampled"},
    "without its dead zone": {**PUBLISHED, "dead_zone": None},
    "its baseline a mean": {**PUBLISHED, "baseline": "mean"},
    "its baseline a moving average": {**PUBLISHED, "baseline": "ema"},
    "mlp-reinforce": {"type": "mlp-reinforce"},
    "lstm-reinforce": {"type": "lstm-reinforce", "batch": 8, "lr": 0.01},
    "lstm-ppo, rate 3.5e-4": {"type": "lstm-ppo", "batch": 8, "lr": 3.5e-4},
    "lstm-ppo as in the paper": PAPER,
    "lstm-ppo, rate 0.01": {"type": "lstm-ppo", "batch": 8, "lr": 0.01},
    "evolution": {"type": "regularized-evolution", "population": 50, "sample": 10},
    "random": {"type": "random"},
}
JUDGED = ("lstm-reinforce", "lstm-ppo, rate 0.01")


def rewards(settings: Mapping[str, Any], options: argparse.Namespace) -> NDArray[np.float64]:
    """Return the rewards of an agent's searches, (runs, trials)."""
    module = plugins.load("agents", settings["type"])
    space = NASNetCells(CellSettings(canonical=False, inputs=options.inputs))
    mock = NASNetMock(space, MockSettings(clamp=options.clamp))
    _, earned = simulate_choices(
        *(module.AGENT, space, module.SETTINGS(**settings)),
        lambda actions, _: mock.values_of(actions),
        episodes=options.trials,
        runs=options.runs,
    )
    return earned


def rows_of(name: str, earned: NDArray[np.float64], chance: NDArray[np.float64]) -> list[Row]:
    """Return what is said of one agent's searches, beside those of random search."""
    last, best = earned[:, -LAST:], earned.max(axis=1)
    spread = f"+- {last.mean(axis=1).std(ddof=1):.3f} between searches" if len(earned) > 1 else ""
    found = f"{(last < LOW).mean():.3f} below {LOW:g}; first {LAST}: {earned[:, :LAST].mean():.3f}"
    note = f"{spread}; {found}; best {best.mean():.4f} on average"
    goal = round(SHARE_OF_PAIRS * len(earned)) if name in JUDGED else None
    won = int((best > chance.max(axis=1)).sum())
    pairs = Row(f"{name}: best above that of random", won, f"of {len(earned)}", goal, at_least=True)
    return [Row(f"{name}: mean of the last {LAST}", float(last.mean()), "", note=note), pairs]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--runs", type=int, default=40, help="searches of each (40)")
    parser.add_argument("--trials", type=int, default=800, help="trials of each search (800)")
    parser.add_argument("--inputs", choices=("per-cell", "running"), default="per-cell", help="inputs that blocks have")
    parser.add_argument(
        "--clamp",
        type=lambda text: None if text == "none" else float(text),
        default=0.998,
        help="highest reward; none: no two candidates are made equal by it",
    )
    parser.add_argument("--only", nargs="+", choices=CONTROLLERS, metavar="NAME", help="agents, by these names")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        chance = rewards(CONTROLLERS["random"], options)
        asked = {name: settings for name, settings in CONTROLLERS.items() if name in (options.only or CONTROLLERS)}
        found = [(name, chance if name == "random" else rewards(asked[name], options)) for name in asked]
    finally:
        torch.set_num_threads(threads)
    return [row for name, earned in found for row in rows_of(name, earned, chance)]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options; an empty list gives the defaults."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add_options(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(show(run(parse()), machine("cpu", 1)))
