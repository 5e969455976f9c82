"""The settings of the MetaQNN space: which layers there are, which rules they keep to, and published networks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from rlsearch.config.base import WIDEST, Count, Distinct, Name, Natural, SpaceSettings, Width
from rlsearch.layer_costs import Padding, steps
from rlsearch.layer_notation import read, write

Odd = Annotated[int, Field(ge=1, le=31)]
Pool = Annotated[tuple[Count, Count], Field(strict=False)]
Most = Annotated[int, Field(ge=1, le=10**18)]

MOST_LAYERS = 60
HAND_MADE = "hand-made"


class MetaQNNSettings(SpaceSettings):
    """Layers, rules and limits; the defaults are those of Baker et al. (2017) for images of 64x64.

    `size` is the side of the study's images, which the rules need. `pool_sizes` holds (size, stride) of each pool.
    `first`: padding of a convolution that is the very first layer; `pools`: padding of the pools ("valid": pixels into
    which no window fits are left out; "same": sizes are rounded up). `most_parameters` and `most_flops` (of one forward
    pass of one sample) leave out larger networks, counted for images of `channels` channels and a classifier of
    `classes` units. `known` holds networks by name, in the notation of `rlsearch.layer_notation`: baselines, which need
    not obey the rules, and are padded as `known_first` and `known_pools` say (null: as the space's own networks).
    """

    type: Literal["metaqnn"] = "metaqnn"
    size: Annotated[int, Field(ge=1, le=1024)] = 64
    channels: Width = 1
    classes: Annotated[int, Field(ge=2, le=WIDEST)] = 2
    filters: Annotated[tuple[Width, ...], Field(strict=False, min_length=1), Distinct] = (64, 128, 256, 512)
    fields: Annotated[tuple[Odd, ...], Field(strict=False, min_length=1), Distinct] = (1, 3, 5)
    pool_sizes: Annotated[tuple[Pool, ...], Field(strict=False), Distinct] = ((5, 3), (3, 2), (2, 2))
    fc: Annotated[tuple[Width, ...], Field(strict=False), Distinct] = (512, 256, 128)
    depth: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = 12
    max_fc: Natural = 2
    initial_pool: bool = False
    first: Literal["same", "valid"] = "same"
    pools: Literal["valid", "same"] = "valid"
    most_parameters: Most | None = None
    most_flops: Most | None = None
    known: dict[Name, str] = Field(default_factory=dict)
    known_first: Literal["same", "valid"] | None = None
    known_pools: Literal["same", "valid"] | None = None

    @property
    def known_padding(self) -> tuple[Padding, Padding]:
        """Padding of the known networks: of a first convolution, and of the pools."""
        return self.known_first or self.first, self.known_pools or self.pools

    @field_validator("fields")
    @classmethod
    def _of_odd_size(cls, fields: tuple[int, ...]) -> tuple[int, ...]:
        if even := [field for field in fields if field % 2 == 0]:
            raise ValueError(f"must be odd, and {even[0]} is not: an even field cannot keep the size of its map")
        return fields

    @field_validator("known")
    @classmethod
    def _written_alike(cls, known: dict[str, str]) -> dict[str, str]:
        """Return the texts in one spelling, so that equal networks have equal digests."""
        if HAND_MADE in known:
            raise ValueError(f"{HAND_MADE!r} is the name of the space's own baseline; choose another name")
        written = {}
        for name, text in known.items():
            try:
                written[name] = write(read(text))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return written

    @model_validator(mode="after")
    def _on_these_images(self) -> MetaQNNSettings:
        for name, text in self.known.items():
            try:
                steps(read(text), (self.channels, self.size, self.size), self.classes, *self.known_padding)
            except ValueError as error:
                raise ValueError(f"known.{name}: {error}") from None
        return self
