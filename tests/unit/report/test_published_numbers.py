"""The sources' numbers: as their texts print them, and in agreement with the arithmetic that is told about them."""

from __future__ import annotations

import re
from statistics import fmean

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from rlsearch.agents.reinforce import Reinforce, Settings
from rlsearch.report import published_models
from rlsearch.report.closed_loop.published_arm import PublishedArm
from rlsearch.report.published_models import Published
from rlsearch.spaces import init_scale

EPISODES, RUNS, MEAN, SD = 200, 400, 7.3, 0.05


def entry(name: str) -> Published:
    found = published_models.load(name)
    assert found is not None
    return found


def notes(name: str) -> str:
    return " ".join(entry(name).notes)


# Pham 2024, table 2: accuracy, F1, precision, recall, epochs, first and last second of an epoch.
PHAM = {
    ("DQN (SGD or SAM)", "cifar-10"): (0.8115, 0.8112, 0.8121, 0.8113, 41, 18.64, 22.4),
    ("PPO (SGD, Adam or SAM)", "cifar-10"): (0.8532, 0.8532, 0.8546, 0.8532, 82, 14.16, 22.27),
    ("Adam", "cifar-10"): (0.8172, 0.8167, 0.8190, 0.8172, 65, 14.7, 16.12),
    ("SAM", "cifar-10"): (0.8261, 0.8341, 0.8302, 0.8444, 54, 19, 20.16),
    ("SGD", "cifar-10"): (0.8167, 0.8149, 0.8092, 0.8250, 52, 7.96, 8.13),
    ("PPO (SGD or SAM)", "cifar-10"): (0.8432, 0.8441, 0.8458, 0.8432, 40, 14.4, 22.90),
    ("SAM", "fashion-mnist"): (0.9268, 0.9266, 0.9269, 0.9288, 26, 22.8, 23.3),
    ("SGD", "fashion-mnist"): (0.9171, 0.9151, 0.9175, 0.9171, 33, 15.7, 16.5),
    ("Adam", "fashion-mnist"): (0.9102, 0.9098, 0.9098, 0.9102, 41, 19.9, 20.1),
    ("PPO (SGD or SAM)", "fashion-mnist"): (0.9271, 0.9253, 0.9253, 0.9217, 42, 16.3, 23.13),
    ("PPO (SGD, Adam or SAM)", "fashion-mnist"): (0.9262, 0.9264, 0.9268, 0.9277, 47, 17.4, 24.9),
}


def seconds(arm: PublishedArm) -> list[float]:
    return [float(one) for one in arm.seconds.split("–")]


def test_the_arms_are_those_of_the_table() -> None:
    found = {
        (arm.arm, arm.dataset): (arm.accuracy, arm.f1, arm.precision, arm.recall, arm.epochs, *seconds(arm))
        for arm in entry("optimizer-selection").arms
    }
    assert found == PHAM


def test_costs_are_the_epochs_times_the_passes_of_the_optimizers() -> None:
    for arm in entry("optimizer-selection").arms:
        passes = {2 if one == "sam" else 1 for one in arm.optimizers}
        assert arm.cost == "–".join(str(arm.epochs * count) for count in sorted(passes)), arm.arm


def test_the_ratio_of_seconds_is_told_for_each_dataset() -> None:
    times = {(arm.arm, arm.dataset): fmean(seconds(arm)) for arm in entry("optimizer-selection").arms}
    ratios = {name: times["SAM", name] / times["SGD", name] for name in ("cifar-10", "fashion-mnist")}
    assert ratios == pytest.approx({"cifar-10": 2.4, "fashion-mnist": 1.4}, abs=0.05)
    told = r"an epoch of SAM takes 2\.4 times one of SGD on CIFAR-10 and 1\.4 times on Fashion-MNIST"
    assert re.search(told, notes("optimizer-selection"))


def test_accuracies_and_errors_add_up() -> None:
    """Errors in the order of the file: the slides' table, then the two ablations, which only the paper has."""
    numbers = entry("layered-cnn").numbers
    pairs = [re.fullmatch(r"([\d.]+) % \(error ([\d.]+) %\)", number.published) for number in numbers]
    errors = [float(pair[2]) for pair in pairs if pair]
    assert errors == [5.50, 6.01, 4.47, 3.65, 5.56, 7.97, 3.46]
    for pair in pairs:
        assert pair and float(pair[1]) + float(pair[2]) == pytest.approx(100)
    for number in numbers:
        of_the_paper = "skip connections" in number.candidate
        assert ("the slides do not" in number.because) is of_the_paper, number.candidate


def test_standard_deviations_and_variances_of_rewards() -> None:
    """Srivatsava & Duddu's three pairs: only that without a baseline contradicts itself."""
    spreads = {spread.arm: spread for spread in entry("layered-cnn").reward_spread}
    assert {name: (one.sd, one.variance) for name, one in spreads.items()} == {
        "REINFORCE with a baseline": (0.0587, 0.003454),
        "REINFORCE without a baseline": (0.764, 0.0059),
        "what the source calls actor-critic": (0.0447, 0.001997),
    }
    for spread in spreads.values():
        agrees = spread.variance == pytest.approx(spread.sd**2, rel=0.005)
        assert agrees is ("cannot both hold" not in spread.remark), spread.arm


