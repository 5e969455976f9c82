"""The report of a closed loop, and the evidence behind it, from made-up artefacts and a made-up schedule tree."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import control_factory
from control_factory import STUDY, TABLE
from control_report import Made
from rlsearch.config import artefacts
from rlsearch.evidence import convergence
from rlsearch.files import read_json
from rlsearch.measures import ACCURACY
from rlsearch.phases import report
from rlsearch.report import cards, page, words
from rlsearch.report.figures import modules
from rlsearch.report.page import Chapter
from rlsearch.report.study import StudyData
from rlsearch.report.tables import effort

NOT_HERE = {
    "sampled-actions", "reward-by-action", "which-is-real", "proxy-fidelity", "gradient-variance", "policy-loss",
    "null-runs", "planted", "sign-shares",
    "epsilon-rewards", "epsilon-levels", "q-by-group", "q-by-field", "first-values", "layer-shares",
    "cells", "chosen-options", "low-shares", "tree-cells",
}  # fmt: skip
"""Figures of a single continuous decision, of gradients, of simulated controls that the settings leave out, of agents
that explore by a schedule, of cells, and of levels that settings name."""


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_first_screen_sums_up_every_study(made: Made) -> None:
    twice = page.render(made.params, [Chapter(made.data, [], [])] * 2)
    assert twice.count(f'<h2><a href="#{STUDY}">{STUDY}</a></h2>') == 2
    assert twice.count(page.summary(made.data)) == 2  # in each study's own summary
    assert twice.count(f'<p class="answer">{cards.answer(made.data.verdicts[0])}</p>') == 2


def test_studies_without_claims_come_last(made: Made) -> None:
    silent = copy.copy(made.data)
    silent.name, silent.settings = "silent", made.data.settings.model_copy(update={"claims": ()})
    text = page.render(made.params, [Chapter(silent, [], []), Chapter(made.data, [], [])])
    assert 0 < text.index(f'<article id="{STUDY}">') < text.index('<article id="silent">')
    assert text.index(f'<h2><a href="#{STUDY}">') < text.index('<h2><a href="#silent">')


def test_contents_fold_on_a_phone_and_stand_beside_the_page_elsewhere(made: Made) -> None:
    assert made.text.count('<details class="contents folded">') == made.text.count('<nav class="contents beside"') == 1
    first_card, folded = made.text.index('class="card'), made.text.index('<details class="contents folded">')
    assert first_card < folded


def test_policies_and_schedules_share_no_seed_variance_and_are_not_paired(made: Made) -> None:
    assert any(claim.claim == "beats-agent-on-table" for claim in made.data.settings.claims)
    assert not list((made.root / artefacts.REPORT_FOLDER / "tables").glob("*-best-found.csv"))


def test_figures_and_sections_of_a_control_problem(made: Made) -> None:
    files = {path.stem for path in (made.root / artefacts.REPORT_FOLDER / "figures").glob("*.svg")}
    assert files == {f"{STUDY}-{name}" for name in modules() if name not in NOT_HERE}
    for section in ("search", "table", "target", "sensitivity", "controls", "published", "cost"):
        assert f'id="{STUDY}-{section}"' in made.text
    for section in ("landscape", "fidelity", "gradient"):
        assert f'id="{STUDY}-{section}"' not in made.text
    for text in ("At each of 3 steps of a run one of sgd, adam, sam", "answered from a schedule", "Policy, schedule"):
        assert text in made.text
    assert "training and validation images together" not in made.text
    assert "Runs are measured on the validation images during training" in made.text
    assert "nothing to find are simulated of dqn, ppo and ppo-three: they see the progress of a schedule" in made.text
    assert not [word for word in (">nan", "None<", ">inf", "NaN", "best network") if word in made.text]


def test_captions_and_alternatives_say_what_is_drawn(made: Made) -> None:
    for name, module in modules().items():
        if module.applies(made.data):
            assert len(module.alt(made.data)) > 40, name
            assert len(module.caption(made.data)) > 40, name
    shares = modules()["ribbons"].alt(made.data)
    assert "sgd: sgd 100 %" in shares
    assert "adam-then-sgd: sgd 67 %, adam 33 %" in shares
    assert "Off the axis" not in modules()["regret"].caption(made.data)
    assert "dqn" in modules()["policy-regret"].caption(made.data)


def test_metrics_hold_arms_tree_and_policies(made: Made) -> None:
    found = read_json(made.root / artefacts.METRICS_FILE)["studies"][STUDY]
    assert found["arms"]["sgd"]["cost"] == 12
    assert found["tree"]["regret"]["best schedule"] == 0
    assert set(found["policies"]) == {"dqn", "ppo", "ppo-three"}
    assert set(found["policies"]["dqn"]) == {"null_regret", "planted_share", "planted_choices", "random_share"}


def test_a_study_of_real_children_has_no_tree_and_an_unfinished_one_says_so(tmp_path: Path) -> None:
    changed = control_factory.settings(evaluator="train", controls={**CONTROLS, "repetitions": None}, claims=[])
    params = control_factory.build(tmp_path, raw=changed, parts=("search", "select"))
    text = report.run(params, tmp_path, partial=True).read_text(encoding="utf-8")
    data = StudyData(params, STUDY, tmp_path)
    assert (data.loop.truth, data.trained, data.target_level) == (None, {}, None)
    assert "Not run yet: 13 retrained slots (results/retrain)" in text
    assert f'id="{STUDY}-sensitivity"' not in text
    assert "Every agent trains networks" in text
    assert "No agent is simulated here" in text
    assert f'id="figure-{STUDY}-returns"' in text
    for name in ("ribbons", "level-by-cost", "carry", "policy-regret", "validation-curves"):
        assert not modules()[name].applies(data)


CONTROLS: dict[str, Any] = control_factory.SETTINGS["studies"][STUDY]["controls"]


def test_report_of_a_tree_without_its_test_part_names_it(tmp_path: Path) -> None:
    params = control_factory.build(tmp_path, parts=("search",))
    test = artefacts.table_folder(TABLE) / "test.npz"
    (tmp_path / test).unlink()
    data = StudyData(params, STUDY, tmp_path)
    assert data.missing.count(test.as_posix()) == 1
    assert data.loop.truth is None


def test_evidence_and_report_need_no_torch() -> None:
    names = "schedule_truth, sensitivity, convergence, policy_controls, class_balance"
    code = f"import sys; from rlsearch.evidence import {names}; import rlsearch.phases.report as p; "
    code += "p.drawing.figures.modules(); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- arms --------------------------------------------------------------------------------------------------------------


def test_convergence_needs_to_stay() -> None:
    assert convergence.converged((2, 4, 6), (0.9, 0.95, 0.951)) == 4
    assert convergence.converged((2, 4, 6), (0.949, 0.8, 0.951)) == 6
    assert convergence.converged((2, 4, 6), (0.946, 0.946, 0.951)) == 2
    assert convergence.converged((2, 4, 6), (0.951, 0.9, 0.94)) is None
    assert convergence.converged((2, 4, 6), (0.951, 0.9, 0.94), kept_best=True) == 2


def run(accuracy: tuple[float, ...], status: str = "ok", **changes: Any) -> convergence.Run:
    ends = tuple(range(1, len(accuracy) + 1))
    return convergence.Run(
        0, status, ("sgd",) * len(ends), ends, accuracy, tuple(2.0 * e for e in ends), 9.0, {}, ACCURACY, **changes
    )


def test_time_to_a_target_is_a_cost_and_never_reached_is_infinitely_late() -> None:
    runs = [run((0.5, 0.9, 0.8)), run((0.9, 0.9, 0.9)), run((0.5, 0.6, 0.7))]
    assert [one.reached(0.85) for one in runs] == [4.0, 2.0, None]
    assert convergence.middle([one.reached(0.85) for one in runs]) == convergence.Middle(4.0, 2.0, None, 2, 3)
    assert convergence.middle([None, None, 1.0]).median is None
    best = convergence.Arm("a", 1.0, (run((0.8,)), run((1.0,)))), convergence.Arm("b", 1.0, (run((0.5,)),))
    assert convergence.target(best, ACCURACY) == pytest.approx(0.95 * 0.9)
    assert convergence.target([], ACCURACY) is None


def test_a_run_that_diverged_neither_converges_nor_ends_somewhere() -> None:
    lost = run((0.5, 0.9), status="diverged")
    assert (lost.final, lost.converged, lost.converged_cost) == (None, None, None)
    assert run((0.5, 0.9, 0.7), kept_best=True).final == 0.9
    assert run((0.5, 0.9, 0.899)).converged_cost == 4.0


# -- published ---------------------------------------------------------------------------------------------------------


# -- the schedule tree -------------------------------------------------------------------------------------------------


# -- sensitivity -------------------------------------------------------------------------------------------------------


def test_words_of_runs_that_never_get_there() -> None:
    assert effort.in_words(convergence.middle([4.0, 2.0, None])) == "4 (2–never), 2 of 3 runs"
    assert effort.in_words(convergence.middle([None])) == "never"
    assert effort.in_words(convergence.middle([3.0, 3.0])) == "3"
    assert effort.in_words(convergence.middle([])) is None
    assert (
        words.unbroken("adam x1, sam x2; sgd x3")
        == "adam\N{NO-BREAK SPACE}x1, sam\N{NO-BREAK SPACE}x2; sgd\N{NO-BREAK SPACE}x3"
    )
