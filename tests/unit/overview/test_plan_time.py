"""The time that rlsearch plan foresees: what jobs take together, what starting them takes, what is left of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rlsearch.checks import read
from rlsearch.cli.output import duration
from rlsearch.config.twins import arms
from rlsearch.errors import RlsearchError
from rlsearch.overview import costs, plan
from rlsearch.overview.costs import Work
from rlsearch.overview.measured import decision_seconds
from rlsearch.overview.start import AROUND, StartedJob, Starts
from rlsearch.overview.state import COUNTED, SearchState, State
from shipped import ROOT, SETTINGS

RECORDED = {
    "init-scale": ((20, 124.8, 10), (4, 32.3, 14), (1, 0.6, 1), (22, 82.2, 6)),
    "layered-cnn": ((11, 12.7, 4), (11, 57.1, 20), (1, 0.6, 1), (12, 21.9, 3)),
    "layered-cnn-trained": ((3, 11.7, 5), (3, 3.2, 1), (1, 1.0, 1), (4, 5.9, 2)),
    "optimizer-selection": ((6, 9.5, 3), (6, 56.2, 24), (1, 0.4, 1), (14, 44.0, 6)),
    "sgd-sweep": ((1, 0.7, 1), (1, 0.5, 1), (1, 0.7, 1), (1, 5.4, 6)),
    "optimizer-selection-trained": ((2, 14.2, 8), (2, 5.5, 5), (1, 0.8, 1), (5, 8.4, 3)),
}
"""A run of the laptop preset on two cores: searches, controls, selections and retrainings of each study; how many jobs,
their seconds together, those of the longest."""

RUN = 276.0
"""Seconds that this run took, from the first job to the last; its report took 18.6."""


def test_a_run_takes_what_its_jobs_take_side_by_side() -> None:
    start = Starts(alone=3.3, job=0.5, load=2.8)
    rows = [plan._row("", "fetch", costs.idle(1), 0, 1, costs.idle(1).times(start.alone, 1))]
    for study, phases in RECORDED.items():
        for phase_name, (jobs, together, longest) in zip(COUNTED, phases, strict=True):
            work = Work(0, 0, jobs * (together / jobs - start.job,))
            times = work.times(start.job, 2)._replace(longest=longest)
            rows.append(plan._row(study, phase_name, work, 0, jobs, times))
    written = Work(0, 0, (plan.REPORT_STARTS * start.alone * len(RECORDED),))
    rows.append(plan._row("", "report", written, 0, 1, written.times(start.alone, 1)))
    made = plan.Plan("laptop", tuple(rows), 2, "cpu", start.job, start.load, 0, {}, ())
    assert RUN / 1.1 < made.total.seconds < RUN * 1.1
    assert made.seconds_left == made.total.seconds
    # However many cores: fetch, the torch of all jobs, the longest chain of jobs, report.
    many = replace(made, rows=tuple(replace(row, shared=row.shared / 50) for row in rows))
    assert many.total.seconds == pytest.approx(3.3 + 2.8 + 24 + rows[-1].seconds)


@pytest.mark.parametrize(("switch", "platform"), [("off", "linux"), ("", "darwin"), ("", "linux")])
def test_jobs_are_charged_as_they_start(switch: str, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StartedJob, "CODE", "print(2.5, 3.0)")
    monkeypatch.setenv("RLSEARCH_WARM", switch)
    with StartedJob(read(SETTINGS).runtime) as starting:
        monkeypatch.setattr("rlsearch.overview.start.sys.platform", platform)
        found = starting.seconds()
    forked = (switch, platform) == ("", "linux")
    assert found == pytest.approx((3.0 + AROUND, (0.5 if forked else 3.0) + AROUND, 2.5 if forked else 0.0))


def test_a_job_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StartedJob, "CODE", "import sys; sys.exit(1)")
    with (
        StartedJob(read(SETTINGS).runtime) as starting,
        pytest.raises(RlsearchError, match="cannot be started"),
    ):
        starting.seconds()


def test_what_is_loaded_once_is_what_jobs_are_forked_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")
    from warm_server import TRAINS

    shared = StartedJob.CODE.partition("others =")[0]
    assert [name for name in TRAINS if name not in shared] == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0.4, "0 s"), (89.0, "89 s"), (95.0, "1.6 min"), (225.0, "3.8 min"), (900.0, "15 min"), (9000.0, "2.5 h")),
        *((40_000.0, "11 h"), (200_000.0, "2.3 days"), (2e6, "23 days")),
    ],
)
def test_times_are_as_precise_as_the_plan(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_twin_that_never_updates_costs_its_decisions_alone() -> None:
    every = arms(read(SETTINGS).studies["optimizer-selection"])
    took = {label: decision_seconds(every[label]) for label in ("ppo", "dqn", "ppo-never-updated", "dqn-never-updated")}
    assert took["ppo"] > 2 * took["dqn"] > 5 * took["dqn-never-updated"]
    assert took["ppo-never-updated"] == took["dqn-never-updated"]


def test_an_interrupted_search_has_its_rest_to_do() -> None:
    states: list[tuple[State, int, int]] = [("finished", 76, 91), ("interrupted", 30, 40), ("outdated", 0, 40)]
    searches = [SearchState("tiny", "random", 0, *one, best=None) for one in [*states, ("interrupted", 45, 40)]]
    assert [plan._rest(one) for one in searches] == [0, 0.25, 1, 0]
