"""The options of `fer-video models publish`, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="The folder of a training run ('retrain --run'); with --reading also the name of a model."
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="Name of the model; lower-case letters, digits, dots, dashes. [default: after the run's folder]",
    ),
]
Data = Annotated[
    list[Path] | None,
    typer.Option(
        "--data", metavar="DATA", help="The run's labelled faces, where they have moved; once for each, in order."
    ),
]
Ferplus = Annotated[
    Path | None, typer.Option("--ferplus", metavar="FILE", help="The run's FER+ votes, where they have moved.")
]
Replay = Annotated[
    Path | None, typer.Option("--replay", metavar="CSV", help="What the run replayed, where it has moved.")
]
Average = Annotated[
    list[Path] | None,
    typer.Option(
        "--average",
        metavar="RUN",
        help="Publish the mean of the weights of RUN and of this run; one must have gone on from the other. May be "
        "repeated.",
    ),
]
Into = Annotated[
    Path | None,
    typer.Option("--into", metavar="FOLDER", help="Write FOLDER/NAME instead of a model in the user's store."),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Leave out accuracy on damaged pictures and with several views (minutes).")
]

Heads = Annotated[
    bool,
    typer.Option(
        "--heads",
        help="Learn anew the heads for votes and for labels, on the features of what was averaged (minutes). "
        "--average then takes names of models, too; what is named twice counts twice.",
    ),
]
Reading = Annotated[
    bool,
    typer.Option(
        "--reading",
        help="Learn anew the head that says what can be read, from views of the run's faces with FER+ votes (minutes). "
        "RUN may be a published model whose run is gone. Without it a run keeps that of its base.",
    ),
]
NoFaces = Annotated[
    list[Path] | None,
    typer.Option(
        "--no-faces",
        metavar="PATH",
        help="Pictures, videos or a folder of them in which no face is seen, for --reading; may be repeated.",
    ),
]
Fitted = Annotated[
    Path | None,
    typer.Option(
        "--fitted",
        metavar="FILE",
        help="For --reading: what was fitted on rated faces of shops, as JSON: regressions over the head, size "
        "and pose, and how common each expression is. [default: the base's; what the head says alone]",
    ),
]
