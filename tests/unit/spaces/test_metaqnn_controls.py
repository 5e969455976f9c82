"""What a search of layer chains is compared with: the largest, the rule of thumb, hand-made and published networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from layer_chains import PAPER, PUBLISHED, TABLE, made, texts
from rlsearch.config import plugins
from rlsearch.controls import simulate
from rlsearch.layer_costs import steps
from rlsearch.layer_notation import read
from rlsearch.spaces.base import Actions, decisions
from rlsearch.spaces.metaqnn import SETTINGS, MetaQNN
from rlsearch.training.forward_flops import training_flops


def test_the_largest_network_takes_the_most_flops() -> None:
    space = made(first="valid", fields=(1, 3, 5), depth=3)
    flops = {actions: sum(step.flops for step in chain(space, actions)) for actions in space.enumerate()}
    assert flops[space.largest()] == max(flops.values())
    assert texts(space, space.largest()) == ["C(16,1,1) - C(16,5,1) - C(16,5,1) - SM()"]  # a first 5x5 costs the others
    assert texts(PAPER, PAPER.largest()) == [" - ".join(["C(512,5,1)"] * 12 + ["SM()"])]


@pytest.mark.parametrize("limits", [{"most_parameters": 331}, {"most_flops": 13_571}])
def test_the_largest_network_within_limits_takes_the_most_flops(limits: dict[str, int]) -> None:
    """The costliest beginning may leave no room for what would cost more together."""
    space = made(size=6, first="valid", **limits)
    flops = [sum(step.flops for step in chain(space, actions, (1, 6, 6))) for actions in space.enumerate()]
    assert sum(step.flops for step in chain(space, space.largest(), (1, 6, 6))) == max(flops)


def chain(space: MetaQNN, actions: Actions, shape: tuple[int, int, int] = (1, 16, 16)) -> list[Any]:
    network = space.decode(actions)["network"]
    return steps(read(network["layers"]), shape, 2, network["first"], network["pools"])


@pytest.mark.parametrize(
    ("settings", "mean", "median", "largest", "samples", "search"),
    [
        # 270 networks of 15 epochs on 2,240 leaves; 2,700 of 20 epochs on 45,000 images of CIFAR-10.
        ({"size": 64, "depth": 12}, 1.3e10, 4e9, 5.9e11, 270 * 15 * 2_240, 3.5e17),
        ({"size": 32, "depth": 18}, 3.3e9, None, 70 * 3.3e9, 2_700 * 20 * 45_000, 2.4e19),
    ],
)
def test_what_networks_of_the_uniform_policy_cost(
    settings: dict[str, int], mean: float, median: float | None, largest: float, samples: int, search: float
) -> None:
    """Of 1,000 draws the mean has a standard error of 5 %."""
    space, rng = MetaQNN(SETTINGS(**settings)), np.random.default_rng(0)

    def flops(actions: Actions) -> int:
        return sum(step.flops for step in chain(space, actions, (1, settings["size"], settings["size"])))

    drawn = [flops(space.sample(rng)) for _ in range(1_000)]
    assert np.mean(drawn) == pytest.approx(mean, rel=0.15) and flops(space.largest()) == pytest.approx(largest, rel=0.1)
    assert median is None or np.median(drawn) == pytest.approx(median, rel=0.2)
    assert training_flops(round(np.mean(drawn)), samples) == pytest.approx(search, rel=0.15)


def test_the_rule_of_thumb_draws_a_pool_and_a_fully_connected_layer() -> None:
    rng = np.random.default_rng(0)
    drawn = texts(TABLE, *(TABLE.rule_of_thumb(rng) for _ in range(50)))  # type: ignore[arg-type]
    assert all("P(" in text and "FC(" in text for text in drawn) and len(set(drawn)) > 20
    assert PAPER.rule_of_thumb(rng) is not None and made(depth=2).rule_of_thumb(rng) is None
    assert made(fc=()).rule_of_thumb(rng) is None


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "C(4,3,1) - C(4,3,1) - P(2,2) - SM()"),
        ({"depth": 5, "size": 9}, "C(4,3,1) - C(4,3,1) - P(2,2) - C(16,3,1) - C(16,3,1) - SM()"),
        (
            {"depth": 8, "size": 6},
            "C(4,3,1) - C(4,3,1) - P(2,2) - C(16,3,1) - C(16,3,1) - P(2,2) - FC(16) - FC(16) - SM()",
        ),
        ({"pool_sizes": (), "fields": (5,)}, "C(4,5,1) - C(4,5,1) - C(16,5,1) - SM()"),
        ({"size": 4, "fields": (1, 5)}, "C(4,1,1) - C(4,1,1) - P(2,2) - SM()"),
        ({"size": 4, "fields": (5,), "max_fc": 0}, "SM()"),
    ],
)
def test_the_hand_made_network(settings: dict[str, Any], text: str) -> None:
    space = made(**settings)
    assert space.describe(space.baselines()["hand-made"]) == text
    assert list(space.rules.broken_rules(read(text))) == []


def test_the_hand_made_network_is_matched_in_parameters() -> None:
    spec = TABLE.read("C(16,5,1) - C(16,5,1) - P(2,2) - SM()")
    matched = TABLE.matched("hand-made", spec, (1, 16, 16), 2)
    assert matched is not None and TABLE.matched("other", spec) is None
    width = int(matched["network"]["layers"].split("(")[1].split(",")[0])
    wanted = sum(step.parameters for step in steps(read(TABLE.describe(spec)), (1, 16, 16), 2))

    def parameters(width: int) -> int:
        text = f"C({width},3,1) - C({width},3,1) - P(2,2) - SM()"
        return sum(step.parameters for step in steps(read(text), (1, 16, 16), 2))

    assert TABLE.describe(matched) == f"C({width},3,1) - C({width},3,1) - P(2,2) - SM()"
    assert min(range(1, 100), key=lambda other: abs(parameters(other) - wanted)) == width


def test_a_hand_made_network_without_a_width_has_the_one_size_that_it_can() -> None:
    space = made(size=4, fields=(5,), max_fc=0)
    assert space.matched("hand-made", made().read("C(16,5,1) - SM()"), (1, 16, 16), 2) is not None
    assert space.matched("hand-made", space.read("P(2,2) - SM()"), (1, 4, 4), 2) == space.read("SM()")


def test_known_networks_are_padded_as_their_source_does_it() -> None:
    """The fourth of Salvucci (2025): 241,985 parameters with one unit, where only its own padding gives that."""
    space = MetaQNN(SETTINGS(known={"published": "C(128,5,1) - C(64,1,1) - SM()"}, known_first="valid"))
    network = space.baselines()["published"]["network"]
    assert (network["first"], network["pools"]) == ("valid", "valid")
    chain = steps(read(network["layers"]), (1, 64, 64), 1, network["first"], network["pools"])
    assert sum(step.parameters for step in chain) == 241_985
    assert space.read("C(128,5,1) - SM()")["network"]["first"] == "same"
    with pytest.raises(ValueError, match=r"known.wide: layer 3 P\(60,1\) is larger"):
        SETTINGS(known={"wide": "C(8,5,1) - C(8,1,1) - P(60,1) - P(2,2) - SM()", **{}}, size=59, known_first="valid")


def test_known_networks_are_baselines_whether_or_not_they_obey_the_rules() -> None:
    space = MetaQNN(SETTINGS(first="valid", pools="same", known={"published": PUBLISHED.replace(" ", "")}))
    assert space.describe(space.baselines()["published"]) == PUBLISHED
    broken = list(space.rules.broken_rules(read(PUBLISHED)))
    assert broken[0] == "layer 1 P(2,2) is a pool of the image itself (space.initial_pool)"
    assert any("layer 6 C(521,5,1) is none of the layers" in problem for problem in broken)
    assert any("layer 9 P(3,3) is none of the layers of space.pool_sizes" in problem for problem in broken)


def test_a_network_of_a_study_fits_its_images() -> None:
    assert TABLE.misfit((1, 16, 16)) is None and TABLE.misfit((3, 16, 16)) is None
    assert TABLE.misfit((1, 8, 8)) == ("size", "must be the side of the images, which are 1x8x8")
    assert TABLE.misfit((1, 16, 8)) is not None
    problem = made(most_parameters=500).misfit((3, 16, 16))
    assert problem == ("channels", "must be 3, the channels of the images, for which the limits count")
    assert made(most_parameters=500).misfit((1, 16, 16)) is None and TABLE.misfit((1, 16, 16), 10) is None
    problem = made(most_flops=10_000).misfit((1, 16, 16), 10)
    assert problem == ("classes", "must be 10, the classes of the images, for which the limits count")


def test_an_agent_of_an_environment_searches_networks_of_unequal_length_side_by_side() -> None:
    module = plugins.load("agents", "maskable-ppo")
    settings = module.SETTINGS(episodes=4)
    assert simulate.side_by_side(module.AGENT, TABLE, settings)
    actions, rewards = simulate.simulate_choices(
        module.AGENT, TABLE, settings, lambda chosen, _: (chosen >= 0).sum(1) * 1.0, episodes=6, runs=2
    )
    lengths = (actions >= 0).sum(2)
    assert actions.shape == (2, 6, 4) and np.array_equal(rewards, lengths) and lengths.min() < lengths.max()
    for row in actions.reshape(-1, 4):
        assert decisions(TABLE, tuple(row[row >= 0].tolist()))
