"""Styles that the drawings of a page share: each is written once, under a name, where tens of thousands repeat it."""

from __future__ import annotations

import re

_STYLED = re.compile(r"(<[a-zA-Z][^>]*?) style=\"([^\">]*)\"")


class Sheet:
    """The styles of a page by name, numbered in the order in which its drawings come to need them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def shared(self, drawing: str) -> str:
        """Return an SVG that names its styles in place of saying them. Text cannot look like a tag: `<` is escaped."""
        return _STYLED.sub(lambda match: f'{match[1]} class="{self._name(match[2])}"', drawing)

    def _name(self, look: str) -> str:
        return self._names.setdefault(look, f"s{len(self._names)}")

    @property
    def text(self) -> str:
        """The style sheet. It has to come after that of the page, to have the last word as styles of elements do."""
        return "\n".join(f".{name} {{ {look} }}" for look, name in self._names.items())
