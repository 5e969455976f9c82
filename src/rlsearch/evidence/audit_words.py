"""A space audit in words, for the terminal and for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlsearch.units import counted

EXACT_BELOW = 10**9
"""Larger numbers are told by three digits and a power of ten."""


def number(count: float) -> str:
    """Return a number as people read it.

    >>> number(2916), number(16_915_000_000_000), number(163.17)
    ('2,916', '1.69e13', '163')
    """
    return f"{count:,.0f}" if count < EXACT_BELOW else f"{count:.3g}".replace("e+", "e")


def amount(found: Mapping[str, Any]) -> str:
    """Return a count, with its interval where it is an estimate.

    >>> amount({"count": 36, "low": None, "high": None}), amount({"count": 21.2, "low": 19.5, "high": 22.9})
    ('36', 'about 21 (20 to 23)')
    """
    if found["low"] is None:
        return number(found["count"])
    return f"about {number(found['count'])} ({number(found['low'])} to {number(found['high'])})"


def sizes(audit: Mapping[str, Any]) -> str:
    """Return how many sequences of decisions there are, and how many networks."""
    noun, networks, apart = audit["noun"], audit["networks"], audit["kept_apart"]
    if networks is None:
        many = f"an unknown number of {noun}s"
    elif networks["count"] == audit["sequences"]["count"]:
        many = "each with a key of its own" if apart else f"each another {noun}"
    else:
        many = f"{amount(networks)} different {noun}s"
    text = f"{amount(audit['sequences'])} sequences of decisions, {many}"
    return f"{text}; equal {noun}s are kept apart: {apart}" if apart else text


def decisions(audit: Mapping[str, Any]) -> str:
    """Return which decisions change nothing, and in how many candidates."""
    rows: Sequence[Mapping[str, Any]] = audit["decisions"]
    many, looked_at = counted(len(rows), "decision"), audit["looked_at"]
    of = "the candidates" if looked_at["all"] else f"{looked_at['candidates']:,} candidates that were drawn"
    alone = [row for row in rows if row["forced"] == 1]
    never = [row for row in rows if row["always"] and row not in alone]
    seldom = [row for row in rows if not row["always"] and row["dead"] + row["forced"] > 0]
    parts = []
    if never:
        be, left = "changes" if len(never) == 1 else "change", amount(audit["encodings"])
        parts.append(f"{len(never)} of {many} never {be} anything, so that {left} sequences are left")
    if alone:
        parts.append(f"{len(alone)} of {many} {'has' if len(alone) == 1 else 'have'} one option alone")
    if seldom:
        be = "changes" if len(seldom) == 1 else "change"
        parts.append(f"{len(seldom)} of {many} {be} nothing in {_shares(seldom)} of {of}")
    return "; ".join(parts) or f"every decision counts in all of {of}"


def uniform(audit: Mapping[str, Any]) -> str:
    """Return how far sampling decision by decision is from drawing networks alike."""
    found = audit["uniform"]
    noun = f"{audit['noun']}s" if found["over"] == "networks" else "sequences"
    if not found["total_variation"]:
        return f"drawn decision by decision, all {noun} are equally likely"
    least = "" if audit["looked_at"]["all"] else "at least "
    times = number(found["ratio"]) if found["ratio"] >= 100 else f"{found['ratio']:.3g}"
    return (
        f"drawn decision by decision, {noun} are {100 * found['total_variation']:.0f} % away from equally likely (total"
        f" variation): two draws are the same as often as among {number(found['effective'])}, and the likeliest is"
        f" drawn {least}{times} times as often as the least likely"
    )


def traits(audit: Mapping[str, Any]) -> str:
    """Return which shares of the candidates have what traits; "" where the space tells of none.

    >>> traits({"noun": "cell", "traits": [{"name": "are dead", "share": 0.231, "low": 0.213, "high": 0.25}]})
    'of cells drawn decision by decision, 23.1 % (21.3 to 25.0 %) are dead'
    """
    told = [f"{_percent(row)} {row['name']}" for row in audit.get("traits", ())]
    return f"of {audit['noun']}s drawn decision by decision, {', '.join(told)}" if told else ""


def _percent(row: Mapping[str, Any]) -> str:
    around = "" if row["low"] is None else f" ({100 * row['low']:.1f} to {100 * row['high']:.1f} %)"
    return f"{100 * row['share']:.1f} %{around}"


def continuous(audit: Mapping[str, Any]) -> str:
    """Return which decisions are continuous, and how far they are audited; "" where none is."""
    names = [row["name"] for row in audit["decisions"] if row["continuous"]]
    if not names:
        return ""
    be = "is" if len(names) == 1 else "are"
    values = "counted are the values that rounding keeps apart, of which a few are tried"
    return f"{', '.join(names)} {be} continuous: {values}"


def sentences(audit: Mapping[str, Any]) -> list[str]:
    """Return all that an audit says, the sizes first."""
    stage = ["the space grows: this is its last stage"] if audit["grows"] else []
    found = [sizes(audit), *stage, decisions(audit), uniform(audit), traits(audit), continuous(audit)]
    return [f"{text[0].upper()}{text[1:]}." for text in found if text]


def _shares(rows: Sequence[Mapping[str, Any]]) -> str:
    shares = sorted(100 * (row["dead"] + row["forced"]) for row in rows)
    low, high = (f"{share:.0f}" if share >= 1 else "under 1" for share in (shares[0], shares[-1]))
    return f"{low} %" if low == high else f"{low} to {high} %"
