"""A small language model: a perceptron that sees those of the last glyphs that lie at certain lags."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

TAKES = "glyphs"


class LaggedMLP(nn.Module):
    """One hidden layer on the one-hot glyphs at `lags`: 1 is the last one before the glyph that is predicted.

    Raises:
        ValueError: a lag lies outside of what the network is shown.
    """

    def __init__(self, input_shape: tuple[int], outputs: int, lags: Sequence[int] = (1, 3), width: int = 16) -> None:
        super().__init__()
        (window,) = input_shape
        if not all(1 <= lag <= window for lag in lags):
            raise ValueError(f"lags {list(lags)} do not all lie within the {window} glyphs that are seen")
        self.places, self.outputs = [window - lag for lag in lags], outputs
        self.hidden, self.head = nn.Linear(len(lags) * outputs, width), nn.Linear(width, outputs)

    def forward(self, rows: Tensor) -> Tensor:
        """Map glyphs, int64 (n, window), to logits (n, outputs)."""
        seen = functional.one_hot(rows[:, self.places], self.outputs)
        logits: Tensor = self.head(self.hidden(seen.flatten(1).to(self.hidden.weight.dtype)).tanh())
        return logits


NETWORK = LaggedMLP
