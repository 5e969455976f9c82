"""Chains of layers as texts: what is read, however it is spelt, and what is refused."""

from __future__ import annotations

import pytest

from rlsearch.layer_notation import Layer, read, read_beginning, write

FIRST = "P(2,2) - C(256,5,1) - C(128,1,1) - P(3,2) - C(64,3,1) - C(521,5,1) - C(128,3,1) - C(64,3,1) - P(3,3) - SM()"


def test_a_chain_is_read_and_written() -> None:
    layers = read(FIRST)
    assert write(layers) == FIRST and len(layers) == 10
    assert layers[:2] == (Layer("P", (2, 2)), Layer("C", (256, 5, 1))) and layers[-1].ends


@pytest.mark.parametrize(
    "text",
    [
        "C(512,5,1) - FC(128) - P(2,2) - SM()",
        "C(512,5,1)-FC(128)-P(2,2)-SM",
        " c( 512 , 5,1 )  –  Fc (128)\n- p(2,2) — sm( ) ",
        "[C(512,5,1), FC(128), P(2,2), SM(10)]",
    ],
)
def test_blanks_case_brackets_and_dashes_do_not_count(text: str) -> None:
    assert write(read(text)) == "C(512,5,1) - FC(128) - P(2,2) - SM()"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("C(64,3,1) - D(3) - SM()", r"layer 2 'D\(3\)' is unknown; layers are C\(filters, field, stride\), P\(size, "),
        ("C(64,3,1) - 3 - SM()", "layer 2 '3' is unknown"),
        ("C(64,3,1) - - SM()", "layer 2 '' is unknown"),
        ("C(64,3,1 - SM()", "layer 1 .* is unknown"),
        ("C(64,3) - SM()", r"layer 1 'C\(64,3\)' has 2 numbers; it has to be C\(filters, field, stride\)"),
        ("P - SM()", r"layer 1 'P' has 0 numbers; it has to be P\(size, stride\)"),
        ("GAP(2,2)", r"has 2 numbers; it has to be GAP\(\)"),
        ("C(0,3,1) - SM()", r"layer 1 'C\(0,3,1\)' has to have whole numbers of at least 1 and at most 10000"),
        ("C(64,3,-1) - SM()", "has to have whole numbers"),
        ("FC(1e3) - SM()", "has to have whole numbers"),
        ("FC(10001) - SM()", "at most 10000"),
        ("C(64,3,1)", r"'C\(64,3,1\)' has no end: add GAP\(\) or SM\(\) as its last layer"),
        ("", "'an empty text' has no end"),
        ("SM() - C(64,3,1) - SM()", r"layer 2 C\(64,3,1\) comes after the end, SM\(\)"),
    ],
)
def test_what_is_no_chain(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(text)


def test_a_beginning_needs_no_end() -> None:
    assert read_beginning("") == read_beginning(" [] ") == ()
    assert write(read_beginning("C(64,3,1) - P(2,2)")) == "C(64,3,1) - P(2,2)"
