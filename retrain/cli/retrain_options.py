"""The options of `fer-video retrain`, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[DATA]...",
        help="Labelled faces: a FER-2013 csv (plain or .gz; columns emotion, pixels, Usage), or a folder "
        "[train|test/]CLASS/picture.jpg with a sub-folder for each expression. Several are trained on together. "
        "Without DATA: fer2013.csv[.gz] or icml_face_data.csv in this folder or in data/.",
    ),
]
Ferplus = Annotated[
    Path | None,
    typer.Option("--ferplus", metavar="FILE", help="FER+ votes (fer2013new.csv) for the rows of the first DATA."),
]
Audit = Annotated[
    list[Path] | None,
    typer.Option(
        "--audit",
        metavar="FILE",
        help="Answers of an audit ('fer-video audit'), a file for each person: its faces are cut from their videos "
        "again. May be repeated.",
    ),
]
AuditDb = Annotated[
    str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database that knows where the videos of --audit are.")
]
AuditVideos = Annotated[
    Path | None,
    typer.Option("--videos", metavar="FOLDER", help="Folder with the videos of --audit, in place of the database."),
]
Weight = Annotated[
    list[float] | None,
    typer.Option(
        "--weight",
        min=0,
        max=1000,
        help="How often an epoch sees each face of a DATA; once for each DATA, in order, then for --audit.",
    ),
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Skip and count rows and pictures that cannot be read.")]
Detect = Annotated[
    bool,
    typer.Option("--detect", help="Cut the faces out of a folder's pictures with the detector of 'analyze'."),
]
KeepDuplicates = Annotated[
    bool, typer.Option("--keep-duplicates", help="Train also on faces that are blank or show a held-out picture.")
]
Classes = Annotated[str | None, typer.Option("--classes", metavar="A,B,...", help="Train on these expressions only.")]
Base = Annotated[
    str,
    typer.Option(
        "--base",
        help="What to start from: scratch (random weights), active or the NAME of a model (fine-tuning: first its "
        "heads, then everything at a small part of the rate), the FOLDER of a run (on from its best epoch), vgg-face "
        "(Parkhi's weights as deepface keeps them, at 224 pixels), imagenet (vgg16 and resnet50 only; downloads).",
    ),
]
Replay = Annotated[
    Path | None,
    typer.Option("--replay", metavar="CSV", help="Mix FER-2013 into every epoch, so that a base does not forget it."),
]
ReplayShare = Annotated[
    float | None,
    typer.Option(
        "--replay-share",
        help="Share of an epoch that is replayed, between 0 and 1. [default: 0.95, or what replays each face once]",
    ),
]
Arch = Annotated[
    str | None,
    typer.Option(
        "--arch",
        help="Architecture, with its paper's settings as defaults: vgg-face (the default), vgg-face-224, "
        "thuyloi-8block, hcmus-shallow, hcmus-deep, aip391-baseline, aip391-vgg5, vgg16, resnet50.",
    ),
]
Width = Annotated[
    float | None,
    typer.Option("--width", min=0.01, max=8, help="Factor on the filters of vgg-face; the embedded model has 0.5."),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        help="What the expressions are learned from: labels, or votes (what share of FER+ annotators calls the face "
        "each; a second head learns the labels, and the epoch is chosen by FER+ majorities). [default: labels]",
    ),
]
Views = Annotated[
    str | None,
    typer.Option(
        "--views",
        help="Random views of each face: shop (turned, shifted, at times spoilt as by a camera), camera (mostly "
        "spoilt so: for poor cameras), mirror (mirrored, turned, shifted), none (as they are), spoilt (every other one "
        "as a poor camera takes it, some covered or bent). [default: by --arch]",
    ),
]
Mixup = Annotated[
    float | None,
    typer.Option(
        "--mixup", min=0, help="Blend pairs of faces and their labels: 0 not at all, 0.2 little, 1 evenly. [default: 0]"
    ),
]
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, help="Passes over the Training faces.")]
CalmEpochs = Annotated[
    int | None,
    typer.Option(
        "--calm-epochs", min=0, help="Last epochs in which shop or spoilt views stay near to the pictures as they are."
    ),
]
Batch = Annotated[int | None, typer.Option("--batch", min=1, help="Faces a step.")]
Rate = Annotated[float | None, typer.Option("--rate", min=0, help="Highest learning rate.")]
HeadEpochs = Annotated[
    int | None, typer.Option("--head-epochs", min=0, help="First epochs in which only the heads of a base learn.")
]
Precision = Annotated[
    str,
    typer.Option("--precision", help="float32, bfloat16, or auto: bfloat16 on a GPU."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of initial weights, order and random views.")]
Folds = Annotated[
    int | None,
    typer.Option("--folds", min=2, help="Cross-validate instead: so many parts, by person where files name them."),
]
Run = Annotated[
    Path | None,
    typer.Option("--run", metavar="FOLDER", help="The run's folder; default: retrain-runs/DATE-TIME."),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on where --run was stopped; with more --epochs than before also behind its end."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")]
Publish = Annotated[
    str | None,
    typer.Option("--publish", metavar="NAME", help="Put the model into the store under this name at the end."),
]
EvenIfWorse = Annotated[
    bool,
    typer.Option(
        "--even-if-worse",
        help="Publish although an expression is hardly found, or the active model is better on the same faces.",
    ),
]
Teacher = Annotated[
    list[str] | None,
    typer.Option(
        "--teacher",
        metavar="NAME",
        help="Learn this model's answers beside the labels (distillation); may be repeated for several.",
    ),
]
TeacherWeight = Annotated[
    float | None,
    typer.Option("--teacher-weight", min=0, max=1, help="Part of the teachers in what is learned. [default: 0.5]"),
]
