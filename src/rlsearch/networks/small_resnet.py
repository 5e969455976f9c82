"""The residual network for small images of He et al. 2016 (section 4.2), with as few and narrow blocks as one likes."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from rlsearch.networks.base import FeaturesAndHead, Flatten, InputShape, pooled_shape

STAGES = 3


class SmallResNet(FeaturesAndHead):
    """A 3x3 convolution, three stages of residual blocks, global average pooling and a linear head.

    The stages have `width`, 2 and 4 times `width` channels; the second and the third begin by halving the map, rounded
    up. Shortcuts have no parameters (the paper's option A): where a block halves the map they take every second
    pixel and fill the new channels with zeros. With n blocks in a stage and 16 channels it is the paper's
    ResNet-(6n + 2) for CIFAR-10; ResNet-20 has 269,722 trainable parameters.

    >>> sum(p.numel() for p in SmallResNet((3, 32, 32), 10, width=16, blocks=3).parameters())
    269722

    Args:
        input_shape: (channels, height, width), at least 4x4 pixels.
        classes: number of outputs.
        width: channels of the first stage, at least 1.
        blocks: residual blocks in each stage, at least 1.

    Raises:
        ValueError: the images are too small to be halved twice, or a number is below 1.
    """

    def __init__(self, input_shape: InputShape, classes: int, width: int = 8, blocks: int = 1) -> None:
        super().__init__()
        pooled_shape(input_shape, STAGES - 1, "small-resnet")
        if min(width, blocks) < 1:
            raise ValueError(f"small-resnet needs a width and blocks of at least 1, got {width} and {blocks}")
        layers: list[nn.Module] = [_convolution(input_shape[0], width, 1), nn.BatchNorm2d(width), nn.ReLU()]
        inputs = width
        for stage in range(STAGES):
            outputs = width * 2**stage
            for number in range(blocks):
                layers.append(_Block(inputs, outputs, stride=2 if stage and not number else 1))
                inputs = outputs
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), Flatten(), nn.Linear(inputs, classes))


class _Block(nn.Module):
    """Two 3x3 convolutions with batch norm, the sum with their input, and ReLU (He et al. 2016, figure 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride, self.new = stride, outputs - inputs
        self.residual = nn.Sequential(
            _convolution(inputs, outputs, stride),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            _convolution(outputs, outputs, 1),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, maps: Tensor) -> Tensor:
        shortcut = maps[:, :, :: self.stride, :: self.stride]
        if self.new:
            # From the last axis backwards: width, height, then channels, to which zeros are added.
            shortcut = functional.pad(shortcut, (0, 0, 0, 0, 0, self.new))
        return functional.relu(self.residual(maps) + shortcut)


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)


NETWORK = SmallResNet
