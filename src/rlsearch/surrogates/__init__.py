"""Benchmark functions that answer for children: `evaluator: {type: surrogate, name: planted}` is `planted.py`."""
