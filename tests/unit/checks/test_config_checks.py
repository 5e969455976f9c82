"""The smallest p of a permutation test, and the number of seeds that claims are asked for."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import yaml

from rlsearch.agents.reinforce import Reinforce
from rlsearch.checks import validate
from rlsearch.errors import SettingsError
from rlsearch.statistics.reach import smallest_p, smallest_paired_p

ROOT = Path(__file__).resolve().parents[3]
BEATS = {"claim": "beats-agent", "agent": "reinforce", "against": "random", "margin": 0.01}
SELECTED = {"claim": "selected-beats-baseline", "agent": "reinforce", "against": "he", "margin": 0.01}
CONVERGES = {"claim": "convergence", "agent": "reinforce", "margin": 0.05}


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (2, 5), (3, 6)])
def test_smallest_p_is_what_enumerating_all_divisions_gives(n: int, m: int) -> None:
    values = [*range(n), *range(100, 100 + m)]  # the two arms are separated completely
    means = [fmean(arm) for arm in combinations(values, n)]
    one_sided = sum(mean <= fmean(values[:n]) for mean in means) / len(means)
    assert smallest_p(n, m) == pytest.approx(min(1.0, 2 * one_sided))


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_smallest_paired_p_is_what_flipping_all_signs_gives(n: int) -> None:
    sums = [sum(signs) for signs in product((-1, 1), repeat=n)]
    assert smallest_paired_p(n) == pytest.approx(sum(abs(total) >= n for total in sums) / len(sums))


def test_smallest_p_has_the_known_values() -> None:
    assert [round(smallest_p(n, n), 3) for n in (3, 4, 5)] == [0.1, 0.029, 0.008]


@pytest.mark.parametrize(
    ("claims", "search", "retrain", "key"),
    [
        ([BEATS], 4, 1, None),
        ([BEATS], 3, 9, "search.seeds = 3"),
        ([SELECTED], 1, 4, None),
        ([SELECTED], 9, 3, "retrain.seeds = 3"),
        ([CONVERGES], 3, 1, None),
        ([CONVERGES], 2, 9, "search.seeds = 2"),
        ([BEATS, SELECTED, CONVERGES], 5, 5, None),
        ([BEATS, SELECTED, CONVERGES], 4, 5, "search.seeds = 4"),  # 0.029 > 0.05 / 3
        ([BEATS, SELECTED, CONVERGES], 5, 4, "retrain.seeds = 4"),
    ],
)
def test_a_claim_needs_seeds_that_can_reach_its_corrected_level(
    claims: list[dict[str, Any]], search: int, retrain: int, key: str | None
) -> None:
    raw = settings(claims, search, retrain)
    if key is None:
        assert len(validate(raw).studies["init-scale"].claims) == len(claims)
        return
    with pytest.raises(SettingsError) as caught:
        validate(raw)
    assert f"  - studies.init-scale.{key}" in str(caught.value)
    assert "too few seeds to decide" in str(caught.value)
    assert "one fault" in str(caught.value)


def test_the_number_of_seeds_that_is_asked_for_suffices() -> None:
    with pytest.raises(SettingsError, match="must be at least 5"):
        validate(settings([BEATS, SELECTED, CONVERGES], 4, 5))


def test_both_keys_are_named_when_both_are_too_small() -> None:
    with pytest.raises(SettingsError) as caught:
        validate(settings([BEATS, SELECTED], 2, 2))
    assert "search.seeds = 2" in str(caught.value)
    assert "retrain.seeds = 2" in str(caught.value)


def test_an_agent_that_cannot_search_the_space_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reinforce, "supports", classmethod(lambda cls, space: False))
    with pytest.raises(SettingsError, match="agent reinforce cannot search the space init-scale"):
        validate(settings([], 1, 1))


def settings(claims: list[dict[str, Any]], search: int, retrain: int) -> dict[str, Any]:
    """Return the smoke preset with these claims and numbers of seeds."""
    raw: dict[str, Any] = yaml.safe_load((ROOT / "presets" / "smoke.yaml").read_text(encoding="utf-8"))
    study = raw["studies"]["init-scale"]
    study["claims"], study["search"]["seeds"], study["retrain"]["seeds"] = claims, search, retrain
    return raw


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"validation": 0.9999}, "datasets.digits.validation"),
        ({"validation": 0.0001}, "datasets.digits.validation"),
        ({"test": 0.999}, "datasets.digits.test"),
        ({"train_size": 5}, "datasets.digits.train_size"),
        ({"train_size": 1430}, "datasets.digits.train_size"),
        ({"train_size": 100_000}, "datasets.digits.train_size"),
        ({"train_size": 1437}, None),
        ({"train_size": 300}, None),
    ],
)
def test_a_split_that_cannot_hold_every_class_is_refused_before_anything_starts(
    change: dict[str, Any], key: str | None
) -> None:
    raw = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text())
    del raw["datasets"]["digits"]["train_size"]
    raw["datasets"]["digits"].update(change)
    if key is None:
        validate(raw)
        return
    with pytest.raises(SettingsError, match=f"  - {key}"):
        validate(raw)
