"""The processor, and which kernels it makes numerical libraries take: equal work on others may end in other bytes."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

CAPABILITIES = ("default", "avx2", "avx512")
"""What torch knows under `ATEN_CPU_CAPABILITY` on x86; it ignores any other word."""

SWITCHES = (
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "MKLDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
    "GLIBC_TUNABLES",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)
"""Environment variables that make the libraries below torch, NumPy or libm take other kernels.

Seen on an AMD processor with torch 2.14: those of MKL and oneDNN change a child's bytes (MKL_ENABLE_INSTRUCTIONS not
there; it is for Intel's), the next three NumPy's or libm's numbers and so an agent's. The last two are a GPU's
precision, as documented.
"""


def cpu_model() -> str:
    """Return the processor's name and the vector extensions that pick kernels."""
    fields = _fields()
    if not fields:
        return platform.processor() or platform.machine()
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    flags = [flag for flag in wanted if flag in fields.get("flags", "").split()]
    return " ".join([fields.get("model name", platform.machine()), *flags])


def kernels(environment: Mapping[str, str] = os.environ) -> str:
    """Return which kernels torch will take, e.g. "AVX512", and what the environment asks of the libraries below it.

    Derived from the environment and the processor, so that phases without torch need not import it; where torch has
    other names for its kernels than on x86, only what was asked for is known.
    """
    switches = [f"{name}={environment[name]}" for name in SWITCHES if environment.get(name)]
    return " ".join([_capability(environment.get("ATEN_CPU_CAPABILITY", "")), *switches])


def _capability(wanted: str) -> str:
    if platform.machine().lower() not in ("x86_64", "amd64", "i686"):
        return wanted or "DEFAULT"
    if wanted in CAPABILITIES:
        return wanted.upper()
    flags = set(_fields().get("flags", "").split())
    if flags >= {"avx512vl", "avx512bw", "avx512dq", "fma"}:
        return "AVX512"
    return "AVX2" if flags >= {"avx2", "fma"} else "DEFAULT"


@lru_cache(maxsize=1)
def _fields() -> Mapping[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
