"""SAM, AdaBelief and LAMB from the package pytorch_optimizer, which is imported here and nowhere else.

The package looks for torch's distributed tensors, which only its optimizers for many devices use; they bring three
seconds of imports. Told that there are none, as on builds of torch without them, it takes a tenth of that.
Version 4.1 or later: a state dict of SAM in version 3 holds no momentum, so that no child could be resumed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn, optim

DISTRIBUTED_TENSORS = ("torch.distributed.tensor", "torch.distributed._tensor")


@contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Make the import of modules that nobody has imported yet fail, for as long as the context lasts."""
    absent = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: "cannot be imported"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _without(*DISTRIBUTED_TENSORS):
    from pytorch_optimizer import SAM
    from pytorch_optimizer import AdaBelief as AdaBelief
    from pytorch_optimizer import Lamb as Lamb


class Sam(SAM):
    """Sharpness-aware minimisation (Foret et al. 2021, algorithm 1, p = 2), which descends by an optimizer of torch.

    `first_step` moves the weights w by rho * g / (|g| + 1e-12), g being the gradient of all parameters together, and
    `second_step` moves them back and lets the base step by the gradient found there. Weight decay and momentum
    are the base's: they act at w, not at the moved weights.

    Args:
        parameters: what to optimize.
        base: an optimizer's class, and its options.
        rho: the radius, above 0.
        batch_norm_updates: 1 or 2; for the training loop, see `TwoPass`.
    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        base: type[optim.Optimizer],
        options: dict[str, Any],
        *,
        rho: float,
        batch_norm_updates: int,
    ) -> None:
        super().__init__(parameters, base, rho=rho, **options)
        # SAM shares its groups and state with its base: a new learning rate or a loaded state reaches both.
        self.batch_norm_updates = batch_norm_updates
