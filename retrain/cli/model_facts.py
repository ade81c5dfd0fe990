"""What `fer-video models show` says of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cli.console import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.models.folder import StoredModel


def describe_model(model: StoredModel) -> str:
    """A model's card in a page of text: what it is worth, what it was made from, and what may be done with it."""
    return "\n".join(f"{name:<9}  {printable(value)}" for name, value in _facts(model) if value)


def _facts(model: StoredModel) -> Iterator[tuple[str, str]]:
    card = model.card
    yield "model", f"{card.name}, sha256 of its weights {card.weights_sha256}"
    yield "network", " ".join([card.arch, *(f"{name} {value}" for name, value in card.options.items())])
    for one in filter(None, (card.evaluation, card.labels_evaluation)):
        low, high = one.interval
        yield "accuracy", f"{one.accuracy:.1%} ({low:.1%} to {high:.1%}) of {one.faces:,} faces of {one.data}"
    faces = ", ".join(f"{split} {count:,}" for split, count in card.data.faces.items())
    yield "data", f"{card.data.source}: {faces}; sha256 {card.data.sha256[:12]}"
    yield "code", f"commit {card.training.commit}"
    yield "libraries", ", ".join(f"{name} {version}" for name, version in card.training.libraries.items())
    for other in card.ancestors:
        yield "made from", f"{other.name}@{other.sha256[:12]} ({'; '.join(other.ways)}): {other.what}"
    yield "licence", card.licence
    yield "card", str(model.folder)
