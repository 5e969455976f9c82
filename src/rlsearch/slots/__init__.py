"""Which candidates of a study are retrained: one file a kind of slot, found by its name."""
