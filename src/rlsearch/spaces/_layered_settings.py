"""The settings of the layer-by-layer space: which options each decision has, and how the depth grows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rlsearch.config.base import Count, Settings, SpaceSettings, Width

Odd = Annotated[int, Field(ge=1, le=31)]
Options = Annotated[tuple[Width, ...], Field(strict=False)]
Kernels = Annotated[tuple[Odd, ...], Field(strict=False)]

MOST_LAYERS = 60


class Depth(Settings):
    """How the depth grows during a search: `step` more layers after every `every` trials, up to `most` layers."""

    step: Count = 2
    every: Count = 1600
    most: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = 20


class LayeredSettings(SpaceSettings):
    """Options of one layer, and how layers are joined. The defaults are the small space of 1,296 networks.

    `kernels` are square; with `kernels: null`, `heights` and `widths` are chosen apart. `strides` are fixed: one a
    layer, or a single one for all; with `strides: null`, `stride_options` are searched for each axis. `pools` names
    the layers (from 1) that are followed by 2x2 max pooling. With `skips` every layer chooses which earlier layers
    feed it. `depth` lets the number of layers grow; without it, `layers` is fixed.
    """

    type: Literal["layered-cnn"] = "layered-cnn"
    layers: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = 4
    kernels: Kernels | None = (1, 3)
    heights: Kernels | None = None
    widths: Kernels | None = None
    filters: Options = (32, 48, 64)
    strides: Options | None = (2, 1, 2, 1)
    stride_options: Options | None = None
    pools: Annotated[tuple[Count, ...], Field(strict=False)] = ()
    skips: bool = False
    batch_norm: bool = False
    depth: Depth | None = None

    @property
    def most_layers(self) -> int:
        """The depth that a search can reach."""
        return self.layers if self.depth is None else self.depth.most

    @model_validator(mode="after")
    def _consistent(self) -> LayeredSettings:
        if (self.kernels is None) == (self.heights is None) or (self.heights is None) != (self.widths is None):
            raise ValueError("give either `kernels` (square ones), or `heights` and `widths` with `kernels: null`")
        if (self.strides is None) == (self.stride_options is None):
            raise ValueError("give either `strides` (fixed), or `stride_options` with `strides: null`")
        for name in ("kernels", "heights", "widths", "filters", "stride_options", "pools"):
            values: tuple[int, ...] = getattr(self, name) or ()
            if getattr(self, name) == () and name != "pools":
                raise ValueError(f"`{name}` holds no option")
            if len(set(values)) < len(values):
                raise ValueError(f"`{name}` holds a value twice")
            if name in ("kernels", "heights", "widths") and any(value % 2 == 0 for value in values):
                raise ValueError(f"`{name}` must be odd: an even kernel cannot keep the size of its input")
        if self.depth is not None and self.depth.most < self.layers:
            raise ValueError(f"depth.most {self.depth.most} is below layers {self.layers}, where the search starts")
        if self.strides is not None and len(self.strides) not in (1, self.most_layers):
            raise ValueError(
                f"`strides` must hold 1 or {self.most_layers} values (one a layer), not {len(self.strides)}"
            )
        if any(pool > self.most_layers for pool in self.pools):
            raise ValueError(f"`pools` names a layer beyond the last, {self.most_layers}")
        return self
