"""What a classifier does beside its accuracy: macro F1, precision and recall."""

from __future__ import annotations

from torch import nn

from rlsearch.config.task_models import TaskSettings
from rlsearch.data.tensors import Split
from rlsearch.training.loop import predict


def class_metrics(model: nn.Module, split: Split, settings: TaskSettings) -> dict[str, float]:
    """Return what `measure` returns, and macro F1, precision and recall, on a split in evaluation mode.

    Macro: the plain mean over the classes that occur among labels or predictions, whatever their sizes; a class that
    is never predicted has precision 0. Where all classes are equally frequent, macro recall is the accuracy.

    Returns:
        {"accuracy", "loss" (nats), "macro_f1", "macro_precision", "macro_recall"}; all but the loss are 0..1.
    """
    # Here, since it takes a second that most children need not spend.
    from sklearn.metrics import precision_recall_fscore_support

    found, predicted = predict(model, split, settings)
    precision, recall, f1, _ = precision_recall_fscore_support(
        split.labels.cpu().numpy(), predicted.cpu().numpy(), average="macro", zero_division=0
    )
    return {**found, "macro_f1": float(f1), "macro_precision": float(precision), "macro_recall": float(recall)}
