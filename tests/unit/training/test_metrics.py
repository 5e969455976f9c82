"""Macro F1, precision and recall beside the accuracy."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rlsearch.config.models import TaskSettings
from rlsearch.data.images.tensors import Split
from rlsearch.training.loop import measure

SETTINGS = TaskSettings(network="small-resnet", epochs=1, inputs="unit")


class Reader(nn.Module):
    """Predicts the class that stands in the first pixel."""

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.one_hot((images[:, 0, 0, 0] * 255).round().long(), 4).float()


def split(labels: list[int], predicted: list[int]) -> Split:
    images = torch.zeros(len(labels), 1, 2, 2, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.tensor(predicted, dtype=torch.uint8)
    return Split(images, torch.tensor(labels), 4)


def random_split(counts: list[int]) -> Split:
    rng = torch.Generator().manual_seed(0)
    labels = torch.repeat_interleave(torch.arange(4), torch.tensor(counts))
    predicted = torch.where(torch.rand(len(labels), generator=rng) < 0.3 + 0.15 * labels, labels, (labels + 1) % 4)
    return split(labels.tolist(), predicted.tolist())


def test_by_hand() -> None:
    """Class 0: 2 of 2 found, 2 of 3 right; class 1: 1 of 2, 1 of 1; class 2 of one image is never predicted."""
    found = measure(Reader(), split([0, 0, 1, 1, 2], [0, 0, 1, 0, 1]), SETTINGS, thorough=True)
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["macro_recall"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert found["macro_precision"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert found["macro_f1"] == pytest.approx((4 / 5 + 1 / 2 + 0) / 3)


def test_accuracy_and_loss_are_those_of_measure() -> None:
    one = random_split([700, 400, 100, 300])  # two batches of measuring
    found = measure(Reader(), one, SETTINGS, thorough=True)
    assert list(found) == ["accuracy", "loss", "macro_f1", "macro_precision", "macro_recall"]
    assert {key: found[key] for key in ("accuracy", "loss")} == measure(Reader(), one, SETTINGS)
    assert all(type(value) is float for value in found.values())


def test_macro_recall_is_the_accuracy_where_classes_are_equally_frequent() -> None:
    """Rows of the study's published table break this on test sets of equal classes."""
    balanced = measure(Reader(), random_split([300] * 4), SETTINGS, thorough=True)
    assert 0.3 < balanced["accuracy"] < 0.8 and abs(balanced["macro_recall"] - balanced["accuracy"]) < 1e-12
    unbalanced = measure(Reader(), random_split([900, 100, 100, 100]), SETTINGS, thorough=True)
    assert abs(unbalanced["macro_recall"] - unbalanced["accuracy"]) > 0.05


@pytest.mark.parametrize(("predicted", "one"), [([1, 1, 1, 1, 1], 1.0), ([1, 1, 1, 1, 0], 0.0)])
def test_whether_one_class_alone_is_predicted_is_recorded_where_it_is_asked_for(
    predicted: list[int], one: float
) -> None:
    asked = SETTINGS.model_copy(update={"record": ("one-class",)})
    for thorough in (False, True):
        plain = measure(Reader(), split([0, 0, 1, 1, 2], predicted), SETTINGS, thorough=thorough)
        found = measure(Reader(), split([0, 0, 1, 1, 2], predicted), asked, thorough=thorough)
        assert found == {**plain, "one_class": one} and "one_class" not in plain
    assert [record.metric for record in asked.recorded] == ["one_class"] and asked.recorded[0].show(0.03) == "3.00 %"


def test_one_class_is_told_over_all_batches() -> None:
    """1,500 images are measured in two batches, and each of these may hold a class of its own."""
    asked, labels = SETTINGS.model_copy(update={"record": ("one-class",)}), [0] * 1500
    assert measure(Reader(), split(labels, [0] * 1024 + [1] * 476), asked)["one_class"] == 0.0
    assert measure(Reader(), split(labels, [2] * 1500), asked)["one_class"] == 1.0
