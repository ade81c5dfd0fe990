"""A model card for people: README.md in the form that Hugging Face reads, with its pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..measure import pictures
from ..measure.evaluate import CLASS_COLUMNS, class_rows, markdown_table, mean_recall

if TYPE_CHECKING:
    from pipeline.models.card import CalibrationFigures, Evaluation, ModelCard

LIMITS = """\
- It says what most people would call a face, not what the person feels: a face says little about that.
- People agree on web pictures in about two cases of three (65 ± 5 % on FER-2013). No model can be more certain than
  those whose word it learned.
- Fear, sadness, anger and disgust are confused with each other and with neutral; see the confusion matrix.
- Its pictures over-represent some ages, looks and regions (those of FER-2013 come from web search); accuracy on other
  faces may be lower. Measure it on labelled faces of your own with `fer-video evaluate` before relying on shares.
- Faces under 48 pixels, turned away, covered or blurred are read worse; see the conditions.
"""

OUT_OF_SCOPE = """\
Decisions about single persons (hiring, security, health, credit), identifying or tracking people, and any claim about
inner states. In the European Union, inferring emotions of people at work or in education is prohibited with few
exceptions (Regulation (EU) 2024/1689, article 5).
"""


def pages(card: ModelCard) -> dict[str, str]:
    """Text files to lie beside a card, by name."""
    files = {"README.md": page(card), "confusion.svg": pictures.confusion_matrix(card.evaluation)}
    if card.labels_evaluation:
        files["labels-confusion.svg"] = pictures.confusion_matrix(card.labels_evaluation)
    if card.calibration_figures:
        files["reliability.svg"] = pictures.reliability_diagram(card.calibration_figures.bins)
    return files


def page(card: ModelCard) -> str:
    """The card as Markdown."""
    sections = (
        _head(card),
        ("Data", _data(card)),
        ("Training", _training(card)),
        ("Made from", _ancestors(card)),
        ("Accuracy", _accuracy(card)),
        ("By FER-2013's labels", _labels_accuracy(card)),
        ("Calibration", _calibration(card)),
        ("Other conditions", _conditions(card)),
        ("Cost", _cost(card)),
        ("How to read these figures", "".join(f"- {note}\n" for note in card.notes)),
        ("Known limits", LIMITS),
        ("Out of scope", OUT_OF_SCOPE),
        ("Licence", card.licence + "\n"),
    )
    first, *others = sections
    return str(first) + "".join(f"\n## {title}\n\n{text}" for title, text in others if text)


def _head(card: ModelCard) -> str:
    result = card.evaluation
    both = [one for one in (result, card.labels_evaluation) if one]
    front = {
        "license": "other",
        "library_name": "fer-video",
        "pipeline_tag": "image-classification",
        "tags": ["facial-expression-recognition", card.arch],
        "model-index": [
            {
                "name": card.name,
                "results": [
                    {
                        "task": {"type": "image-classification"},
                        "dataset": {"name": one.data, "type": "fer2013" if "fer2013" in one.data else "custom"},
                        "metrics": [{"type": "accuracy", "value": round(one.accuracy, 4)}],
                    }
                    for one in both
                ],
            }
        ],
    }
    # JSON is YAML too, and needs no further package.
    return (
        f"---\n{json.dumps(front, indent=2)}\n---\n\n# {card.name}\n\n"
        f"Expressions ({', '.join(card.trained)}) from a grey face of {card.preprocessing.face_px} pixels. "
        f"{' '.join(f'Accuracy {one.accuracy:.1%} on {one.data}.' for one in both)} Architecture: `{card.arch}`, "
        f"options `{json.dumps(card.options)}`. In the store, `fer-video models use {card.name}` chooses it.\n"
    )


def _data(card: ModelCard) -> str:
    faces = ", ".join(f"{split} {count:,}" for split, count in card.data.faces.items())
    return (
        f"{card.data.source}: {faces} faces. Hash of pixels, labels and splits: `{card.data.sha256}`.\n\n"
        f"A face is a square of {card.preprocessing.crop_scale} times the detector's box around its centre, grey, "
        f"{card.preprocessing.face_px} pixels wide, of which the network sees the centre {card.preprocessing.view_px}; "
        f"grey levels: {card.preprocessing.pixels}.\n"
    )


def _training(card: ModelCard) -> str:
    training = card.training
    rows = [(name, f"`{json.dumps(value)}`") for name, value in training.settings.items()]
    lead = (
        f"Epoch {training.epochs} of a run, {training.seconds / 60:.0f} minutes, code at commit `{training.commit}`, "
        f"published {card.created_at}.\n\n"
    )
    libraries = ", ".join(f"{name} {version}" for name, version in training.libraries.items())
    return lead + markdown_table(("setting", "value"), rows) + (f"\nComputed with {libraries}.\n" if libraries else "")


def _ancestors(card: ModelCard) -> str:
    """Each model that went into this one: a name alone says little, as it may be given anew."""
    rows = [(one.name, f"`{one.sha256[:12]}`", "; ".join(one.ways), one.what) for one in card.ancestors]
    return markdown_table(("model", "hash of its weights", "how", "what it is"), rows) if rows else ""


def _accuracy(card: ModelCard) -> str:
    return _describe_head(card.evaluation, "confusion.svg")


def _labels_accuracy(card: ModelCard) -> str:
    if card.labels_evaluation is None:
        return ""
    return (
        "A head of its own learned these labels, which are the words that a web search found the pictures by; a figure "
        "to compare with others' published ones. What `analyze` stores are the expressions above.\n\n"
        + _describe_head(card.labels_evaluation, "labels-confusion.svg")
    )


def _describe_head(result: Evaluation, picture: str) -> str:
    low, high = result.interval
    lead = (
        f"{result.accuracy:.1%} of {result.faces:,} faces (95 % interval {low:.1%} to {high:.1%}), mean recall "
        f"{mean_recall(result):.1%}; {result.data}, single centre view.\n\n"
    )
    table = markdown_table(CLASS_COLUMNS, class_rows(result))
    return f"{lead}{table}\n![Confusion matrix: rows are labels, columns predictions]({picture})\n"


def _calibration(card: ModelCard) -> str:
    figures = card.calibration_figures
    if figures is None:
        return ""
    return (
        f"Probabilities are softmax(log q / {card.calibration.temperature:.3f} + biases), where q = softmax(logits) - "
        f"{card.calibration.smoothed:.4f} takes back the smoothing of the labels: bias-corrected temperature "
        f"scaling (Alexandari et al. 2020), fitted on {figures.fitted_on}. Expected calibration error on "
        f"{figures.measured_on}: {figures.error_before:.3f} before, {figures.error_after:.3f} after"
        f"{_divergence(figures)}.{_accuracy_before(card, figures)}\n\n![Reliability diagram](reliability.svg)\n"
    )


def _divergence(figures: CalibrationFigures) -> str:
    if figures.divergence_before is None or figures.divergence_after is None:
        return ""
    return (
        f"; mean divergence from what is right (Kullback-Leibler, nats) {figures.divergence_before:.3f} before, "
        f"{figures.divergence_after:.3f} after"
    )


def _accuracy_before(card: ModelCard, figures: CalibrationFigures) -> str:
    """The run's log has the accuracy before calibration, the card the one after it."""
    if figures.accuracy_before is None:
        return ""
    return (
        f" Accuracy on {card.evaluation.data}: {figures.accuracy_before:.1%} before, as in the log of a run, "
        f"{card.evaluation.accuracy:.1%} after, as everywhere in this card."
    )


def _conditions(card: ModelCard) -> str:
    """A table for each label set that conditions were measured by."""
    texts = []
    for labels in dict.fromkeys(one.labels for one in card.conditions):
        rows = [(one.name, f"{one.accuracy:.1%}", f"{one.faces:,}") for one in card.conditions if one.labels == labels]
        lead = f"By {labels}:\n\n" if labels else ""
        texts.append(lead + markdown_table(("condition", "accuracy", "faces"), rows))
    return "\n".join(texts)


def _cost(card: ModelCard) -> str:
    if card.cost is None:
        return ""
    cost = card.cost
    speed = f"; {cost.faces_per_second or 0:,} faces a second in batches of 64 on {cost.measured_on}"
    return (
        f"{cost.parameters:,} parameters and {cost.gflop_per_face:.3f} GFLOP per face (a multiply-add counts as two) "
        f"with batch normalisation folded{speed if cost.faces_per_second else ''}. "
        "`tests/benchmarks/classifier_cost.py` measures it again.\n"
    )
