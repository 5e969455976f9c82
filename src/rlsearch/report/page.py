"""Puts a study's figures, tables and verdicts into one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from rlsearch.claims import base as claims
from rlsearch.config.models import Params
from rlsearch.config.resolved import shown
from rlsearch.evidence import tables
from rlsearch.evidence.decision import DECISIONS
from rlsearch.report import cost, dataset, missing, provenance, repetitions, sections, strip, tasks, words
from rlsearch.report.cards import Card, card
from rlsearch.report.drawing import Drawn
from rlsearch.report.meanings import meaning
from rlsearch.report.plotting.sheet import Sheet
from rlsearch.report.sections import Section
from rlsearch.report.study import StudyData
from rlsearch.report.table import Table


@dataclass(frozen=True)
class Chapter:
    """A study with everything that its part of the page shows."""

    study: StudyData
    figures: Sequence[Drawn]
    tables: Sequence[Table]

    def figures_of(self, section: Section) -> list[Drawn]:
        """Return the figures of a section."""
        return [figure for figure in self.figures if figure.section == section.id]

    def tables_of(self, section: str) -> list[Table]:
        """Return the tables of a section."""
        return [table for table in self.tables if table.section == section]

    @property
    def sections(self) -> list[Section]:
        """The sections that this study has or will have: one without anything to come is left out."""
        candidates = sections.of(self.study)
        return [
            s for s in candidates if self.figures_of(s) or self.tables_of(s.id) or missing.not_run(self.study, s.needs)
        ]

    @property
    def card(self) -> Card:
        """What the first screen says of the study."""
        return card(self.study, self.study.published)


def render(params: Params, chapters: Sequence[Chapter]) -> str:
    """Return the page. Everything is escaped except the drawings made here."""
    loader = jinja2.PackageLoader("rlsearch.report", "templates")
    # StrictUndefined: a misspelt name in a template is an error, not an empty place on the page.
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(words=words, strip=strip.draw, not_run=missing.not_run)
    environment.globals.update(mixed=provenance.mixed)
    environment.globals.update(provenance=provenance.rows, key_numbers=key_numbers, summary=summary, reached=reached)
    environment.globals.update(remarks=dataset.remarks, trained=tasks.trained, lead=tasks.lead)
    environment.globals.update(meaning=meaning)
    # Studies with verdicts first; those that claim nothing come last, in the order of the settings.
    chapters = sorted(chapters, key=lambda chapter: not chapter.study.settings.claims)
    sheet = Sheet()
    chapters = [replace(chapter, figures=[_dressed(drawn, sheet) for drawn in chapter.figures]) for chapter in chapters]
    # In the order of the models, not by the alphabet.
    settings = yaml.safe_dump(shown(params), sort_keys=False, allow_unicode=True, width=100)
    template = environment.get_template("page.html.j2")
    looks = Markup(sheet.text)  # noqa: S704 - from drawings made here
    return template.render(params=params, chapters=chapters, settings=settings, looks=looks)


def _dressed(drawn: Drawn, sheet: Sheet) -> Drawn:
    """Return a figure whose drawings take their styles from the sheet."""
    wide, narrow = (Markup(sheet.shared(text)) for text in (drawn.wide, drawn.narrow))  # noqa: S704 - made here
    return replace(drawn, wide=wide, narrow=narrow)


def key_numbers(study: StudyData) -> list[Mapping[str, Any]]:
    """Return the few numbers under the verdicts: `value`, `label`."""
    spent = [summary["cost"] for summary in study.summaries.values()]
    total = (
        sum(c["flops"] + c["finalist_flops"] + c["score_flops"] for c in spent)
        + cost.retraining_flops(study)
        + cost.tuning(study)[1]
    )
    runs = sum(len(slot["runs"]) for slot in study.retrained.values())
    numbers = [(words.count(len(study.summaries)), "searches finished"), (words.count(len(study.trials)), "trials")]
    if study.settings.target is not None:
        numbers.append((words.count(runs), "runs on the target"))
    if study.settings.tasks:
        numbers.append((words.flops(total), "of searches and retraining"))
    if repetitions.agents(study):
        numbers.insert(1, (words.count(repetitions.runs(study)), "repeated searches of each agent"))
    seconds = [cost.seconds_of(study, phase) for phase in ("search", "retrain")]
    if any(seconds):
        numbers.append((words.duration(sum(value or 0.0 for value in seconds)), "of child training"))
    if study.fidelity["all"]["tau"] is not None:
        numbers.append((words.number(study.fidelity["all"]["tau"], 2), "tau of proxy and target"))
    return [{"value": value, "label": label} for value, label in numbers]


def summary(study: StudyData) -> str:
    """Return the verdicts in one sentence."""
    if not study.verdicts:
        return "No claim is tested at this scale: the settings name none."
    if all(v.interval is None for v in study.verdicts):
        return "No claim can be decided yet."
    counts = {name: sum(v.decision == name for v in study.verdicts) for name in DECISIONS}
    parts = [f"{count} {name}" for name, count in counts.items() if count]
    total = words.between_counts([len(study.verdicts)], "comparison", "comparisons")
    return f"{total}: {', '.join(parts)}."


def reached(study: StudyData) -> str:
    """Return what the two slots reach on the test set that the first claim about such compares."""
    pairs = (claim.slots(study.settings) for claim in claims.of_study(study.settings))
    slots = {slot.name: slot for slot in study.slots}
    levels = []
    for name in next((pair for pair in pairs if pair), ()):
        values = tables.tested(study.retrained.get(name, {}), study.target_measure)
        if not values:
            return ""
        levels.append((study.title(slots[name]), words.level(study.target_measure.mean(values), study.target_measure)))
    if not levels:
        return ""
    (selected, first), (baseline, second) = levels
    return f"On the target's test set, {selected} reaches {first}, and {baseline} {second}."
