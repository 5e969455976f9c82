"""A mirror of the toy language: words written backwards, the verb last, adjectives behind their noun and inflected.

    SENTENCE -> NOUNS:x VERBS:x
    NOUNS:x  -> determiner noun:x [adjective:x] [ek VERBS:x | ok NOUNS:y transitive:y]
    VERBS:x  -> NOUNS:y transitive:x | [adverb] intransitive:x

In the toy language `ke` begins both sorts of relative clauses and the next word tells which it is; with the verb last
it would not, so the mirror has two words. From the left, the next word tells the rule here too: nothing is lost, and
the way back is a parser like the way there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from rlsearch.data.sources._toy_words import ENDINGS, THAT, ending, is_adjective, is_adverb, is_determiner

AS_SUBJECT, AS_OBJECT = "ek", "ok"
"""The noun of the clause acts, or is acted upon."""

Reader = Callable[["_Words"], list[str]]


def mirror(sentence: Sequence[str]) -> list[str]:
    """Return a sentence of the toy language in the mirror language; neither has an end mark.

    Raises:
        ValueError: the words are no sentence of the toy language.
    """
    return _whole(sentence, _mirrored_sentence)


def unmirror(sentence: Sequence[str]) -> list[str]:
    """Return the sentence of the toy language whose mirror this is.

    Raises:
        ValueError: the words are no sentence of the mirror language.
    """
    return _whole([word[::-1] for word in sentence], _sentence)


def mirrored(words: Set[str]) -> frozenset[str]:
    """Return the words of the mirror language, from those of the toy language without its end mark."""
    adjectives = {word for word in words if is_adjective(word)}
    kept = {word[::-1] for word in words - adjectives - {THAT}}
    inflected = {(adjective + x)[::-1] for adjective in adjectives for x in ENDINGS}
    return frozenset(kept | inflected | ({AS_SUBJECT, AS_OBJECT} if THAT in words else set()))


class _Words:
    """A sentence that is read from the left."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words, self.place = words, 0

    def next(self) -> str:
        """Return the word to read next; nothing at the end."""
        return self.words[self.place] if self.place < len(self.words) else ""

    def take(self, fits: bool) -> str:
        """Read the next word, which is one of the sort that has to come here, or no sentence is."""
        if not fits:
            raise ValueError(f"{self.next() or 'the end'!r} cannot stand at place {self.place + 1}")
        self.place += 1
        return self.words[self.place - 1]

    def inflected(self, sort: str, agreeing: str | None = None) -> str:
        """Read a noun or a verb, which has to agree."""
        found = ending(self.next(), sort)
        return self.take(found is not None and agreeing in (None, found))


def _whole(sentence: Sequence[str], reader: Reader) -> list[str]:
    words = _Words(sentence)
    read = reader(words)
    if words.next():
        words.take(False)
    return read


# From the toy language.


def _mirrored_sentence(words: _Words) -> list[str]:
    subject, x = _mirrored_nouns(words)
    return [*subject, *_mirrored_verbs(words, x)]


def _mirrored_nouns(words: _Words) -> tuple[list[str], str]:
    determiner = words.take(is_determiner(words.next()))
    adjectives = [words.take(True)] if is_adjective(words.next()) else []
    noun = words.inflected("n")
    x = ending(noun, "n") or ""
    backwards = [word[::-1] for word in (determiner, noun, *(adjective + x for adjective in adjectives))]
    return [*backwards, *_mirrored_clause(words, x)], x


def _mirrored_clause(words: _Words, x: str) -> list[str]:
    if words.next() != THAT:
        return []
    words.take(True)
    if not is_determiner(words.next()):
        return [AS_SUBJECT, *_mirrored_verbs(words, x)]
    acting, y = _mirrored_nouns(words)
    return [AS_OBJECT, *acting, words.inflected("t", y)[::-1]]


def _mirrored_verbs(words: _Words, x: str) -> list[str]:
    verb = words.inflected("t", x)[::-1]
    if is_determiner(words.next()):
        return [*_mirrored_nouns(words)[0], verb]
    return [words.take(True)[::-1], verb] if is_adverb(words.next()) else [verb]


# From the mirror language; its words have been turned round already.


def _sentence(words: _Words) -> list[str]:
    subject, x = _nouns(words)
    return [*subject, *_verbs(words, x)]


def _nouns(words: _Words) -> tuple[list[str], str]:
    determiner = words.take(is_determiner(words.next()))
    noun = words.inflected("n")
    x = ending(noun, "n") or ""
    inflected = [word for word in (words.next(),) if any(word.endswith(f"l{each}") for each in ENDINGS)]
    adjectives = [words.take(word.endswith(f"l{x}")).removesuffix(x) for word in inflected]
    return [determiner, *adjectives, noun, *_clause(words, x)], x


def _clause(words: _Words, x: str) -> list[str]:
    if words.next() not in (AS_SUBJECT[::-1], AS_OBJECT[::-1]):
        return []
    if words.take(True) == AS_SUBJECT[::-1]:
        return [THAT, *_verbs(words, x)]
    acting, y = _nouns(words)
    return [THAT, *acting, words.inflected("t", y)]


def _verbs(words: _Words, x: str) -> list[str]:
    if is_determiner(words.next()):
        things, _ = _nouns(words)
        return [words.inflected("t", x), *things]
    adverbs = [words.take(True)] if is_adverb(words.next()) else []
    return [words.inflected("t", x), *adverbs]
