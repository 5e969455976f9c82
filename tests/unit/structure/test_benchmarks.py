"""The benchmarks run in a tiny size and judge their rows rightly; nothing here depends on how fast this machine is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.search import journal as journals

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    """The benchmark scripts as modules; they import each other by bare names, as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import mock_controllers
        import plain_loop
        import policy_regret
        import q_learning
        import recurrent_cells
        import repetitions
        import run
        import search_loop
        import surrogate_searches
        import table
        import throughput

        yield SimpleNamespace(
            mock_controllers=mock_controllers,
            plain_loop=plain_loop,
            policy_regret=policy_regret,
            q_learning=q_learning,
            recurrent_cells=recurrent_cells,
            repetitions=repetitions,
            run=run,
            search_loop=search_loop,
            surrogate_searches=surrogate_searches,
            table=table,
            throughput=throughput,
        )


@pytest.mark.parametrize(
    ("value", "at_least", "passed"),
    [
        (1.5, True, True),
        (1.39, True, False),
        (1.4, True, True),
        (1.5, False, False),
        (1.4, False, True),
        (None, True, None),
    ],
)
def test_a_goal_is_judged_from_its_side(
    bench: SimpleNamespace, value: float | None, at_least: bool, passed: bool | None
) -> None:
    assert bench.table.Row("x", value, "x", 1.4, at_least).passed is passed


def test_a_row_without_a_goal_is_not_judged(bench: SimpleNamespace) -> None:
    assert bench.table.Row("x", 3.0, "s").passed is None


def test_both_loops_train_the_same_network_on_the_same_images(bench: SimpleNamespace) -> None:
    images, labels = bench.plain_loop.made_up_cifar(64)
    made = bench.throughput.Bench(images, labels, torch.device("cpu"), 1)
    threads = torch.get_num_threads()
    rows = bench.throughput.measure(made, rounds=2)
    assert torch.get_num_threads() == threads
    judged = {row.name: row.goal for row in rows if row.goal}
    assert judged["child, float32, against it"] == 1.4
    assert all(row.value is None or row.value > 0 for row in rows)
    precise = [row.name for row in rows if row.value is not None and "bfloat16" in row.name]
    assert bool(precise) == bench.throughput.has_bfloat16(torch.device("cpu"))


def test_a_fetched_dataset_is_read_channels_last(bench: SimpleNamespace, tmp_path: Path) -> None:
    stored = np.arange(2 * 3 * 8 * 8, dtype=np.uint8).reshape(2, 3, 8, 8)
    np.savez(tmp_path / "train.npz", images=stored, labels=np.array([0, 1]), classes=2)
    images, labels = bench.throughput.images_from(tmp_path / "train.npz", 1)
    assert images.shape == (1, 8, 8, 3)
    assert images[0, 2, 5, 1] == stored[0, 1, 2, 5]
    assert labels.tolist() == [0]


def test_the_long_search_is_the_agents_own_and_every_window_is_measured(bench: SimpleNamespace, tmp_path: Path) -> None:
    fsync = os.fsync
    made = bench.search_loop.Bench("random", tmp_path, 1_200)
    rows = made.rows()
    recorded = journals.read(tmp_path / "long" / "journal.jsonl")
    assert sorted(recorded.trials) == list(range(1_200 + bench.search_loop.LATE))
    assert len({entry.proposal.actions for entry in recorded.trials.values()}) > 100
    assert len(made.long.whole) == 1_200
    assert [len(clock.whole) for clock in made.shorts] == [150] * 20
    assert sum(made.long.synced) == 0 and made.disk.seconds > 0
    assert sum(row.goal is not None for row in rows) == 2
    assert os.fsync is fsync


def test_the_disk_is_counted_apart(bench: SimpleNamespace) -> None:
    disk = bench.search_loop.Disk()
    clock = bench.search_loop.Clock(disk)
    disk.seconds += 0.5
    clock.advance()
    clock.advance()
    assert clock.synced.tolist() == pytest.approx([500.0, 0.0])
    assert clock.own(0, 2)[0] == pytest.approx(clock.whole[0] - 500.0)


def test_repetitions_are_timed_and_judged_at_full_size_only(bench: SimpleNamespace) -> None:
    options = bench.repetitions.parse(["--agents", "random", "--runs", "3", "--trials", "30"])
    (row,) = bench.repetitions.run(options)
    assert (row.goal, row.name) == (None, "random: 3 searches of 30 trials")
    assert (bench.repetitions.parse([]).runs, bench.repetitions.parse([]).trials) == (500, 200)


