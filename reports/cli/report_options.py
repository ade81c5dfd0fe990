"""The options of `fer-video report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from typer.models import OptionInfo

DEFAULT_HTML = "report.html"


def _option(text: str, *names: str, metavar: str | None = None) -> OptionInfo:
    found: OptionInfo = typer.Option(*names, help=text, metavar=metavar)
    return found


Databases: TypeAlias = Annotated[
    list[str] | None,
    _option(
        "Database to read; given twice, both are read as one. [default: $FER_VIDEO_DB, or fer-video.db]",
        "--db",
        metavar="PATH-OR-URL",
    ),
]
RunNumber: TypeAlias = Annotated[
    int | None,
    _option("Number of the run to report. [default: the newest complete run of each video]", "--run", metavar="NUMBER"),
]
Locations: TypeAlias = Annotated[
    list[str] | None,
    _option("Only this location; a name or a pattern such as 'quay*'. May be repeated.", "--location", metavar="NAME"),
]
Cameras: TypeAlias = Annotated[
    list[str] | None, _option("Only this camera; a name or a pattern. May be repeated.", "--camera", metavar="NAME")
]
Videos: TypeAlias = Annotated[
    list[str] | None,
    _option("Only this video; a file name, a path or a pattern. May be repeated.", "--video", metavar="NAME"),
]
Since: TypeAlias = Annotated[
    str | None,
    _option(
        "Only frames from this year, month, day or minute on, local time at the location: 2024-03-26.",
        "--since",
        metavar="WHEN",
    ),
]
Until: TypeAlias = Annotated[
    str | None,
    _option("Only frames up to the end of this year, month, day or minute.", "--until", metavar="WHEN"),
]
CountOverlaps: TypeAlias = Annotated[
    bool,
    _option("Count minutes that two videos of a camera have in both. [default: in the better one]", "--count-overlaps"),
]
MinFace: TypeAlias = Annotated[
    float,
    _option("Smallest face that counts: shorter side, pixels of the original frame.", "--min-face", metavar="PIXELS"),
]
MinSharpness: TypeAlias = Annotated[
    float,
    _option("Least sharpness of a face that counts: variance of the Laplacian.", "--min-sharpness", metavar="NUMBER"),
]
MinConfidence: TypeAlias = Annotated[
    float,
    _option(
        "Below this probability of its best expression a readable face is 'undecided', 0 to 1.",
        "--min-confidence",
        metavar="NUMBER",
    ),
]
MinReadable: TypeAlias = Annotated[
    float,
    _option(
        "Below this probability of being readable a face is 'unclear' and in no share, 0 to 1.",
        "--min-readable",
        metavar="NUMBER",
    ),
]
MinIsFace: TypeAlias = Annotated[
    float,
    _option(
        "Below this probability of being a face a detection is not counted, 0 to 1.", "--min-is-face", metavar="NUMBER"
    ),
]
Grouping: TypeAlias = Annotated[
    Literal["location", "camera", "video", "hour", "day"],
    _option("What the main groups are; videos always have a table of their own.", "--by"),
]
GuessedStarts: TypeAlias = Annotated[
    bool,
    _option(
        "Count videos by hour and weekday, too, whose start is a guess: that only the file's creation time tells.",
        "--guessed-starts",
    ),
]
MinGroup: TypeAlias = Annotated[
    int,
    _option(
        "Hide groups of fewer people than that, and what would tell of them, in all that is written; 1 hides nothing.",
        "--min-group",
        metavar="NUMBER",
    ),
]
PerWhat: TypeAlias = Annotated[
    Literal["visit", "face"] | None,
    _option(
        "What shares are of that are said first: of visits, or of faces in frames. [default: visits, where all videos "
        "have them]",
        "--per",
    ),
]
Compare: TypeAlias = Annotated[
    str | None,
    _option(
        "Set two periods or two locations side by side, with differences and their intervals: 2024-03:2024-04. "
        "Patterns take several locations: 'B*:V*'.",
        "--compare",
        metavar="A:B",
    ),
]
CountAs: TypeAlias = Annotated[
    list[str] | None,
    _option(
        "What an expression counts as: positive, neutral, negative or surprise. May be repeated. [default: happy is "
        "positive; angry, disgust, fear and sad are negative]",
        "--count-as",
        metavar="EXPRESSION=KIND",
    ),
]
Title: TypeAlias = Annotated[str | None, _option("Title of the page.", "--title", metavar="TEXT")]
Lang: TypeAlias = Annotated[Literal["en", "vi"], _option("Language of tables, page and Excel.", "--lang")]
Share: TypeAlias = Annotated[
    bool, _option("Let everybody on this machine read the files (mode 0644). [default: you alone, 0600]", "--share")
]
Everything: TypeAlias = Annotated[
    bool, _option("Print every row here. [default: the largest groups, and how many more there are]", "--all")
]
Quiet: TypeAlias = Annotated[bool, _option("Print no tables and no messages.", "--quiet", "-q")]
Html: TypeAlias = Annotated[
    Path | None,
    _option(f"Write one self-contained page. [FILE: {DEFAULT_HTML}]", "--html", metavar="[FILE]"),
]
Csv: TypeAlias = Annotated[
    Path | None,
    _option("Write tidy CSV, a row for each group and expression; - for stdout.", "--csv", metavar="FILE"),
]
Json: TypeAlias = Annotated[Path | None, _option("Write all numbers as JSON; - for stdout.", "--json", metavar="FILE")]
Excel: TypeAlias = Annotated[
    Path | None, _option("Write a workbook with a sheet for each section.", "--excel", metavar="FILE.xlsx")
]
FaceFile: TypeAlias = Annotated[
    Path | None,
    _option("Write one row for each face, as CSV or Parquet.", "--faces", metavar="FILE.csv|.parquet"),
]
