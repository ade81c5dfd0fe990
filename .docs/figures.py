"""Write the figures of the embedded model into the pages: `python .docs/figures.py`; `--check` only looks.

What stands between `<!-- figures: NAME -->` and `<!-- /figures -->` comes from the model's card. Nobody types these
figures, so none can go out of date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.models.folder import DEFAULT_MODEL, EMBEDDED, WEIGHTS, StoredModel, read_model  # noqa: E402
from retrain.measure.evaluate import mean_recall  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.models.card import Evaluation, ModelCard

BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def model_table(model: StoredModel) -> str:
    """What it is and how good it is on the faces that it was chosen on."""
    card = model.card
    rows = [
        ("size", _size(model)),
        ("cost of a face", _cost(card)),
        *_accuracy(card.evaluation),
        *(_accuracy(card.labels_evaluation) if card.labels_evaluation else ()),
        *((_condition(one.name, one.faces, card.evaluation.faces), _percent(one.accuracy)) for one in card.conditions),
        *_calibration(card),
    ]
    return _table([f"{card.name}, on FER-2013 PublicTest, {card.preprocessing.view_px}-pixel centre view", ""], rows)


def _accuracy(score: Evaluation) -> Iterator[tuple[str, str]]:
    """How right a head is, by which labels, and how far chance may have helped."""
    labels = score.data.partition("PublicTest, ")[2] or "FER-2013's labels"
    low, high = score.interval
    yield f"accuracy by {labels}; {score.faces:,} faces", f"**{_percent(score.accuracy)}**"
    yield "95 % interval", f"{100 * low:.1f} to {100 * high:.1f} %"
    yield "mean recall", _percent(mean_recall(score))


def _size(model: StoredModel) -> str:
    assert model.card.cost  # noqa: S101 the embedded model's card has it
    stored = (model.folder / WEIGHTS).stat().st_size
    return f"{model.card.cost.parameters / 1e6:.1f} million parameters, {stored / 1e6:.1f} MB"


def _cost(card: ModelCard) -> str:
    assert card.cost  # noqa: S101 the embedded model's card has it
    speed = f"; {card.cost.faces_per_second:,} faces a second" if card.cost.faces_per_second else ""
    return f"{card.cost.gflop_per_face:.2f} GFLOP{speed}, measured on {card.cost.measured_on}"


def _condition(name: str, faces: int, all_faces: int) -> str:
    return name if faces == all_faces else f"{name}; {faces:,} faces"


def _calibration(card: ModelCard) -> Iterator[tuple[str, str]]:
    figures = card.calibration_figures
    if figures:
        yield "expected calibration error before calibration", f"{figures.error_before:.3f}"
        yield "the same after it, on faces that it was not fitted on", f"{figures.error_after:.3f}"
    if figures and figures.divergence_before is not None and figures.divergence_after is not None:
        yield "mean divergence before calibration, nats", f"{figures.divergence_before:.3f}"
        yield "the same after it", f"{figures.divergence_after:.3f}"


def class_table(model: StoredModel) -> str:
    """Recall and precision of each expression."""
    classes = model.card.evaluation.classes
    rows = [
        ("faces with this label", *(str(one.faces) for one in classes)),
        ("recall", *(f"{one.recall:.2f}" for one in classes)),
        ("precision", *(f"{one.precision:.2f}" for one in classes)),
    ]
    return _table(["", *(one.name for one in classes)], rows)


BLOCKS: dict[str, Callable[[StoredModel], str]] = {
    "model": model_table,
    "classes": class_table,
}


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rewrite(text: str, model: StoredModel) -> str:
    """The page with the figures of this model."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]](model)}\n{found[3]}", text)


def main() -> None:
    """Rewrite the pages, or say which would change."""
    model = read_model(EMBEDDED / DEFAULT_MODEL)
    stale = []
    for page in [ROOT / "README.md", *sorted(ROOT.glob(".docs/**/*.md"))]:
        text = page.read_text("utf-8")
        fresh = rewrite(text, model)
        if fresh != text:
            stale.append(str(page.relative_to(ROOT)))
            if "--check" not in sys.argv[1:]:
                page.write_text(fresh, "utf-8")
    if stale and "--check" in sys.argv[1:]:
        names = ", ".join(stale)
        sys.exit(f"{names}: figures are not those of {model.card.name}'s card. Run: python .docs/figures.py")
    sys.stdout.write(f"written: {', '.join(stale)}\n" if stale else "every figure is that of the card\n")


if __name__ == "__main__":
    main()
