"""What the head of a study says of its tasks: what is trained on what, or who answers in place of training."""

from __future__ import annotations

from rlsearch.report import words
from rlsearch.report.study import StudyData


def trained(study: StudyData) -> str:
    """Return dataset, proxy and target in a few words; of a task that is null, what that means."""
    settings = study.settings
    asked = f" (the search reads the truth table {settings.table})" if settings.table else ""
    if settings.surrogate:
        asked = f" (the search asks the surrogate {settings.surrogate.name})"
    told = {
        section: f"{task.network} for {words.between_counts([task.epochs], 'epoch', 'epochs')}"
        for section, task in settings.tasks.items()
    }
    proxy = f"Dataset {settings.dataset}; proxy {told['proxy']}{asked}" if "proxy" in told else f"No proxy{asked}"
    return f"{proxy}, target {told['target']}" if "target" in told else f"{proxy}; {not_retrained(study)}"


def not_retrained(study: StudyData) -> str:
    """Return that nothing was retrained, and why."""
    if study.settings.surrogate:
        return "nothing was retrained: a surrogate answered"
    return "nothing was retrained: the settings name no target"


def lead(study: StudyData) -> str:
    """Return what the space says of itself, which may name the epochs of both tasks."""
    epochs = {section: task.epochs for section, task in study.settings.tasks.items()}
    either = max(epochs.values(), default=0)
    return study.space.lead(epochs.get("proxy", either), epochs.get("target", either))
