"""`fer-video report` as a user starts it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fixtures_reports import CHAIN, Clip, make_database

from reports.cli.report import fill_html

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Command = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "fer-video.db"
    make_database(path, list(CHAIN[:2] + CHAIN[-3:])).dispose()
    return path


@pytest.fixture
def database(made: Path, tmp_path: Path) -> Path:
    """The default database of the working directory."""
    return Path(shutil.copy(made, tmp_path))


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        (["--html"], ["--html=report.html"]),
        (["--html", "--quiet"], ["--html=report.html", "--quiet"]),
        (["--html", "-q"], ["--html=report.html", "-q"]),
        (["--html", "x.html", "-q"], ["--html", "x.html", "-q"]),
        (["--html=x.html"], ["--html=x.html"]),
        (["-q", "--html"], ["-q", "--html=report.html"]),
        ([], []),
    ],
)
def test_html_takes_a_file_or_stands_alone(given: list[str], parsed: list[str]) -> None:
    """Wherever it stands among the other options."""
    assert fill_html(given) == parsed


@pytest.mark.usefixtures("database")
def test_html_alone_writes_report_html(fer_video_process: Command, tmp_path: Path) -> None:
    """`--html --quiet` writes report.html and prints nothing."""
    done = fer_video_process("report", "--min-group", "1", "--html", "--quiet")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.usefixtures("database")
def test_tables_go_to_stdout_and_messages_to_stderr(fer_video: Command, tmp_path: Path) -> None:
    """So that a table can be piped."""
    done = fer_video("report", "--min-group", "1", "--html", "page.html", "--excel", "x.xlsx", "--faces", "faces.csv")

    assert done.returncode == 0
    assert "How often each expression was read" in done.stdout
    assert done.stderr.splitlines() == ["Wrote page.html", "Wrote x.xlsx", "Wrote faces.csv"]
    assert {path.name for path in tmp_path.iterdir()} == {"fer-video.db", "page.html", "x.xlsx", "faces.csv"}


@pytest.mark.usefixtures("database")
def test_files_to_stdout_take_the_place_of_tables(fer_video: Command) -> None:
    """`--csv -` and `--json -` can be piped on."""
    table = fer_video("report", "--min-group", "1", "--csv", "-")
    document = fer_video("report", "--min-group", "1", "--json", "-")

    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    overall = {row["name"]: int(row["count"]) for row in rows if row["grouping"] == "overall"}
    counts = json.loads(document.stdout)["overall"]["expressions"]
    assert {name: one["count"] for name, one in counts.items()}.items() <= overall.items()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--db", "nope.db"], 5, "nope.db"),
        (["--location", "nowhere"], 2, "There are: kiosk, quay"),
        (["--run", "7"], 2, "no such run"),
        (["--since", "yesterday"], 2, "--since: expected a year"),
        (["--since", "2030-01-01"], 4, "on (--since): frames are from 2024-03-"),
        (
            ["--until", "2001", "--video", "small*"],
            4,
            "nothing is left of 1 video before 2002-01-01 00:00 (--until): no start is known. Say it",
        ),
        (["--min-group", "0"], 2, "--min-group: expected a whole number of 1 or more; found 0"),
        (["--per", "person"], 2, "visit"),
        (["--compare", "a:b"], 2, "two periods"),
        (["--count-as", "happy=good"], 2, "EXPRESSION=KIND"),
        (["--min-confidence", "2"], 2, "--min-confidence: expected a probability"),
        (["--min-readable", "1"], 2, "--min-readable: expected a probability"),
        (["--min-is-face", "-1"], 2, "--min-is-face: expected a probability"),
        (["--faces", "x.txt"], 2, ".csv or .parquet"),
        (["--excel", "x.ods"], 2, ".xlsx"),
        (["--html", "no/such/folder.html"], 2, "does not exist"),
        (["--html", "."], 2, "it is a folder"),
        (["--html", "x" * 300], 2, "cannot be written"),
        (["--html", "x" * 300 + "/r.html"], 2, "out of reach"),
        (["--db", "x" * 300], 5, "expected a database"),
        (["--html=-"], 2, "only --csv and --json"),
        (["--csv", "x", "--json", "x"], 2, "named twice"),
        (["--csv", "-", "--json", "-"], 2, "named twice"),
        (["--lang", "de"], 2, "en"),
        (["--by", "mood"], 2, "location"),
    ],
)
@pytest.mark.usefixtures("database")
def test_wrong_input_is_answered_in_one_line(fer_video: Command, arguments: list[str], code: int, said: str) -> None:
    """With what was expected, what was found, and no traceback."""
    done = fer_video("report", "--min-group", "1", *arguments)

    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_database_says_what_to_do(fer_video: Command, tmp_path: Path) -> None:
    """Nothing was analysed yet: that is told, not shown as zeros."""
    make_database(tmp_path / "fer-video.db", [])

    done = fer_video("report", "--min-group", "1")

    assert done.returncode == 4
    assert "fer-video analyze" in done.stderr


def test_options_change_what_is_shown(fer_video: Command, tmp_path: Path) -> None:
    """Language, grouping, comparison and a second database."""
    make_database(tmp_path / "1.db", [Clip("a.mp4", seconds=120), Clip("b.mp4", "cafe", "bar", seconds=120)])
    make_database(tmp_path / "2.db", [Clip("c.mp4", "kiosk", "door", seconds=120)])

    done = fer_video(
        "report",
        "--min-group",
        "1",
        "--db",
        "1.db",
        "--db",
        "2.db",
        "--by",
        "camera",
        "--compare",
        "cafe:quay",
        "--lang",
        "vi",
    )

    assert done.returncode == 0, done.stderr
    assert all(
        name in done.stdout for name in ("a.mp4", "b.mp4", "c.mp4", "Theo camera", "so sánh tỉ lệ", "trung tính")
    )


@pytest.mark.usefixtures("database")
def test_thresholds_are_options(fer_video: Command) -> None:
    """They move faces between the kinds, and the JSON names them."""

    def report(*options: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(fer_video("report", "--min-group", "1", "--json", "-", *options).stdout)
        return found

    plain, open_, strict = (
        report(),
        report("--min-is-face", "0", "--min-readable", "0"),
        report("--min-readable", "0.9", "--min-confidence", "0.9"),
    )

    names = ("min_confidence", "min_readable", "min_is_face")
    assert [strict["selection"]["thresholds"][name] for name in names] == [0.9, 0.9, 0.5]
    assert open_["no_face"] == open_["overall"]["unclear"]["count"] == 0 < plain["no_face"] == strict["no_face"]
    assert open_["overall"]["faces"] == plain["overall"]["faces"] + plain["no_face"]
    assert strict["overall"]["readable"] < plain["overall"]["readable"]
    undecided = [one["overall"]["expressions"]["undecided"]["share"] for one in (plain, strict)]
    assert undecided[0] < undecided[1]


def test_the_database_of_the_environment_may_have_spaces(fer_video: Command, tmp_path: Path) -> None:
    """FER_VIDEO_DB is one path, whatever stands in it."""
    make_database(tmp_path / "my shop.db", [Clip("a.mp4", seconds=30)])

    done = fer_video("report", "--min-group", "1", env={"FER_VIDEO_DB": "my shop.db"})

    assert done.returncode == 0, done.stderr


def test_a_report_without_files_leaves_none(fer_video: Command, database: Path, tmp_path: Path) -> None:
    """Reading changes nothing and leaves nothing behind."""
    before = database.read_bytes()

    fer_video("report", "--min-group", "1")

    assert [path.name for path in tmp_path.iterdir()] == ["fer-video.db"]
    assert database.read_bytes() == before


def test_help_answers_at_once(fer_video_process: Command) -> None:
    """Within half a second of processor time: nothing heavy is imported for it."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = fer_video_process("report", "--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert "Usage: " in done.stdout
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < 0.5
