"""A row of a source's table of arms, which compares optimizers and policies that choose among them."""

from __future__ import annotations

from rlsearch.config.base import Name, Settings


class PublishedArm(Settings):
    """One row of a source's table of arms: shares from 0 to 1, epochs and seconds as printed there.

    Attributes:
        arm: its name there; dataset: on which it was measured; runs: how many it is the mean of.
        accuracy, f1, precision, recall: on the test set, macro over classes; decimals as printed.
        epochs: after which it is said to have converged; seconds: of an epoch, as printed.
        cost: of these epochs in epochs of plain SGD, by FLOPs; a range where it depends on what was chosen.
        optimizers: that took part; policy: type of the agent that chose among them, null for one optimizer alone.
    """

    arm: str
    dataset: Name
    runs: int = 1
    accuracy: float
    f1: float
    precision: float
    recall: float
    epochs: int
    seconds: str = ""
    cost: str
    optimizers: tuple[Name, ...]
    policy: Name | None = None
