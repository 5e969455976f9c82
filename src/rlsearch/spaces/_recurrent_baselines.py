"""What a search of recurrent cells is compared with, by name."""

from __future__ import annotations

NAMED = ("lstm", "gru", "rnn", "rhn")
"""Cells that networks know by name: no trees, or, as the LSTM, one of which half of the leaves are not built."""
RANDOM = ("random-1", "random-2", "random-3")
