"""The rules of the toy language: the verb agrees with its subject in class and number, across relative clauses.

    SENTENCE -> NOUNS:x VERBS:x <eos>
    NOUNS:x  -> determiner [adjective] noun:x [ke VERBS:x | ke NOUNS:y transitive:y]
    VERBS:x  -> transitive:x NOUNS:y | intransitive:x [adverb]

x and y are one of four endings, class a or o by number; of a noun, the class is always the same. The language is
unambiguous: from the left, the next word alone tells which rule goes on (a verb, a determiner, `ke`, an adverb), as in
an LL(1) grammar, but for x, which the noun tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from rlsearch.data.sources._grammar import START, Grammar, Rule, zipf
from rlsearch.data.sources._toy_words import ENDINGS, THAT, Words
from rlsearch.data.text.parts import END

PLURAL, ADJECTIVE, ADVERB = 0.4, 0.4, 0.3
TRANSITIVE = 0.6
"""The share of verbs with an object, clauses about an object aside."""
ABOUT_OBJECT = 0.4
"""The share of relative clauses in which the noun is what is acted upon: its own verb then waits for two others."""


def grammar(words: Words, relative: float) -> Grammar:
    """Return the grammar of these words.

    Args:
        words: by Zipf's law, within each sort.
        relative: the probability that a noun has a relative clause; below 1, sentences end with probability 1.
    """
    nouns = {ending: _nouns(words, ending) for ending in ENDINGS}
    agreement = {ending: sum(p for p, _ in rules) for ending, rules in nouns.items()}
    rules: dict[str, Sequence[Rule]] = {
        START: [(agreement[x], (f"NOUNS:{x}", f"VERBS:{x}", END)) for x in ENDINGS],
        "DETERMINER": _chosen(words.determiners),
        "ADJECTIVE?": [(1 - ADJECTIVE, ()), (ADJECTIVE, ("ADJECTIVE",))],
        "ADJECTIVE": _chosen(words.adjectives),
        "ADVERB?": [(1 - ADVERB, ()), (ADVERB, ("ADVERB",))],
        "ADVERB": _chosen(words.adverbs),
    }
    for x in ENDINGS:
        rules |= {
            f"NOUNS:{x}": [(1.0, ("DETERMINER", "ADJECTIVE?", f"NOUN:{x}", f"CLAUSE?:{x}"))],
            f"NOUN:{x}": [(p / agreement[x], symbols) for p, symbols in nouns[x]],
            f"CLAUSE?:{x}": _clause(x, relative, agreement),
            f"VERBS:{x}": [
                (1 - TRANSITIVE, (f"INTRANSITIVE:{x}", "ADVERB?")),
                *((TRANSITIVE * agreement[y], (f"TRANSITIVE:{x}", f"NOUNS:{y}")) for y in ENDINGS),
            ],
            f"TRANSITIVE:{x}": _chosen(words.transitive, x),
            f"INTRANSITIVE:{x}": _chosen(words.intransitive, x),
        }
    return Grammar(rules)


def _clause(x: str, relative: float, agreement: dict[str, float]) -> list[Rule]:
    about_object = relative * ABOUT_OBJECT
    return [
        (1 - relative, ()),
        (relative - about_object, (THAT, f"VERBS:{x}")),
        *((about_object * agreement[y], (THAT, f"NOUNS:{y}", f"TRANSITIVE:{y}")) for y in ENDINGS),
    ]


def _nouns(words: Words, ending: str) -> list[Rule]:
    """Return the nouns with an ending, and their probabilities among all; classes alternate by rank."""
    number = PLURAL if ending.endswith("s") else 1 - PLURAL
    every = list(zip(zipf(len(words.nouns)), words.nouns, strict=True))
    of_class = every["ao".index(ending[0]) :: 2]
    return [(p * number, (noun + ending,)) for p, noun in of_class]


def _chosen(stems: Sequence[str], ending: str = "") -> list[Rule]:
    return [(p, (stem + ending,)) for p, stem in zip(zipf(len(stems)), stems, strict=True)]
