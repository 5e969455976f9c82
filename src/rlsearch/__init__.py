"""rlsearch."""
