"""What a controller's logits are divided by, as the settings have it fall."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def temperature(settings: Any, updates: int, place: int = 0) -> float:
    """Return the temperature of the candidate at a place of the batch that follows after so many updates."""
    falls = updates if settings.temperature_by == "update" else updates * settings.batch + place
    return float(max(settings.temperature_end, settings.temperature * settings.temperature_decay**falls))


def temperatures(settings: Any, updates: int, count: int) -> float | Tensor:
    """Return the temperature of that batch of `count` candidates, or that of each of them (1, count, 1)."""
    if settings.temperature_by == "update":
        return temperature(settings, updates)
    # Whoever asks for more than a batch gets several that were drawn before the first was learnt from.
    places = [place % settings.batch for place in range(count)]
    return torch.tensor([temperature(settings, updates, place) for place in places])[None, :, None]
