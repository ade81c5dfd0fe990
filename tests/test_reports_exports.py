"""Files to go on working with: numbers are numbers, names are text, and nothing is a formula."""

from __future__ import annotations

import csv
import io
import re
import resource
import subprocess
from typing import TYPE_CHECKING

import msgspec
import openpyxl
import pandas as pd
import pytest
from command import PROGRAM
from fixtures_reports import CHAIN, HOSTILE, Clip, make_database
from rich.console import Console

from reports.files.excel import write_excel
from reports.files.exports import CSV_COLUMNS, to_csv, to_json
from reports.files.face_rows import FACE_COLUMNS, face_tables, write_faces
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.selection import Selection
from reports.sheets.tables import tables
from reports.words.text import cell, visible
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

EN, VI = Words(Language.EN), Words(Language.VI)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return make_database(tmp_path_factory.mktemp("chain") / "chain.db", list(CHAIN))


@pytest.fixture(scope="module")
def report(engine: Engine) -> Report:
    return make_report(load([engine], Selection()), Request(min_group=1))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    clips = [Clip(f"{name}.mp4", name, name, seconds=10, status="partial", reason=name) for name in HOSTILE]
    return make_database(tmp_path_factory.mktemp("hostile") / "x.db", clips)


@pytest.fixture(scope="module")
def hostile_report(hostile: Engine) -> Report:
    return make_report(load([hostile], Selection()), Request(min_group=1))


def test_csv_is_tidy(report: Report) -> None:
    """Every row has all columns, and shares of a group's expressions add up to 1."""
    table = pd.read_csv(io.StringIO(to_csv(report)), keep_default_na=False)

    shares = table[table["category"] == "expression"].groupby(["grouping", "group"])["share"].sum()

    assert tuple(table.columns) == CSV_COLUMNS
    assert shares[shares > 0].between(0.9999, 1.0001).all()


def test_no_text_cell_of_a_csv_is_a_formula(hostile: Engine, hostile_report: Report, tmp_path: Path) -> None:
    """Names that a spreadsheet would compute get an apostrophe in front, in both CSV files."""
    write_faces([hostile], Selection(), tmp_path / "faces.csv", parquet=False)
    texts = (to_csv(hostile_report), (tmp_path / "faces.csv").read_bytes().decode("utf-8-sig"))
    names = {"group", "location", "camera", "video", "path"}

    cells = [
        value
        for text in texts
        for row in csv.DictReader(io.StringIO(text, newline=""))
        for key, value in row.items()
        if key in names
    ]

    assert len(cells) > 1000
    assert not [value for value in cells if value.strip().startswith(FORMULA)]


