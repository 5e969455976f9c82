"""Samples a second of a child's training loop beside those of the plain loop, taken in turns in one process.

    python benchmarks/throughput.py [--data data/cifar-10/train.npz] [--device cuda] [--threads 2]

SimpleCNN at CIFAR-10's shape, batches of 128, Adam. Each round trains one epoch with the plain loop in float32, then
one with `rlsearch.training.loop.fit` in each precision; ratios are taken within a round, so that a machine whose
speed drifts changes both sides. The ratio of processor times stands beside: other processes disturb it less.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plain_loop
import torch
from plain_loop import Images, Labels
from table import Row, machine, show
from torch import nn

from rlsearch import seeds
from rlsearch.config.models import TaskSettings
from rlsearch.config.task_models import Precision
from rlsearch.data.images.tensors import Split
from rlsearch.networks import _registry as registry
from rlsearch.training.loop import fit
from rlsearch.training.scope import child_scope

GOALS: dict[Precision, float] = {"float32": 1.4, "bfloat16": 2.3}
NO_BFLOAT16 = "this processor has no bfloat16 arithmetic (AVX-512 BF16 or AMX)"


@dataclass(frozen=True)
class Speed:
    """Samples a second by the clock, and by the time this process had a processor."""

    clock: float
    processor: float


@dataclass(frozen=True)
class Bench:
    """One comparison.

    Args:
        images: (n, height, width, channels) uint8; labels: (n,).
        device: cpu or cuda; threads: of torch, for both loops.
    """

    images: Images
    labels: Labels
    device: torch.device
    threads: int

    def plain(self) -> Speed:
        """Train one epoch with the plain loop, in float32."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeds.integer("benchmark", "throughput"))
            model = self._model()
        return self._timed(lambda: plain_loop.train_plain(model, self.images, self.labels))

    def ours(self, precision: Precision) -> Speed:
        """Train one epoch with the package's loop, in the scope in which children train."""
        settings = TaskSettings(network="simple-cnn", epochs=1, precision=precision)
        images = torch.from_numpy(self.images).permute(0, 3, 1, 2)  # channels-last, as `load_split` gives it
        split = Split(images, torch.from_numpy(self.labels), int(self.labels.max()) + 1).to(self.device)
        with child_scope(seeds.integer("benchmark", "throughput"), self.device, self.threads):
            model = self._model().to(memory_format=torch.channels_last)
            return self._timed(lambda: fit(model, split, settings, seed=0))

    def _model(self) -> nn.Module:
        _, height, width, channels = self.images.shape
        classes = int(self.labels.max()) + 1
        return registry.build("simple-cnn", (channels, height, width), classes).to(self.device)

    def _timed(self, train: Callable[[], object]) -> Speed:
        self._wait()
        clock, processor = time.perf_counter(), time.process_time()
        train()
        self._wait()
        samples = len(self.labels)
        return Speed(samples / (time.perf_counter() - clock), samples / (time.process_time() - processor))

    def _wait(self) -> None:
        """CUDA works behind the program's back: without this the clock would stop before the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether the device computes in bfloat16 rather than emulating it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def measure(bench: Bench, rounds: int) -> list[Row]:
    """Return the rows of all precisions after one round of warm-up."""
    precisions = [p for p in GOALS if p == "float32" or has_bfloat16(bench.device)]
    threads = torch.get_num_threads()
    torch.set_num_threads(bench.threads)
    try:
        taken = [(bench.plain(), {p: bench.ours(p) for p in precisions}) for _ in range(rounds + 1)][1:]
    finally:
        torch.set_num_threads(threads)
    plain = [first for first, _ in taken]
    rows = [Row("plain loop, float32", statistics.median(p.clock for p in plain), "samples/s")]
    for precision in GOALS:
        if precision in precisions:
            rows += _rows(precision, plain, [ours[precision] for _, ours in taken], bench.device.type == "cpu")
        else:
            rows.append(Row(f"child, {precision}, against it", None, "x", note=NO_BFLOAT16))
    return rows


def _rows(precision: Precision, plain: list[Speed], ours: list[Speed], has_goal: bool) -> list[Row]:
    ratios = sorted(o.clock / p.clock for o, p in zip(ours, plain, strict=True))
    processor = statistics.median(o.processor / p.processor for o, p in zip(ours, plain, strict=True))
    note = f"{ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} rounds; processor time {processor:.2f} x"
    goal = GOALS[precision] if has_goal else None
    return [
        Row(f"child, {precision}", statistics.median(o.clock for o in ours), "samples/s"),
        Row(f"child, {precision}, against it", statistics.median(ratios), "x", goal, at_least=True, note=note),
    ]


def images_from(path: Path | None, count: int) -> tuple[Images, Labels]:
    """Return the first images of a fetched dataset, or made-up ones of CIFAR-10's shape."""
    return plain_loop.load(path, count) if path else plain_loop.made_up_cifar(count)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--data", type=Path, help="train.npz of a fetched dataset (made-up CIFAR-10 shapes without)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads, for both loops (1)")
    parser.add_argument("--rounds", type=int, default=15, help="pairs of measurements (15)")
    parser.add_argument("--samples", type=int, default=1024, help="images of one epoch (1024)")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask."""
    if options.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("--device cuda: torch sees no CUDA device here")
    images, labels = images_from(options.data, options.samples)
    device = torch.device(options.device)
    return measure(Bench(np.ascontiguousarray(images), labels, device, options.threads), options.rounds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add_options(parser)
    options = parser.parse_args()
    about = machine(options.device, options.threads)
    print(show(run(options), about))


if __name__ == "__main__":
    main()
