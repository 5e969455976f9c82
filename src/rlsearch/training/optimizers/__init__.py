"""Optimizers, one file each: `name: my-optimizer` is `my_optimizer.py`, with `SETTINGS` and `OPTIMIZER`.

`SETTINGS` derives from `config.optimizer_models.OptimizerSettings`, and `OPTIMIZER(settings, parameters)` returns a
`torch.optim.Optimizer`; one whose steps take two passes is a `TwoPass` (`_making.py`). Settings are checked without
torch, so these files import it inside functions only.
"""
