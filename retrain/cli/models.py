"""`fer-video models`: what is in the model store, publishing, and choosing the active model."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import align, printable, say, say_note
from pipeline.errors import ModelError, UsageError

from . import publish_options as options  # noqa: TC001 - Typer reads the annotations
from .retrain_options import EvenIfWorse  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pipeline.models.card import Evaluation
    from pipeline.models.folder import Listed, StoredModel

    from ..data.faces import LabelledFaces
    from ..publishing.gate import Comparison
    from ..publishing.release import Reading, Released
    from ..training.runs import FinishedRun

app = typer.Typer(
    help="List the expression models, publish a training run, choose the model that 'analyze' takes.",
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List the expression models; the active one, which 'analyze' takes, has a star."""
    if context.invoked_subcommand is not None:
        return
    from pipeline.models.folder import active_name, store_folder, survey

    found = survey()
    try:
        active = active_name()
    except ModelError as error:
        active, unread = "", str(error)
    else:
        missing = f"The active model {active!r} is missing. Choose one with 'fer-video models use NAME'."
        unread = "" if active in {one.name for one in found} else missing
    rows = [HEADER, *(row for one in found for row in _rows(one, active))]
    typer.echo("\n".join(align([[printable(cell) for cell in row] for row in rows])))
    for problem in (*(one.problem for one in found), unread):
        if problem:
            say_note(printable(problem))
    say(f"Published models are kept in {printable(store_folder())}. 'fer-video models show NAME' says more of one.")


HEADER = ("", "model", "architecture", "accuracy", "on", "published", "commercial use")


def _rows(one: Listed, active: str) -> Iterator[tuple[str, ...]]:
    """A model's line, and one for its second head; one that is broken is marked, and what is wrong stands below."""
    star = "*" if one.name == active else " "
    if one.model is None:
        yield f"{star}!", one.name, "broken, see below", "", "", "", ""
        return
    from ..training.licence import commercial

    card = one.model.card
    yield star, card.name, card.arch, *_accuracy(card.evaluation), card.created_at[:10], commercial(card.licence)
    if card.labels_evaluation:
        yield "", "", "", *_accuracy(card.labels_evaluation), "", ""


def _accuracy(result: Evaluation) -> tuple[str, str]:
    """How right a head is, and by which faces and labels."""
    low, high = result.interval
    return f"{result.accuracy:.1%} ({low:.1%} to {high:.1%})", result.data


@app.command()
def use(name: Annotated[str, typer.Argument(help="A model that 'fer-video models' lists.")]) -> None:
    """Make a model the one that 'analyze' takes."""
    from pipeline.models.folder import activate

    model = activate(name)
    result = model.card.evaluation
    typer.echo(f"{model.card.name} is active: {result.accuracy:.1%} on {printable(result.data)}.")


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="A model that 'fer-video models' lists; default: the active one.")
    ] = None,
) -> None:
    """Say what a model is: its figures, what it was made from, and whether it may be used commercially."""
    from pipeline.models.folder import find_model

    from .model_facts import describe_model

    typer.echo(describe_model(find_model(name)))


