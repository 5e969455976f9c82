"""Two independent implementations of PPO on a truth table: do they find the same? `make cross-check`.

The package's own PPO has an LSTM controller, sb3-contrib's MaskablePPO a multilayer perceptron, so their curves need
not be equal. The claim, fixed before the run: the mean accuracy that they propose in the last quarter of their trials
differs by less than MARGIN (two one-sided tests at ALPHA, paired by seed), and both propose better than chance. About
five minutes on one core for 50 seeds.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from numpy.typing import NDArray
from scipy import stats

from rlsearch import checks, provenance
from rlsearch.config import plugins
from rlsearch.config.models import RewardSettings
from rlsearch.controls.traces import SeedOrder
from rlsearch.files import csv_text, pretty_json, write_atomic
from rlsearch.report.plotting.style import RC, WIDE, colour, panels, reference
from rlsearch.search.answers.table import oracle_of
from rlsearch.statistics.intervals import t_interval
from rlsearch.truth.table import TruthTable

MARGIN, ALPHA = 0.02, 0.05
EPISODES, PASSES, CLIP = 8, 10, 0.2
OUT = Path("results/reference/cross-implementation")
ARMS: dict[str, dict[str, Any]] = {
    # Everything not named here, the learning rates above all, is each agent's default: tuned for neither.
    "lstm-ppo": {"batch": EPISODES, "passes": PASSES, "clip_ratio": CLIP, "critic": True},
    "maskable-ppo": {"episodes": EPISODES, "n_epochs": PASSES, "clip_range": CLIP},
}

Floats = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both implementations, compare them, write JSON, CSV and a picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--table", default="rl-nas-1296")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--preset", type=Path, default=Path("presets/laptop.yaml"), help="whose study sets the reward")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    table, reward = TruthTable.load(options.table), reward_of(options.preset, options.table)
    seed_order = SeedOrder(oracle_of(table), reward, "cross-check", options.seeds)
    curves, about = {}, {}
    for arm, settings in ARMS.items():
        curves[arm], about[arm] = search(arm, settings, seed_order, options.trials)
    chance = float(np.nanmean(table.levels[:, :, -1]))
    result = {
        "table": options.table,
        "seeds": options.seeds,
        "trials": options.trials,
        "reward": reward.model_dump(mode="json"),
        "chance": chance,
        "arms": {arm: {**about[arm], **learnt(curves[arm], chance)} for arm in ARMS},
        **compared(*curves.values()),
        "command": "make cross-check" if arguments is None and len(sys.argv) == 1 else "a trial run",
        **provenance.machine(),
        "versions": provenance.versions(),
    }
    write_atomic(options.out / "cross-check.json", pretty_json(result))
    write_atomic(options.out / "curves.csv", rows(curves))
    write_atomic(options.out / "curves.png", picture(curves, chance))
    print(sentence(result))


def reward_of(preset: Path, table: str) -> RewardSettings:
    """Return the reward of the study that answers from this table, or the default one where there is none."""
    studies = checks.read(preset).studies.values() if preset.exists() else ()
    return next((study.reward for study in studies if study.table == table), RewardSettings())


def search(arm: str, changes: dict[str, Any], seed_order: SeedOrder, trials: int) -> tuple[Floats, dict[str, Any]]:
    """Run an agent once a seed; return the accuracies that it met (seeds, trials), settings and seconds."""
    module, start = plugins.load("agents", arm), time.perf_counter()
    settings, runs = module.SETTINGS(**changes), np.arange(seed_order.runs)

    def met(actions: Any) -> tuple[Any, Any]:
        rows = seed_order.oracle.rows_of(actions)
        return rows, seed_order.columns(runs, rows, 0)

    actions, _ = module.AGENT.simulate_choices(
        seed_order.oracle.space,
        settings,
        lambda actions: seed_order.reward[met(actions)],
        episodes=trials,
        runs=seed_order.runs,
        seed=0,
    )
    accuracy = np.stack([seed_order.levels[met(actions[:, trial])] for trial in range(trials)], axis=1)
    seconds = round(time.perf_counter() - start, 1)
    # A training that diverged classifies nothing.
    return np.nan_to_num(accuracy), {"settings": settings.model_dump(mode="json"), "seconds": seconds}


def late(curve: Floats) -> Floats:
    """Return each seed's mean accuracy over the last quarter of the trials."""
    return np.asarray(curve[:, -max(1, curve.shape[1] // 4) :].mean(axis=1))


def learnt(curve: Floats, chance: float) -> dict[str, Any]:
    """Return how an arm ends, and whether that is better than proposing at random."""
    interval = t_interval(late(curve))
    return {
        "last_quarter": float(late(curve).mean()),
        "interval": interval.to_json() if interval else None,
        "beats_chance": interval is not None and interval.low > chance,
    }


def compared(first: Floats, second: Floats) -> dict[str, Any]:
    """Compare two arms, (seeds, trials) each, by two one-sided paired t tests (Schuirmann 1987).

    The share of updates tells how much of the curves lies within the margin: means of blocks of EPISODES trials.
    """
    blocks = [tested(*pair) for pair in zip(_blocks(first).T, _blocks(second).T, strict=True)]
    return {
        "margin": MARGIN,
        "alpha": ALPHA,
        **tested(late(first), late(second)),
        "curves": {
            "largest_difference": max(abs(block["difference"]) for block in blocks),
            "share_of_updates_within": float(np.mean([block["verdict"] == "equivalent" for block in blocks])),
        },
    }


def tested(first: Floats, second: Floats) -> dict[str, Any]:
    """Return mean difference, its 1 - 2 ALPHA interval, the p value of both tests together, and the verdict.

    Equivalent: the interval lies within the margin. Different: it lies beyond it. Undecided: neither.
    """
    gap = first - second
    interval, mean, error = t_interval(gap, 1 - 2 * ALPHA), float(gap.mean()), float(stats.sem(gap))
    if interval is None:  # the values do not vary, or there is only one
        return {"difference": mean, "interval_90": None, "p": None, "verdict": "undecided"}
    p = max(float(stats.t.sf((MARGIN + sign * mean) / error, gap.size - 1)) for sign in (-1, 1))
    within = interval.low > -MARGIN and interval.high < MARGIN
    beyond = interval.low > MARGIN or interval.high < -MARGIN
    verdict = "equivalent" if within else "different" if beyond else "undecided"
    return {"difference": mean, "interval_90": interval.to_json(), "p": p, "verdict": verdict}


def rows(curves: dict[str, Floats]) -> str:
    """Return CSV: the mean accuracy of every trial over the seeds, and its 95 % interval, for each arm."""
    return csv_text(
        ("arm", "trial", "mean", "low", "high"),
        [
            (arm, trial, *(f"{value:.6f}" for value in band))
            for arm, curve in curves.items()
            for trial, band in enumerate(zip(*_band(curve), strict=True))
        ],
    )


def picture(curves: dict[str, Floats], chance: float) -> bytes:
    """Return a PNG of both mean curves, in blocks of one update, with 95 % bands."""
    with rc_context(RC):
        figure, (axes,) = panels(WIDE, 1, height=3.4)
        for index, (arm, curve) in enumerate(curves.items()):
            mean, low, high = _band(_blocks(curve))
            trial = EPISODES * (np.arange(mean.size) + 0.5)
            axes.fill_between(trial, low, high, color=colour(index), alpha=0.2, linewidth=0)
            axes.plot(trial, mean, color=colour(index), label=f"{arm} ({len(curve)} seeds)")
        reference(axes, [("chance", chance)], vertical=False)
        axes.set(xlabel="trial", ylabel="validation accuracy of the proposals")
        axes.legend(loc="lower right")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def sentence(result: dict[str, Any]) -> str:
    """Return the result in words."""
    gap, interval = result["difference"], result["interval_90"] or {"low": None, "high": None}
    blind = [arm for arm, arm_result in result["arms"].items() if not arm_result["beats_chance"]]
    note = f"; no better than chance: {', '.join(blind)}, so this shows nothing" if blind else ""
    return (
        f"{' - '.join(result['arms'])} in the last quarter: {gap:+.4f} accuracy, 90 % interval "
        f"{interval['low']} to {interval['high']}, margin {result['margin']}: {result['verdict']}{note}"
    )


def _blocks(curve: Floats) -> Floats:
    """Return means over blocks of EPISODES trials (seeds, blocks); what is left over at the end is dropped."""
    count = curve.shape[1] // EPISODES
    return np.asarray(curve[:, : count * EPISODES].reshape(len(curve), count, EPISODES).mean(axis=2))


def _band(curve: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the mean over seeds and the ends of its 95 % t interval, each (columns,)."""
    mean = curve.mean(axis=0)
    half = stats.t.ppf(0.975, len(curve) - 1) * stats.sem(curve, axis=0)
    return mean, mean - half, mean + half


if __name__ == "__main__":
    main()
