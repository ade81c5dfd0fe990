"""`fer-video evaluate`: how good a model is on labelled faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.console import align, printable, say, say_note
from pipeline.errors import UsageError
from pipeline.plurals import count

from .audit_source import audit_source
from .retrain_options import Audit, AuditDb, AuditVideos, Detect, SkipBad  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.folder import StoredModel

    from ..data.sources import DataOptions
    from ..measure.evaluate import Measured

Data = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[DATA]...",
        help="Labelled faces: a FER-2013 csv (plain or .gz; columns emotion, pixels, Usage), or a folder "
        "[train|test/]CLASS/picture.jpg with a sub-folder for each expression. Each is measured by itself.",
    ),
]
Classes = Annotated[
    str | None,
    typer.Option("--classes", metavar="A,B,...", help="Measure these expressions only, the model choosing among them."),
]
Model = Annotated[str | None, typer.Option("--model", metavar="NAME", help="The model; without it the active one.")]
Split = Annotated[
    str | None,
    typer.Option(
        "--split",
        metavar="NAME",
        help="Training, PublicTest or PrivateTest. Without it: each held-out split that DATA has; all faces of "
        "data without splits.",
    ),
]
Ferplus = Annotated[
    Path | None,
    typer.Option(
        "--ferplus",
        metavar="FILE",
        help="FER+ votes (fer2013new.csv) for the first DATA: measure by what most annotators call its faces, too.",
    ),
]
Card = Annotated[
    bool,
    typer.Option(
        "--card",
        help="Measure every figure of the model's card again, damaged pictures and several views included, and print "
        "each beside the card's (minutes); DATA has to be what the model was trained with.",
    ),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write a page with the figures and their pictures as well."),
]
Lang = Annotated[Literal["en", "vi"], typer.Option("--lang", help="Language of the page.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, gpu or gpu:N.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]


def evaluate(
    *,
    data: Data = None,
    audit: Audit = None,
    db: AuditDb = "fer-video.db",
    videos: AuditVideos = None,
    model: Model = None,
    split: Split = None,
    detect: Detect = False,
    skip_bad: SkipBad = False,
    classes: Classes = None,
    ferplus: Ferplus = None,
    card: Card = False,
    html: Html = None,
    lang: Lang = "en",
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure a model on labelled faces: accuracy, figures of each expression, confusion matrix, calibration.

    The faces go through the same code as in 'analyze'. Probabilities are calibrated as the model's card says. Each
    table names its label set: by FER-2013's own labels a model answers with its head for them, if it has one.

    \b
    fer-video evaluate fer2013.csv.gz
    fer-video evaluate fer2013.csv.gz --ferplus fer2013new.csv --card
    fer-video evaluate my_faces/ --model vgg-face-fer2013 --json
    fer-video evaluate --audit An.json --audit Binh.json --model vgg-face-fer2013
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from pipeline.inference.runtime import choose_device
    from pipeline.models.folder import find_model

    from ..data.sources import DataOptions, check_classes, split_names
    from ..measure.sources import measure_sources

    if not data and not audit:
        raise UsageError("expected labelled faces, DATA or --audit; found neither. Name some.")
    if videos and not audit:
        raise UsageError("--videos: expected --audit beside it; found none.")
    stored, on = find_model(model), choose_device(device)
    sources = DataOptions(
        data=tuple(map(str, data or ())), audit=audit_source(audit, db, videos),
        ferplus=str(ferplus) if ferplus else None, skip_bad=skip_bad, detect=detect,
        classes=split_names(classes),
    )  # fmt: skip
    check_classes(sources.classes)
    if card:
        _expect_alone(**{"--split": split, "--classes": classes, "--html": html})
        _repeat_card(stored, sources, on, as_json=as_json)
        return
    results = list(measure_sources(stored, sources, split, on, on_note=say_note))
    if as_json:
        typer.echo(_as_json(stored.card.name, results))
    else:
        texts = [describe(stored.card.name, one) for one in results]
        typer.echo("\n\n".join(texts))
    if html:
        _write_page(html, stored, results, lang)


def _expect_alone(**options: object) -> None:
    """Refuse what `--card` would pass over."""
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"--card: expected no {name}, as it measures what the card does; found one.")


def _repeat_card(model: StoredModel, sources: DataOptions, device: str, *, as_json: bool) -> None:
    import msgspec

    from ..publishing.card_check import repeat_card

    rows = repeat_card(model, sources, device, on_note=lambda note: say_note(printable(note)))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return
    cells = [(printable(row.name), _figure(row.stated), _figure(row.measured)) for row in rows]
    typer.echo("\n".join(align([(model.card.name, "card", "measured"), *cells])))


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value > 1 and value.is_integer() else f"{value:.4f}"


def _as_json(model: str, results: Sequence[Measured]) -> str:
    import msgspec

    from ..measure.evaluate import macro_f1, mean_recall

    content = [
        {
            "model": model,
            "data_sha256": one.sha256,
            "trained_on": one.known,
            "evaluation": one.evaluation,
            "mean_recall": mean_recall(one.evaluation),
            "macro_f1": macro_f1(one.evaluation),
            "calibration_error": one.calibration_error,
            "divergence": one.divergence,
        }
        for one in results
    ]
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()


def _write_page(path: Path, model: StoredModel, results: Sequence[Measured], lang: str) -> None:
    from datetime import datetime

    from pipeline.errors import DiskError
    from pipeline.files import FULL, write_whole
    from reports.evaluation.page import Section, render
    from reports.words.words import Language, Words

    sections = [
        Section(one.evaluation, one.calibration_error, one.bins, one.divergence, one.sha256, one.known)
        for one in results
    ]
    page = render(model.card, sections, datetime.now().astimezone(), Words(Language(lang)))
    try:
        write_whole(path, page.encode())
    except OSError as error:
        if error.errno in FULL:
            raise DiskError(f"{path}: the page cannot be written; {error.strerror}. Make room there.") from error
        raise UsageError(f"--html {path}: the page cannot be written; {error.strerror}.") from error
    say(f"Wrote {printable(path)}")


def describe(model: str, measured: Measured) -> str:
    """Figures as text for a terminal."""
    from ..measure.evaluate import CLASS_COLUMNS, class_rows, macro_f1, mean_recall

    result = measured.evaluation
    votes = "" if measured.divergence is None else f" by votes, mean divergence from them {measured.divergence:.3f}"
    low, high = result.interval
    names = [figures.name for figures in result.classes]
    confusion = [(name, *(f"{count:,}" for count in row)) for name, row in zip(names, result.confusion, strict=True)]
    return "\n".join(
        [
            f"{model} on {printable(result.data)}: {count(result.faces, 'face')}",
            f"accuracy {result.accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}), mean recall "
            f"{mean_recall(result):.1%}, macro F1 {macro_f1(result):.3f}",
            f"expected calibration error {measured.calibration_error:.3f}{votes}",
            "",
            *align([CLASS_COLUMNS, *class_rows(result)]),
            "",
            "confusion matrix (rows: label, columns: prediction)",
            *align([("", *names), *confusion]),
        ]
    )
