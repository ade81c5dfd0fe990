"""Which of a model's two heads answers: the one that learned what people say, or the one for FER-2013's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.expressions import EXPRESSION_HEAD, LABELS_HEAD, NetworkClassifier

if TYPE_CHECKING:
    from pipeline.models.card import ModelCard
    from pipeline.models.folder import StoredModel


def has_labels_head(card: ModelCard) -> bool:
    """Whether a model answers by FER-2013's labels with a head of its own."""
    return bool(card.options.get(LABELS_HEAD))


def learned_votes(card: ModelCard) -> bool:
    """Whether a model's expressions are what people call a face, and not FER-2013's labels."""
    return card.training.settings.get("target") == "votes"


def open_head(model: StoredModel, head: str = EXPRESSION_HEAD, device: str = "auto") -> NetworkClassifier:
    """A model on a device, answering by one of its heads; one with a single head answers by that.

    Raises:
        ModelError: as `NetworkClassifier`.
    """
    return NetworkClassifier(model, device, head=head if has_labels_head(model.card) else EXPRESSION_HEAD)
