"""A stochastic context-free grammar: draws sentences, and knows what they hold and how uncertain they are on average.

The entropy is exact for a grammar in which every sentence has one derivation (an unambiguous one): then the entropy of
sentences is that of derivations, and choices of rules are independent of each other given their symbols, so that

    H(sentence) = sum over symbols A of E[uses of A] * H(rules of A),      E[uses] = (I - M^T)^-1 e_start,

where M[A, B] is how many B a rule of A holds on average (Grenander 1967; Chi 1999, eq. 15).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np

Rule = tuple[float, tuple[str, ...]]
"""A probability, and the symbols that it puts into the place of one; what has no rules itself is a word."""
Sentence = tuple[tuple[str, ...], float]
"""The words of a sentence, and the logarithm of its derivation's probability."""

START = "SENTENCE"
BLOCK = 4096


class Grammar:
    """Rules by symbol; of each symbol the probabilities add up to 1, and sentences end with probability 1."""

    def __init__(self, rules: Mapping[str, Sequence[Rule]]) -> None:
        self.rules = {symbol: [rule for rule in every if rule[0] > 0] for symbol, every in rules.items()}
        self._choices = {symbol: _choices(every) for symbol, every in self.rules.items()}

    def sentences(self, rng: np.random.Generator) -> Iterator[Sentence]:
        """Yield sentences without end; equal generators give equal ones, however many are taken."""
        numbers = (number for block in iter(lambda: rng.random(BLOCK).tolist(), []) for number in block)
        while True:
            yield self._sentence(numbers.__next__)

    def _sentence(self, number: Callable[[], float]) -> Sentence:
        words, log_probability, stack = [], 0.0, [START]
        while stack:
            symbol = stack.pop()
            if symbol not in self._choices:
                words.append(symbol)
                continue
            bounds, logs, symbols = self._choices[symbol]
            choice = bisect_right(bounds, number())
            log_probability += logs[choice]
            stack += symbols[choice]
        return tuple(words), log_probability

    def uses(self) -> dict[str, float]:
        """Return how often each symbol, words among them, occurs in the derivation of a sentence on average."""
        symbols = list(self.rules)
        index = {symbol: row for row, symbol in enumerate(symbols)}
        means = np.zeros((len(symbols), len(symbols)))
        for symbol, probability, part in self._parts():
            if part in index:
                means[index[symbol], index[part]] += probability
        start = np.eye(len(symbols))[index[START]]
        uses = dict(zip(symbols, np.linalg.solve(np.eye(len(symbols)) - means.T, start).tolist(), strict=True))
        for symbol, probability, part in self._parts():
            if part not in index:
                uses[part] = uses.get(part, 0.0) + uses[symbol] * probability
        return uses

    def words(self) -> dict[str, float]:
        """Return how often each word occurs in a sentence on average."""
        return {word: count for word, count in self.uses().items() if word not in self.rules}

    def vocabulary(self) -> frozenset[str]:
        """Return all words that sentences are made of."""
        return frozenset(part for _, _, part in self._parts() if part not in self.rules)

    def sentence_entropy(self) -> float:
        """Return the entropy of a sentence in nats."""
        uses = self.uses()
        return math.fsum(uses[symbol] * entropy([p for p, _ in every]) for symbol, every in self.rules.items())

    def _parts(self) -> Iterator[tuple[str, float, str]]:
        for symbol, every in self.rules.items():
            for probability, parts in every:
                for part in parts:
                    yield symbol, probability, part


def entropy(probabilities: Sequence[float]) -> float:
    """Return the entropy of a distribution in nats."""
    return -math.fsum(p * math.log(p) for p in probabilities if p > 0)


def zipf(count: int) -> list[float]:
    """Return the probabilities of `count` words by Zipf's law: in proportion to 1 / rank."""
    weights = [1 / rank for rank in range(1, count + 1)]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _choices(every: Sequence[Rule]) -> tuple[list[float], list[float], list[tuple[str, ...]]]:
    """Return where rules end on the line from 0 to 1 (but the last, which takes what is left), and what they do."""
    bounds = list(accumulate(probability for probability, _ in every))[:-1]
    # Turned round, since the stack's end is what comes next.
    return bounds, [math.log(probability) for probability, _ in every], [symbols[::-1] for _, symbols in every]