def test_what_the_slides_say_of_clipping_size_and_cost() -> None:
    whole = " ".join(entry("layered-cnn").conditions)
    assert "±0.1 or ±0.05" in whole
    for told in ("400 GPU-days", "22,400", "13,000 to 15,000", "128 units", "10 parameter servers"):
        assert told in notes("layered-cnn"), told
    assert 800 * 28 == 22_400 and (800 * 14, 800 * 21) == (11_200, 16_800)


def test_the_gain_of_the_first_study_is_worth_what_its_note_says() -> None:
    target = {n.candidate: n.published for n in entry("init-scale").numbers if n.quantity == "target accuracy"}
    arms = {name: [float(one) for one in re.findall(r"[\d.]+(?= %)", text)] for name, text in target.items()}
    assert arms == {"s = 1.0": [86.06, 85.78], "s = 1.25": [86.42, 86.16]}
    first, second = arms["s = 1.25"], arms["s = 1.0"]
    unpaired, paired = stats.ttest_ind(first, second), stats.ttest_rel(first, second)
    low, high = unpaired.confidence_interval()
    assert fmean(first) - fmean(second) == pytest.approx(0.37)
    told = (round(unpaired.pvalue, 2), round(low, 2), round(high, 2), round(paired.pvalue, 3))
    assert told == (0.19, -0.45, 1.19, 0.017)
    for text in ("gain of 0.37 points", "p = 0.19 unpaired", "interval from −0.45 to +1.19", "p = 0.017"):
        assert text in notes("init-scale")


def test_what_the_code_for_cells_leaves_of_its_space_and_when_it_samples_as_it_learns() -> None:
    operations, combinations = 13, 2
    ordered, unordered = operations**2, operations * (operations + 1) // 2
    told = notes("nasnet-leaves")
    assert f"{combinations * ordered} encodings" in told
    assert f"{unordered + ordered} networks since addition commutes" in told
    assert f"and {combinations * unordered} where the order of a concatenation is ignored too" in told
    assert f"{(2 * 2 * 3 * 3) ** 2 * operations**8 * combinations**4:.1e}".replace("e+", "e") in told
    assert 5 * 0.995**321 > 1 > 5 * 0.995**322 and "at episode 322" in told
    conditions = " ".join(entry("nasnet-leaves").conditions)
    assert 498 + 62 + 240 == 4000 // 5 and "498 images to train on, 62 for the reward" in conditions
    # The cut of the code: 11 % of what is not for the test.
    assert int(0.89 * (4000 // 5 - 240)) == 498 and entry("nasnet-leaves").validation == 0.11


def test_what_two_sources_of_cells_publish_stands_apart() -> None:
    """Zoph et al. searched on CIFAR-10, Salvucci on leaves: one entry for both made either not comparable."""
    cifar, leaves = entry("nasnet-cifar-10"), entry("nasnet-leaves")
    assert (cifar.dataset, leaves.dataset) == ("cifar-10", "leaves")
    assert round(800 * 28 / (500 * 4), 1) == 11.2 and "that is 11.2" in notes("nasnet-cifar-10")
    assert 28 / 4 == 7 and any("7 times" in number.published for number in cifar.numbers)
    for number in cifar.numbers:
        if "error" in number.published:
            accuracy, error = (float(text) for text in re.findall(r"[0-9.]+(?= %)", number.published))
            assert accuracy + error == pytest.approx(100)
    # Told once and of one source each.
    assert "Salvucci" not in repr(cifar) and leaves.numbers == ()
    assert not {*cifar.notes, *cifar.conditions} & {*leaves.notes, *leaves.conditions}
    assert round(0.1 * 50_000) == 5_000 and cifar.validation == 0.1 and "5,000 for the reward" in cifar.conditions[0]


@pytest.mark.parametrize(
    ("baseline", "frozen", "settles", "in_band"),
    [("none", False, 1.0, 0.27), ("ema", False, 0.04, None), ("ema", True, 0.12, None)],
)
def test_how_many_searches_settle_where_the_reward_says_nothing(
    baseline: str, frozen: bool, settles: float, in_band: float | None
) -> None:
    """The shares of the note come from 2,000 searches; 400 must agree within three standard errors."""
    space = init_scale.SPACE(init_scale.SETTINGS(type="init-scale", low=0.3, high=1.7, digits=2))
    rng = np.random.default_rng(1)
    still = rng.standard_normal((RUNS, 141))

    def reward(actions: NDArray[np.float64], replicate: int) -> NDArray[np.float64]:
        drawn = still[np.arange(RUNS), np.rint((actions - 0.3) * 100).astype(int)]
        return MEAN + SD * (drawn if frozen else rng.standard_normal(RUNS))

    settings = Settings(baseline=baseline)
    actions, _ = Reinforce.simulate(space, settings, reward, episodes=EPISODES, runs=RUNS, seed=1)
    last = actions[:, -50:]
    assert near((last.std(axis=1, ddof=1) < 0.15).mean(), settles)
    if in_band is not None:
        assert near(((last.mean(axis=1) >= 1.1) & (last.mean(axis=1) <= 1.4)).mean(), in_band)
    share = "all still settled" if settles == 1.0 else f"{100 * settles:.0f} %"
    assert share in notes("init-scale")


def near(found: float, told: float) -> bool:
    return abs(found - told) <= 3 * np.sqrt(max(told * (1 - told), 0.005) / RUNS)
