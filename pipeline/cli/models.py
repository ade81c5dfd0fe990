"""`fer-video models`: what is in the model store, publishing, and choosing the active model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError

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
        Path | None,
        typer.Option(
            "--data", metavar="DATA", help="The faces that the run was trained with; default: where it read them."
        ),
    ] = None,
    ferplus: Annotated[
        Path | None, typer.Option("--ferplus", metavar="FILE", help="The FER+ votes that go with --data.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="FOLDER", help="Write FOLDER/NAME instead of a model in the user's store."),
    ] = None,
) -> None:
    """Turn a training run into a model: weights, and a card with everything measured on held-out faces.

    The run may still be going on; its best epoch so far is published.

    \b
    fer-video models publish retrain-runs/2026-11-21 --name shop-faces
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from pipeline.networks.runtime import silence

    silence()
    from pipeline.models import store_folder
    from retrain import datasets
    from retrain.publish import publish as write
    from retrain.publish import read_run

    finished = read_run(run)
    path = data or (Path(finished.origin.data) if finished.origin.data else None)
    if path is None:
        raise UsageError(
            "--data: expected the faces that the run was trained with; the run does not say where they are."
        )
    votes = ferplus or (Path(finished.origin.ferplus) if data is None and finished.origin.ferplus else None)
    model = write(finished, name, datasets.load(path, votes), into or store_folder())
    result = model.card.evaluation
    typer.echo(f"{name}: {result.accuracy:.1%} on {result.data}, epoch {finished.epochs}, in {model.folder}")
