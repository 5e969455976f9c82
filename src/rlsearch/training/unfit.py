"""What of a spec a child cannot be made of: the part of it that says so, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UnfitError(ValueError):
    """A part of a spec is not for this task; the text is what the part itself said.

    Attributes:
        part: which, in words; cause: the class of the error that it raised.
    """

    def __init__(self, text: str, part: str, cause: str) -> None:
        super().__init__(text)
        self.part, self.cause = part, cause

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error cross a process pool with its parts intact."""
        return UnfitError, (str(self), self.part, self.cause)


@contextmanager
def part(name: str) -> Iterator[None]:
    """Say which part of a spec it was that raised a ValueError.

    Raises:
        UnfitError: it did.
    """
    try:
        yield
    except UnfitError:
        raise
    except ValueError as error:
        raise UnfitError(str(error), name, type(error).__name__) from error
