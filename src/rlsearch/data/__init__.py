"""Datasets: raw files with checksums, one deterministic split, tensors on a device."""
