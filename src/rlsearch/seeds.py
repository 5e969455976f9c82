"""Seeds by name: the same words give the same numbers on every machine, in every order.

A child's seed is a function of (study, purpose, candidate key, search seed, replicate). Two agents with the same
search seed therefore see the same noise on the same candidate (common random numbers), while different search
seeds see independent noise.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np

from rlsearch.errors import RlsearchError

Purpose = Literal["search", "finalist", "replicate", "retrain"]


def sequence(*names: str | int) -> np.random.SeedSequence:
    """Return the seed sequence that belongs to a list of names and numbers.

    The parts are hashed with their lengths and types, so ("ab", "c") differs from ("a", "bc") and 1 from "1".

    Raises:
        RlsearchError: a part that is neither text nor a whole number: 1.0 and True are not the 1 that they look like.
    """
    sha = hashlib.sha256()
    for name in names:
        text = _typed(name).encode()
        # The length keeps ("ab", "c") and ("a", "bc") apart.
        sha.update(len(text).to_bytes(4, "little") + text)
    return np.random.SeedSequence(np.frombuffer(sha.digest(), dtype=np.uint32).tolist())


def generator(*names: str | int) -> np.random.Generator:
    """Return a NumPy generator seeded by name."""
    # PCG64 by name: default_rng() may take another generator in a later NumPy.
    return np.random.Generator(np.random.PCG64(sequence(*names)))


def integer(*names: str | int) -> int:
    """Return a seed in [0, 2**63) by name, for torch, Gymnasium and the like."""
    return int(sequence(*names).generate_state(1, np.uint64)[0] >> np.uint64(1))


def child_seed(study: str, purpose: Purpose, key: str, search_seed: int, replicate: int) -> int:
    """Return the seed under which one child trains (the seed contract of the package)."""
    return integer("child", study, purpose, key, search_seed, replicate)


def _typed(name: str | int) -> str:
    if isinstance(name, str):
        return f"str:{name}"
    if isinstance(name, int | np.integer) and not isinstance(name, bool):
        return f"int:{int(name)}"
    raise RlsearchError(f"{name!r} ({type(name).__name__}) is no seed", allowed="a whole number")
