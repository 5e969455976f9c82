"""The network of a layered spec: joining, padding, outputs by hand; 200 random ones; errors instead of crashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rlsearch.networks import _registry as registry
from rlsearch.networks.layered_cnn import LayeredCNN
from rlsearch.spaces import layered_cnn as space
from rlsearch.training.forward_flops import forward_flops

FULL = {
    "layers": 6,
    "kernels": None,
    "heights": (1, 3, 5, 7),
    "widths": (1, 3, 5, 7),
    "filters": (24, 36, 48, 64),
    "strides": None,
    "stride_options": (1, 2, 3),
    "pools": (2, 4),
    "skips": True,
    "batch_norm": True,
}


def layer(kernel: int = 1, stride: int = 1, filters: int = 1, **more: Any) -> dict[str, Any]:
    return {"kernel": [kernel, kernel], "stride": [stride, stride], "filters": filters, **more}


def fed(model: LayeredCNN) -> list[Tensor]:
    """Return the list that will hold what goes into each layer and into the head when the model runs."""
    seen: list[Tensor] = []
    for part in (*model.layers, model.head):
        part.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    return seen


def ones(model: LayeredCNN) -> LayeredCNN:
    """Set all weights to 1 and all biases to 0: a 1x1 layer then adds up its inputs."""
    for name, value in model.named_parameters():
        nn.init.constant_(value, 1.0 if name.endswith("weight") else 0.0)
    return model


def test_two_hundred_random_networks_of_the_full_space() -> None:
    torch.manual_seed(0)
    made, rng = space.SPACE(space.SETTINGS(**FULL)), np.random.default_rng(0)
    images = {shape: torch.rand(2, *shape) for shape in ((3, 32, 32), (1, 28, 28))}
    for _ in range(200):
        spec = made.decode(made.sample(rng))
        for shape, batch in images.items():
            model = registry.build("layered-cnn", shape, 10, spec["network"])
            logits = model(batch)
            nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()
            assert logits.shape == (2, 10) and torch.isfinite(logits).all()
            assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_parameters_by_hand() -> None:
    layers = [
        {"kernel": [1, 5], "stride": [1, 1], "filters": 4},  # 1 * 5 * 3 * 4 + 4 = 64
        {"kernel": [3, 3], "stride": [1, 1], "filters": 2, "inputs": []},  # 3 * 3 * 3 * 2 + 2 = 56
        {"kernel": [3, 1], "stride": [1, 1], "filters": 5, "inputs": [0]},  # 3 * 1 * 4 * 5 + 5 = 65
    ]
    model = LayeredCNN((3, 8, 8), 10, layers)
    head = (2 + 5 + 1) * 10  # layers 1 and 2 feed no other
    assert [sum(p.numel() for p in part.parameters()) for part in model.layers] == [64, 56, 65]
    assert sum(p.numel() for p in model.parameters()) == 64 + 56 + 65 + head


def test_a_layer_without_input_reads_the_image_and_loose_ends_are_joined() -> None:
    model = ones(LayeredCNN((1, 2, 2), 1, [layer(), layer(filters=2, inputs=[]), layer(inputs=[0])]))
    seen, image = fed(model), torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    logits = model(image)
    assert model.outputs == [1, 2]
    assert all(torch.equal(seen[number], image) for number in range(3))  # layer 2 reads layer 0's copy of the image
    assert torch.equal(seen[3], image.expand(1, 3, 2, 2))
    assert logits.item() == 3 * 2.5


def test_inputs_are_joined_in_depth_and_smaller_maps_padded_with_zeros() -> None:
    layers = [layer(filters=2), layer(stride=2), layer(inputs=[0, 1])]
    model = ones(LayeredCNN((1, 3, 3), 1, layers))
    seen, image = fed(model), torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    logits = model(image)
    # Layer 1 adds both maps of layer 0 and keeps every second row and column: 2, 6 / 14, 18.
    small = torch.tensor([[2.0, 6.0, 0.0], [14.0, 18.0, 0.0], [0.0, 0.0, 0.0]])
    assert torch.equal(seen[2], torch.stack([image[0, 0], image[0, 0], small])[None])
    assert logits.item() == pytest.approx((2 * 45 + 40) / 9)


def test_maps_that_are_smaller_in_one_axis_only() -> None:
    layers = [
        {"kernel": [1, 1], "stride": [2, 1], "filters": 1, "inputs": []},
        {"kernel": [1, 1], "stride": [1, 2], "filters": 1, "inputs": []},
    ]
    model = ones(LayeredCNN((1, 2, 2), 1, layers))
    seen = fed(model)
    model(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
    assert seen[2].tolist() == [[[[1, 2], [0, 0]], [[1, 0], [3, 0]]]]


@pytest.mark.parametrize(("stride", "sizes"), [(1, [7, 4]), (2, [4, 2]), (3, [3, 2])])
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_same_padding_and_pooling_round_up(kernel: int, stride: int, sizes: list[int]) -> None:
    model = LayeredCNN((1, 7, 7), 2, [layer(kernel, stride), layer(kernel, 1, pool=True)])
    seen = fed(model)
    model(torch.rand(1, 1, 7, 7))
    assert [tuple(one.shape[2:]) for one in seen[1:]] == [(size, size) for size in sizes]


def test_no_image_is_too_small_for_many_strides_and_pools() -> None:
    layers = [layer(7, 3, filters=2, pool=True, inputs=list(range(number))) for number in range(6)]
    model = LayeredCNN((1, 1, 1), 3, layers, batch_norm=True)
    assert model(torch.rand(2, 1, 1, 1)).shape == (2, 3)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "at least one layer"),
        ([layer(inputs=[0])], "cannot be fed by"),
        ([layer(), layer(inputs=[-1])], "cannot be fed by"),
        ([layer(), layer(inputs=[0, 0])], "cannot be fed by"),
        ([layer(2)], "kernels must be odd"),
        ([layer(stride=0)], "at least 1"),
        ([layer(filters=0)], "at least 1"),
    ],
    ids=str,
)
def test_what_cannot_be_built(layers: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LayeredCNN((1, 8, 8), 2, layers)


@pytest.mark.parametrize("shape", [(1, 0, 8), (1, 8, 0), (0, 8, 8)])
def test_an_image_without_pixels(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1x1 pixels"):
        LayeredCNN(shape, 2, [layer()])


def test_channels_last_gives_the_same_logits() -> None:
    torch.manual_seed(0)
    made = space.SPACE(space.SETTINGS(**FULL))
    for actions in made.spread(5):
        model = LayeredCNN((3, 32, 32), 10, **made.decode(actions)["network"]).eval()
        images = torch.rand(4, 3, 32, 32)
        expected = model(images)
        model.to(memory_format=torch.channels_last)
        seen = fed(model)
        found = model(images.to(memory_format=torch.channels_last))
        torch.testing.assert_close(found, expected)
        assert all(one.is_contiguous(memory_format=torch.channels_last) for one in seen)


def test_equal_seeds_give_equal_weights() -> None:
    network = space.SPACE().decode(space.SPACE().largest())["network"]

    def weights(seed: int) -> list[Tensor]:
        torch.manual_seed(seed)
        return list(LayeredCNN((1, 8, 8), 10, **network).parameters())

    assert all(torch.equal(a, b) for a, b in zip(weights(3), weights(3), strict=True))
    assert not torch.equal(weights(3)[0], weights(4)[0])


def test_forward_cost_by_hand() -> None:
    """Two FLOPs a multiplication: 3x3 on 8x8 with stride 2 gives 16 places; the second layer keeps them."""
    model = LayeredCNN((1, 8, 8), 10, [layer(3, 2, filters=4), layer(3, filters=5)])
    assert forward_flops(model, torch.zeros(1, 1, 8, 8)) == 2 * (16 * 9 * 1 * 4 + 16 * 9 * 4 * 5 + 5 * 10)