def test_searches_on_a_surrogate_are_timed_beside_their_agents_alone(bench: SimpleNamespace) -> None:
    asked = bench.surrogate_searches.parse(["--agents", "random", "--runs", "2", "--trials", "16", "--noise", "0.1"])
    (row,) = bench.surrogate_searches.run(asked)
    assert row.goal is None and row.value > 0
    asked = bench.surrogate_searches.parse([])
    assert (asked.agents, asked.runs, asked.trials, asked.noise) == (["lstm-reinforce"], 40, 800, 0.0)


def test_recurrent_cells_are_compared_with_a_plain_loop_and_an_lstm(bench: SimpleNamespace) -> None:
    rows = bench.recurrent_cells.run(bench.recurrent_cells.parse(["--cells", "0", "--rounds", "1"]))
    assert [(row.unit, row.goal, row.at_least) for row in rows] == [
        *(("ms", None, False), ("x", 1.8, True), ("x", 5.0, False)),
        *(("ms", None, False), ("x", None, True), ("x", 3.0, False)),
    ]
    assert all(row.value is not None and row.value > 0 for row in rows)
    # 37,248 parameters: four gates of 68 units have 37,536, of 67 units 36,448.
    assert bench.recurrent_cells.lstm_width(37_248) == 68


def test_q_learning_is_timed_by_its_updates_and_judged_at_full_size_only(bench: SimpleNamespace) -> None:
    rows = bench.q_learning.run(bench.q_learning.parse(["--networks", "4", "--late", "30", "--rounds", "2"]))
    assert [row.goal for row in rows] == [None] * len(bench.q_learning.UPDATES) + [bench.q_learning.GROWTH_GOAL]
    assert all(row.value > 0 for row in rows)
    assert bench.q_learning.repetition("max", 100, 1).goal == 0.05


def test_policies_are_trained_with_other_settings_and_on_noise(
    bench: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, int, bool]] = []

    def regret(study: Any, agent: str, seed: int, noise: bool) -> float:
        asked.append((study.agents[agent], seed, noise))
        return float(seed)

    monkeypatch.setattr(bench.policy_regret, "regret", regret)
    monkeypatch.setattr(bench.policy_regret, "ProcessPoolExecutor", lambda _: ThreadPoolExecutor(1))
    rows = bench.policy_regret.run(bench.policy_regret.parse(["--runs", "2", "--change", "n_steps=32"]))
    assert [row.name for row in rows] == ["ppo: as in the preset", "ppo: n_steps=32", "ppo: learning from noise"]
    assert [(settings.n_steps, seed, noise) for settings, seed, noise in asked] == [
        *((4, 0, False), (4, 1, False), (32, 0, False), (32, 1, False)),
        *((4, 0, True), (4, 1, True)),
    ]
    assert [row.value for row in rows] == [0.5] * 3 and rows[0].note == "standard error 0.50, 2 policies"


def test_every_controller_searches_the_mock_and_two_are_judged_beside_random(bench: SimpleNamespace) -> None:
    rows = bench.mock_controllers.run(bench.mock_controllers.parse(["--runs", "2", "--trials", "8"]))
    named = {row.name: row for row in rows}
    assert len(named) == len(rows) == 2 * len(bench.mock_controllers.CONTROLLERS)
    judged = [f"{name}: best above that of random" for name in bench.mock_controllers.JUDGED]
    assert [name for name, row in named.items() if row.goal is not None] == judged
    assert {row.goal for row in rows} == {None, 2}
    assert named["random: best above that of random"].value == 0, "a tie is no win"
    assert 0.5 <= named["as published: mean of the last 100"].value <= 0.998


@pytest.mark.parametrize(("goal", "code"), [(1e9, 1), (0.0, 0)])
def test_a_missed_goal_is_the_exit_code(
    bench: SimpleNamespace, goal: float, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.throughput, "GOALS", {"float32": goal})
    monkeypatch.setattr(bench.search_loop, "run", lambda options: [])
    monkeypatch.setattr(bench.repetitions, "run", lambda options: [])
    monkeypatch.setattr(bench.q_learning, "run", lambda options: [])
    monkeypatch.setattr(bench.surrogate_searches, "run", lambda options: [])
    monkeypatch.setattr(bench.recurrent_cells, "run", lambda options: [])
    out = tmp_path / "bench.json"
    assert bench.run.main(["--rounds", "1", "--samples", "32", "--out", str(out)]) == code
    written = json.loads(out.read_text())
    assert written["machine"]["threads"] == 1
    assert [row["passed"] for row in written["rows"] if row["goal"] is not None] == [code == 0]
