"""Reading settings, and everything that is checked before a run; no phase depends on it.

Settings enter every key by value, so that an edited message or check recomputes nothing.
"""

from rlsearch.checks.load import check_places, check_work, read, read_merged, validate

__all__ = ["check_places", "check_work", "read", "read_merged", "validate"]
