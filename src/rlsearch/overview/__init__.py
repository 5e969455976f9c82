"""What a run will cost and what has been done so far. Reads artefacts, journals and locks; writes nothing."""
