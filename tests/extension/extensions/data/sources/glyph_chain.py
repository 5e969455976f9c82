"""Made-up text: glyphs of a Markov chain whose entropy is known."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch.config.base import Share
from rlsearch.config.dataset_models import DatasetSettings
from rlsearch.data.sources.base import Extent, Source
from rlsearch.data.store import RawStore

from ...shared.chain import WINDOW, LawSettings, MarkovChain
from ..kinds.glyphs import GlyphText


class Settings(DatasetSettings):
    """The law of the chain, the glyphs to predict, and the share of these that is held out first."""

    source: Literal["glyph-chain"] = "glyph-chain"
    law: LawSettings = LawSettings()
    length: Annotated[int, Field(ge=100, le=100_000)] = 3000
    test: Share = 0.2

    @property
    def test_share(self) -> float:
        """The share that is held out first."""
        return self.test


class GlyphChain(Source):
    """A text that is written anew wherever it is asked for; nothing is downloaded."""

    KIND: ClassVar[str] = "glyphs"

    @property
    def own(self) -> Settings:
        """The settings of the entry, which are those of this source."""
        assert isinstance(self.settings, Settings)
        return self.settings

    def read(self, store: RawStore) -> GlyphText:
        """Return the text, with the glyphs before the first that is predicted; the store is not used."""
        law, length = self.own.law, self.own.length
        chain = MarkovChain(law)
        return GlyphText(chain.text(length + WINDOW), law.glyphs, WINDOW, chain.entropy)

    def extent(self) -> Extent:
        """Return the known size."""
        return Extent(self.own.length, 0, 1)


SETTINGS, SOURCE = Settings, GlyphChain
TEST_SETTINGS = {"law": {"favour": 0.93}, "length": 1200, "validation": 0.25}
