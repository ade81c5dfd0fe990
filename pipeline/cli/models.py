"""`fer-video models`: what is in the model store, publishing, and choosing the active model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from retrain.runs import FinishedRun

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
    from pipeline.models import active_name, list_models, store_folder

    from .evaluate import align

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
    from pipeline.models import activate

    model = activate(name)
    typer.echo(f"{model.card.name} is active: {model.card.evaluation.accuracy:.1%} on {model.card.evaluation.data}.")


@app.command()
def publish(
    *,
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a training run ('retrain --run').")],
    name: Annotated[str, typer.Option("--name", help="Name of the model; lower-case letters, digits, dots, dashes.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", metavar="DATA", help="The run's labelled faces, where they have moved; once for each, in order."
        ),
    ] = None,
    ferplus: Annotated[
        Path | None, typer.Option("--ferplus", metavar="FILE", help="The FER+ votes that go with --data.")
    ] = None,
    even_if_worse: Annotated[
        bool,
        typer.Option(
            "--even-if-worse",
            help="Publish although an expression is hardly found, or the active model is better on the same faces.",
        ),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FOLDER", help="Write FOLDER/NAME instead of a model in the user's store."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out accuracy on damaged pictures and with several views (minutes).")
    ] = False,
) -> None:
    """Turn a training run into a model: weights, and a card with everything measured on held-out faces.

    The run may still be going on; its best epoch so far is published. A model in which an expression is hardly ever
    found, or that is behind the active one on the same faces by more than a point, is refused; where faces are few,
    by more than chance explains.

    \b
    fer-video models publish retrain-runs/2026-11-21 --name shop-faces
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from retrain.runs import read_run
    from retrain.sources import DataOptions

    finished = read_run(run)
    if data:
        known = finished.origin.sources
        # What a run without a note of its data left out of Training is not known; the card takes it to be nothing.
        sources = known if known.data else DataOptions(clean=False)
        votes = str(ferplus) if ferplus else sources.ferplus
        sources = replace(sources, data=tuple(map(str, data)), ferplus=votes)
        finished = replace(finished, origin=replace(finished.origin, sources=sources))
    publish_run(finished, name, into, even_if_worse=even_if_worse, quick=quick)


def publish_run(run: FinishedRun, name: str, into: Path | None, *, even_if_worse: bool, quick: bool) -> None:
    """Read the run's faces again, measure, write, and say what came out."""
    from pipeline.errors import ModelError
    from pipeline.models import find_model, store_folder
    from pipeline.networks.runtime import silence
    from retrain.publish import publish as write
    from retrain.sources import read_replay_held_out, read_sources

    silence()
    data, _ = read_sources(run.origin.sources)
    try:
        rival = find_model()
    except ModelError as error:
        rival = None
        typer.echo(f"Not compared with the active model: {error}", err=True)
    model = write(
        run, name, data, into or store_folder(),
        rival=rival, replayed=read_replay_held_out(run.origin.sources), even_if_worse=even_if_worse, quick=quick,
        on_compared=lambda found: typer.echo(f"{name}: {found}", err=True),
    )  # fmt: skip
    result = model.card.evaluation
    typer.echo(f"{name}: {result.accuracy:.1%} on {result.data}, epoch {run.best.epoch}, in {model.folder}")
    typer.echo(f"'fer-video models use {name}' makes it the one that analyze takes.", err=True)