def test_every_text_cell_is_quoted_and_no_number_is(hostile: Engine, hostile_report: Report, tmp_path: Path) -> None:
    """So that no reader of CSV ends a cell where a name has a break, and none takes a name for a number."""
    write_faces([hostile], Selection(), tmp_path / "faces.csv", parquet=False)
    for text in (to_csv(hostile_report), (tmp_path / "faces.csv").read_bytes().decode("utf-8-sig")):
        outside = re.sub(r'"(?:[^"]|"")*"', "", text)

        assert not re.search(r"[^\W\d_]", re.sub(r"\de[-+]?\d", "", outside)), outside[:200]


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--html", "--json", "--excel", "--csv", "--faces"])
def test_a_full_disk_is_told_with_the_file(tmp_path: Path, option: str) -> None:
    """Exit 5, one line that names the file and what to do, and neither a torn file nor a draft is left behind."""
    make_database(tmp_path / "fer-video.db", [Clip("a.mp4", seconds=20)])
    name = {"--excel": "x.xlsx"}.get(option, "x.csv")

    said = subprocess.run(
        [*PROGRAM, "report", "--min-group", "1", option, name, "-q"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )  # fmt: skip

    assert said.returncode == 5
    assert said.stderr.startswith(f"fer-video: {name}: cannot be written: ")
    assert said.stderr.endswith("Make room there, or name a file on another disk.\n")
    assert {path.name for path in tmp_path.iterdir()} == {"fer-video.db"}


def test_a_workbook_has_numbers_as_numbers_and_names_as_text(report: Report, tmp_path: Path) -> None:
    """A sheet for each section; counts can be summed."""
    write_excel(report, EN, tmp_path / "x.xlsx")

    book = openpyxl.load_workbook(tmp_path / "x.xlsx")

    names = "Charts|Read me|Expressions|Kinds|By location|By video|Hours of the week|Over time|Videos|The model"
    assert set(names.split("|")) <= {*book.sheetnames}
    rows = list(book["Expressions"].iter_rows(min_row=2, values_only=True))
    assert sum(row[1] for row in rows) == report.overall.faces
    *readable, unclear = rows
    assert sum(row[2] for row in readable) == pytest.approx(1)
    assert unclear[:2] == ("unclear, of all faces", report.overall.unclear.count)
    assert unclear[2] == pytest.approx(report.overall.unclear.share)


def test_no_cell_of_a_workbook_is_a_formula(hostile_report: Report, tmp_path: Path) -> None:
    """Names that look like formulas are stored as text."""
    write_excel(hostile_report, VI, tmp_path / "x.xlsx")

    book = openpyxl.load_workbook(tmp_path / "x.xlsx")

    cells = [one for sheet in book for row in sheet.iter_rows() for one in row if one.value is not None]
    assert "=1+1" in {one.value for one in cells}
    assert not [one.coordinate for one in cells if one.data_type == "f"]
    assert not [one.coordinate for one in cells if one.hyperlink]


def test_the_same_report_gives_the_same_workbook(report: Report, tmp_path: Path) -> None:
    """No time of making stands in the file."""
    write_excel(report, EN, tmp_path / "1.xlsx")
    write_excel(report, EN, tmp_path / "2.xlsx")

    assert (tmp_path / "1.xlsx").read_bytes() == (tmp_path / "2.xlsx").read_bytes()


def test_json_keeps_names_as_they_are(hostile_report: Report) -> None:
    """JSON has quoting of its own: what is stored comes out."""
    document = msgspec.json.decode(to_json(hostile_report))

    locations = {video["location"] for video in document["videos"]}
    assert {name for name in HOSTILE if name.isascii()} <= locations
    assert document["format"] == 4


def test_every_exported_column_is_documented(engine: Engine) -> None:
    """The row-level export has exactly the columns that are described."""
    table = pd.concat(face_tables([engine], Selection()))

    assert list(table.columns) == list(FACE_COLUMNS)
    assert all(FACE_COLUMNS.values())


def test_faces_as_parquet(engine: Engine, report: Report, tmp_path: Path) -> None:
    """One row a face, with the types of the columns."""
    pytest.importorskip("pyarrow", reason="needs the extra parquet")

    rows = write_faces([engine], Selection(), tmp_path / "x.parquet", parquet=True)

    table = pd.read_parquet(tmp_path / "x.parquet")
    assert rows == len(table) == report.overall.faces + report.no_face
    assert {table[name].dtype.name for name in ("p_happy", "readable", "turn")} == {"float64"}


@pytest.mark.parametrize("width", [60, 80, 160])
def test_terminal_tables_show_names_as_they_are(hostile_report: Report, width: int) -> None:
    """Square brackets are no markup, control characters are visible, and no line is wider than the terminal."""
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    for table in tables(hostile_report, EN, width):
        console.print(table)

    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[red]rich[/red]" in text or width < 80
    assert "\u202e" not in text
    assert "\x01" not in text


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("=1+1", "'=1+1"), ("  @x", "'  @x"), ("-", "'-"), ("quay", "quay"), ("a=b", "a=b"), ("", ""),
        ("\uff1d1+1", "'\uff1d1+1"), ("\uff0b1", "'\uff0b1"), ("\uff0d1", "'\uff0d1"), ("\uff20A1", "'\uff20A1"),
        ("\u3000\uff1d1", "'\u3000\uff1d1"),
        ("\n=1", "'\n=1"), ("\r=1", "' =1"), ("\t=1", "'\t=1"), ("\xa0=1", "'\xa0=1"), ("\u202e=1", "'\u202e=1"),
        ("\ufeff=1", "'\ufeff=1"), ("\n", "'\n"), ("x\n=1", "x\n=1"),
    ],
)  # fmt: skip
def test_formulas_are_neutralised(name: str, safe: str) -> None:
    """Only what a spreadsheet would read as a formula is changed."""
    assert cell(name) == safe


def test_hidden_characters_become_visible() -> None:
    """A name that would turn the text around says so."""
    assert visible("\u202egnp.exe") == "<U+202E>gnp.exe"
    assert visible("Quán cà phê") == "Quán cà phê"
