"""The schedule tree of a made-up closed loop: what each schedule is worth, and the files of its table."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import yaml

from control_settings import COLUMNS, DATASET, JUDGE, SPACE, STEP_FLOPS, STEPS, TABLE, TASK
from rlsearch import seeds
from rlsearch.files import write_atomic
from rlsearch.spaces.base import Actions
from rlsearch.spaces.optimizer_selection import OptimizerSelection

GAIN = {"sgd": (0.30, 0.14, 0.06), "adam": (0.44, 0.08, 0.01), "sam": (0.24, 0.20, 0.10)}
"""Share of what is missing to 1 that an optimizer gains in each step: Adam is best at first, SAM at last."""


NOISE = 0.006


def worth(actions: Actions, *, carry: bool = True) -> list[float]:
    """Return the true accuracy after each step; what is reset at a switch costs a little."""
    missing, found = 0.9, []
    for step, action in enumerate(actions):
        gain = GAIN[tuple(GAIN)[int(action)]][step]
        switched = step > 0 and action != actions[step - 1]
        missing *= 1 - gain * (1.0 if carry else 0.8 if switched else 0.95)
        found.append(1 - missing)
    return found


def write_table(root: Path, *, carry: bool = True) -> None:
    """Write a schedule tree: in each column, schedules that begin alike have the same values up to there."""
    name = TABLE if carry else f"{TABLE}-recreated"
    folder = root / "results/reference" / name
    recipe = {
        "name": name, "dataset": DATASET, "space": {**SPACE, "carry": carry}, "proxy": TASK, "epochs": [2, 4, 6],
        "seeds": COLUMNS, "judge": JUDGE,
    }  # fmt: skip
    first = 0
    if not carry:  # the recreated one holds the trainings that judge, and no others
        first = COLUMNS - JUDGE
        recipe |= {"seeds": JUDGE, "first_seed": first, "judge": 0}
    write_atomic(folder / "recipe.yaml", yaml.safe_dump(recipe, sort_keys=False))
    space = space_of()
    candidates = list(space.enumerate())
    for part in ("validation", "test"):
        accuracy = np.empty((len(candidates), COLUMNS - first, STEPS))
        for row, actions in enumerate(candidates):
            true = worth(actions, carry=carry)
            for column in range(first, COLUMNS):
                for step in range(STEPS):
                    # The luck of a column is the same in both trees, which is what pairs them.
                    seed_order = seeds.generator("tree", part, column, *map(str, actions[: step + 1])).normal()
                    own = seeds.generator("own", name, part, column, row, step).normal()
                    accuracy[row, column - first, step] = true[step] + NOISE * (seed_order + own / 3)
        costs = [STEP_FLOPS * sum(space.passes(action) for action in actions) for actions in candidates]
        arrays = {
            "accuracy": accuracy.astype(np.float32), "cross_entropy": (2.3 * (1 - accuracy)).astype(np.float32),
            "epochs": np.array([2, 4, 6]), "parameters": np.full(len(candidates), 5000), "flops": np.array(costs),
        }  # fmt: skip
        data = io.BytesIO()
        np.savez_compressed(data, **arrays)  # type: ignore[arg-type]
        write_atomic(folder / f"{part}.npz", data.getvalue())


def space_of() -> OptimizerSelection:
    """Return the study's space."""
    from rlsearch.spaces.optimizer_selection import Settings

    return OptimizerSelection(Settings.model_validate(SPACE))
