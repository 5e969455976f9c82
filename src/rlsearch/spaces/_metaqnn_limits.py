"""The settings of the MetaQNN space with its limits, to which at least one network has to keep."""

from __future__ import annotations

from pydantic import model_validator

from rlsearch.layer_notation import Layer
from rlsearch.spaces._metaqnn_rules import Rules
from rlsearch.spaces._metaqnn_settings import MetaQNNSettings


class Settings(MetaQNNSettings):
    """The settings, of which at least one network has to keep to the limits."""

    @model_validator(mode="after")
    def _some_network(self) -> Settings:
        rules = Rules(self)
        if not any(rules.mask(rules.start)):
            smallest = rules.step(rules.start, Layer("GAP"))
            limits = {"most_parameters": self.most_parameters, "most_flops": self.most_flops}
            given = " and ".join(f"{name} {most}" for name, most in limits.items() if most is not None)
            raise ValueError(
                f"{given} leave no network: GAP() alone has {smallest.parameters} parameters and takes "
                f"{smallest.flops} FLOPs"
            )
        return self
