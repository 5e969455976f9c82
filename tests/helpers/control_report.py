"""The report of a made-up closed loop, and how a test reads its tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlsearch.config.models import Params
from rlsearch.report.study import StudyData


@dataclass
class Made:
    root: Path
    params: Params
    data: StudyData
    text: str
