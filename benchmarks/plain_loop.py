"""The plain training loop that the project's own is compared with: what most PyTorch examples do.

Images come one at a time from a torchvision-style dataset through PIL and per-image transforms, `DataLoader` works in
the training process (`num_workers=0`), tensors are NCHW float32, and the loss is read with `.item()` at every step.
The recipe is the one of Yaman & Shondhani (2025): Adam, cross-entropy, mean and standard deviation 0.5.

    python benchmarks/plain_loop.py [data/cifar-10/train.npz]

prints the samples a second of SimpleCNN on one thread. Without a file it trains on made-up images of CIFAR-10's shape:
pixel values do not change the speed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from rlsearch import seeds

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


class PlainImages(Dataset[tuple[Tensor, int]]):
    """Images (n, height, width, channels) uint8, turned into PIL images and transformed one by one."""

    def __init__(self, images: Images, labels: Labels) -> None:
        self.images = images.squeeze(-1) if images.shape[-1] == 1 else images
        self.labels = labels
        half = [0.5] * images.shape[-1]
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(half, half)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


def train_plain(
    model: nn.Module, images: Images, labels: Labels, epochs: int = 1, batch_size: int = 128, lr: float = 1e-3
) -> float:
    """Train in place on the model's device and return samples a second, all epochs together.

    Args:
        model: maps (n, channels, height, width) float32 to logits.
        images: (n, height, width, channels) uint8, 1 or 3 channels.
        labels: (n,) class indices.
    """
    loader = DataLoader(PlainImages(images, labels), batch_size=batch_size, shuffle=True, num_workers=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()
    device = next(model.parameters()).device
    model.train()
    total_loss = 0.0
    start = time.perf_counter()
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs.to(device)), targets.to(device))
            loss.backward()
            optimizer.step()
            total_loss += loss.item()
    return epochs * len(labels) / (time.perf_counter() - start)


def made_up_cifar(count: int) -> tuple[Images, Labels]:
    """Return random images (count, 32, 32, 3) and labels 0 to 9, the same at every call."""
    rng = seeds.generator("benchmark", "made-up-cifar", count)
    return rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8), rng.integers(0, 10, count)


def load(path: Path, count: int) -> tuple[Images, Labels]:
    """Return the first `count` images, channels last, of a file that `fetch` prepared."""
    with np.load(path, allow_pickle=False) as file:
        return np.ascontiguousarray(file["images"][:count].transpose(0, 2, 3, 1)), file["labels"][:count]


def main() -> None:
    """Print the speed of SimpleCNN after one batch of warm-up."""
    from rlsearch.networks.simple_cnn import SimpleCNN

    count = 5_000
    images, labels = load(Path(sys.argv[1]), count) if len(sys.argv) > 1 else made_up_cifar(count)
    torch.set_num_threads(1)
    torch.manual_seed(seeds.integer("benchmark", "plain-loop"))
    model = SimpleCNN((images.shape[3], *images.shape[1:3]), int(labels.max()) + 1)
    train_plain(model, images[:128], labels[:128])
    print(f"{train_plain(model, images, labels):.0f} samples/s")


if __name__ == "__main__":
    main()
