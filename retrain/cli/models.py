"""`fer-video models`: what is in the model store, publishing, and choosing the active model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from . import publish_options as options  # noqa: TC001 - Typer reads the annotations
from .retrain_options import EvenIfWorse  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.models.card import ModelCard

    from ..data.faces import LabelledFaces
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
    from pipeline.cli.console import align
    from pipeline.models.folder import active_name, list_models, store_folder

    active = active_name()
    rows = [("", "model", "architecture", "accuracy", "on", "published")]
    for model in list_models():
        card = model.card
        low, high = card.evaluation.interval
        accuracy = f"{card.evaluation.accuracy:.1%} ({low:.1%} to {high:.1%})"
        star = "*" if card.name == active else " "
        rows.append((star, card.name, card.arch, accuracy, card.evaluation.data, card.created_at[:10]))
    typer.echo("\n".join(align(rows)))
    if active not in [row[1] for row in rows[1:]]:
        typer.echo(f"The active model {active!r} is missing. Choose one with 'fer-video models use NAME'.", err=True)
    typer.echo(f"Published models are kept in {store_folder()}", err=True)


@app.command()
def use(name: Annotated[str, typer.Argument(help="A model that 'fer-video models' lists.")]) -> None:
    """Make a model the one that 'analyze' takes."""
    from pipeline.models.folder import activate

    model = activate(name)
    typer.echo(f"{model.card.name} is active: {model.card.evaluation.accuracy:.1%} on {model.card.evaluation.data}.")


@app.command()
def publish(
    *,
    run: options.Run,
    name: options.Name = None,
    data: options.Data = None,
    ferplus: options.Ferplus = None,
    replay: options.Replay = None,
    average: options.Average = None,
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

    from ..data.sources import DataOptions
    from ..training.runs import read_run

    finished = read_run(run)
    known = finished.origin.sources
    # What a run without a note of its data left out of Training is not known; the card takes it to be nothing.
    known = known if known.data else DataOptions(clean=False)
    sources = replace(
        known,
        data=tuple(map(str, data or known.data)),
        ferplus=str(ferplus) if ferplus else known.ferplus,
        replay=str(replay) if replay else known.replay,
    )
    finished = replace(finished, origin=replace(finished.origin, sources=sources))
    others = [read_run(other) for other in average or []]
    publish_run(finished, name, into or store_folder(), others=others, even_if_worse=even_if_worse, quick=quick)


def publish_run(
    run: FinishedRun,
    name: str | None,
    root: Path | None,
    faces: LabelledFaces | None = None,
    *,
    others: Sequence[FinishedRun] = (),
    even_if_worse: bool = False,
    quick: bool = False,
) -> None:
    """Measure a run on its faces, which are read again if need be, write its model, and say what came out.

    Without a name the model has that of the run's folder.
    """
    from pipeline.errors import ModelError
    from pipeline.inference.runtime import silence
    from pipeline.models.folder import StoredModel, active_name, find_model, store_folder

    from ..data.sources import read_replay_held_out, read_sources
    from ..publishing.averaging import average
    from ..publishing.publish import check_name, name_after
    from ..publishing.publish import publish as write

    def say(model: StoredModel) -> None:
        result = model.card.evaluation
        typer.echo(f"{name}: {result.accuracy:.1%} on {result.data}, epoch {run.best.epoch}, card in {model.folder}")

    name = name or name_after(run.folder)
    check_name(name)
    silence()
    data = faces if faces is not None else read_sources(run.origin.sources)[0]
    run = average([run, *others], data) if others else run
    try:
        rival = find_model()
    except ModelError as error:
        rival = None
        typer.echo(f"Not compared with the active model: {error}", err=True)
    earlier = _read_earlier(root / name) if root else None
    model = write(
        run, name, data, root,
        rival=rival, replayed=read_replay_held_out(run.origin.sources), even_if_worse=even_if_worse, quick=quick,
        on_compared=lambda found: typer.echo(f"{name}: {found}", err=True), on_measured=say,
    )  # fmt: skip
    if root is None:
        return
    instead = (
        f", in place of the one of {earlier.created_at[:10]} ({earlier.evaluation.accuracy:.1%})" if earlier else ""
    )
    used = "analyze takes it from now on, as it has the name of the active model."
    if root != store_folder() or name != active_name():
        used = f"'fer-video models use {name}' makes analyze take it."
    typer.echo(f"Published in {model.folder}{instead}. {used}", err=True)


def _read_earlier(folder: Path) -> ModelCard | None:
    """The card of the model that is about to be replaced; None where there is none that can be read."""
    from pipeline.errors import ModelError
    from pipeline.models.folder import read_model

    try:
        return read_model(folder).card
    except ModelError:
        return None