@app.command()
def publish(
    *,
    run: options.Run,
    name: options.Name = None,
    data: options.Data = None,
    ferplus: options.Ferplus = None,
    replay: options.Replay = None,
    average: options.Average = None,
    heads: options.Heads = False,
    reading: options.Reading = False,
    no_faces: options.NoFaces = None,
    fitted: options.Fitted = None,
    even_if_worse: EvenIfWorse = False,
    into: options.Into = None,
    quick: options.Quick = False,
) -> None:
    """Turn a training run into a model: weights, and a card with everything measured on held-out faces.

    The run may still be going on; what is published is its best epoch so far, or the last one of a fine-tuning. A
    model in which an expression is hardly ever found, or that is behind the active one on the same faces by more than
    a point, is refused; where faces are few, by more than chance explains.

    \b
    fer-video models publish retrain-runs/2026-11-21 --name shop-faces
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from pipeline.models.folder import store_folder

    from ..publishing.release import Reading, move_sources

    for option, value in (("--no-faces", no_faces), ("--fitted", fitted)):
        if value and not reading:
            raise UsageError(f"{option}: expected --reading beside it; found none.")

    with _open_run(run, reading=reading) as found:
        moved = move_sources(
            found, [str(path) for path in data or []], str(ferplus) if ferplus else None,
            str(replay) if replay else None,
        )  # fmt: skip
        others = [_read_part(other, moved, heads=heads) for other in average or []]
        asked = Reading(tuple(map(str, no_faces or ())), fitted) if reading else None
        release_run(
            moved, name, into or store_folder(),
            others=others, heads=heads, reading=asked, even_if_worse=even_if_worse, quick=quick,
            on_measured=_print_figures if found.is_remade else _print_measured,
        )  # fmt: skip


def _open_run(named: Path, *, reading: bool) -> AbstractContextManager[FinishedRun]:
    """A run by its folder, or a published model by its name, whose head for reading is learned anew."""
    from pipeline.models.folder import find_model, survey

    from ..publishing.remake import as_run
    from ..training.runs import read_run

    if reading and not named.exists() and str(named) in {one.name for one in survey()}:
        return as_run(find_model(str(named)))
    return nullcontext(read_run(named))


def _read_part(named: Path, run: FinishedRun, *, heads: bool) -> FinishedRun:
    """What is averaged: another run, or the features of a model."""
    from pipeline.models.folder import find_model

    from ..publishing.averaging import features_of
    from ..training.runs import BEST, read_run

    if (named / BEST).is_file() or named.is_dir():
        return read_run(named)
    if not heads:
        raise UsageError(
            f"--average {named}: expected the folder of a run, or --heads beside a model's name, of which only the "
            "features are averaged."
        )
    return features_of(find_model(str(named)), run)


def release_run(
    run: FinishedRun,
    name: str | None,
    root: Path | None,
    faces: LabelledFaces | None = None,
    *,
    others: Sequence[FinishedRun] = (),
    heads: bool = False,
    reading: Reading | None = None,
    even_if_worse: bool = False,
    quick: bool = False,
    on_measured: Callable[[StoredModel], object] | None = None,
) -> tuple[Released, list[Comparison]]:
    """`retrain.publishing.release.release`, and what it finds on the terminal, or `on_measured` for the figures."""
    from ..publishing.publish import name_after
    from ..publishing.release import release

    called, compared = name or name_after(run.folder), list["Comparison"]()

    def take(found: Comparison) -> None:
        compared.append(found)
        say(printable(f"{called}: {found}"))

    done = release(
        run, called, root, faces,
        others=others, heads=heads, reading=reading, even_if_worse=even_if_worse, quick=quick,
        on_note=lambda note: say_note(printable(note)), on_compared=take, on_measured=on_measured or _print_measured,
    )  # fmt: skip
    if root is not None:
        _say_where(done)
    return done, compared


def _print_measured(model: StoredModel) -> None:
    """A model's figures, and where its card is."""
    _print_figures(model, f", card in {printable(model.folder)}")


def _print_figures(model: StoredModel, where: str = "") -> None:
    """A model's figures; what the log said of its epoch was before calibration, which changes some answers."""
    card, found = model.card, model.card.calibration_figures
    both = [one for one in (card.evaluation, card.labels_evaluation) if one]
    before = [f" ({found.accuracy_before:.1%} before calibration)" if found and found.accuracy_before else "", ""]
    figures = ", ".join(
        f"{one.accuracy:.1%}{earlier} on {printable(one.data)}" for one, earlier in zip(both, before, strict=False)
    )
    typer.echo(f"{card.name}: {figures}, epoch {card.training.epochs}{where}")


def _say_where(done: Released) -> None:
    instead, earlier = "", done.earlier
    if earlier:
        day = printable(earlier.created_at[:10])
        instead = f", in place of the one of {day} ({earlier.evaluation.accuracy:.1%})"
    used = f"'fer-video models use {done.model.card.name}' makes analyze take it."
    if done.is_active:
        used = "analyze takes it from now on, as it has the name of the active model."
    say(f"Published in {printable(done.model.folder)}{instead}. {used}")
