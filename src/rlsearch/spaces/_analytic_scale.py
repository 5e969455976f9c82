"""The scale of initialisation that theory gives for an activation: the baseline `analytic` of `init-scale`."""

ANALYTIC_SILU = 1.185
"""1 / sqrt(2 E[SiLU(z)^2]), z ~ N(0, 1): the scale that keeps the signal's second moment (docs/analytic-scale.md)."""
