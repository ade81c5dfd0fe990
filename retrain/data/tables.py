"""A csv as people, spreadsheets and programs save it: read where it is plain what is meant, else what to change.

Read as they are: plain and gzip by content, a byte order mark, all line ends, and column names in any case and between
spaces. All else is refused with one line: a guess about labels or pixels would teach a network something wrong.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from pipeline.errors import DataError
from pipeline.formats import GZIP, LFS_POINTER, PACKED, PAGE, PICTURE, TAR, ZIP, name_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import IO, TextIO

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright strokes", ":": "colons"}
START_BYTES = 4096
WIDE = 100
"""More columns than any table of ours: each pixel has one of its own."""

AS_CSV = "Save it as CSV with commas, in UTF-8 (in Excel: 'CSV UTF-8 (comma delimited)')"
UNPACK = "Unpack it, and name the csv inside"
ADVICE = {
    ZIP: f"{UNPACK}.",
    GZIP: f"{UNPACK}.",
    TAR: f"{UNPACK} (tar -xf).",
    **dict.fromkeys(PACKED, f"{UNPACK}."),
    PICTURE: "Name the folder that has a sub-folder of pictures for each expression.",
    PAGE: "The download went wrong, perhaps for want of a login: download the csv again.",
    LFS_POINTER: "Fetch the file: git lfs pull.",
}


@contextmanager
def open_table(
    path: Path, columns: Sequence[str], hints: Sequence[tuple[str, str]] = ()
) -> Iterator[csv.DictReader[str]]:
    """A csv, plain or gzip, by its column names in lower case and without spaces around them.

    Args:
        path: of the csv.
        columns: that it must have.
        hints: a column by which another kind of file is known, and what to do with it.

    Raises:
        DataError: it cannot be read, is something else, or lacks a column; says what to change.
    """
    try:
        with _open_bytes(path) as content, io.TextIOWrapper(content, "utf-8-sig", newline="") as stream:
            table = _begin(path, stream, columns, hints)
            try:
                yield table
            except csv.Error as error:
                raise DataError(
                    f"{path}, line {table.line_num}: expected a row of the csv; {error}. A quote may be open there or "
                    "above, or a face have more than 48 by 48 pixels."
                ) from error
    except UnicodeDecodeError as error:
        found = f"found a byte {error.object[error.start]:#04x} that is none"
        raise DataError(f"{path}: expected a csv file, plain or gzip, in UTF-8; {found}. {AS_CSV}.") from error
    except (OSError, EOFError, csv.Error, zlib.error) as error:
        raise DataError(f"{path}: expected a csv file, plain or gzip; it cannot be read: {error}.") from error


@contextmanager
def _open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The csv's own bytes, unpacked if they are gzip; what is no text is refused by its name."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
        file.seek(0)
        if name_format(start) != GZIP:
            if path.suffix.lower() == ".gz" and not name_format(start):
                raise DataError(
                    f"{path}: expected a csv file, plain or gzip; it is not gzip, though its name says so. Leave .gz "
                    "off the name, or pack it."
                )
            _expect_text(path, start, "")
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            start = unpacked.read(START_BYTES)
            _expect_text(path, start, " in the gzip")
            unpacked.seek(0)
            yield cast("IO[bytes]", unpacked)


def _expect_text(path: Path, start: bytes, where: str) -> None:
    """Refuse what is no text, with the way to a csv.

    Raises:
        DataError: it is empty, or in a format of another kind.
    """
    if not start.strip():
        raise DataError(f"{path}: expected a csv file, plain or gzip; it is empty{where}. Download or save it again.")
    found = name_format(start)
    if found is None and b"\0" in start:
        found = "a file of another program"
    if found:
        advice = _list_csvs(path) if found == ZIP and not where else ADVICE.get(found, f"{AS_CSV}.")
        raise DataError(f"{path}: expected a csv file, plain or gzip; found {found}{where}. {advice}")


def _list_csvs(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if name.lower().endswith((".csv", ".csv.gz"))]
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        inside = []
    return f"{UNPACK}: {', '.join(inside[:3])}." if inside else f"{UNPACK}."


def _begin(path: Path, stream: TextIO, columns: Sequence[str], hints: Sequence[tuple[str, str]]) -> csv.DictReader[str]:
    """The table behind its header, which must have the columns."""
    table: csv.DictReader[str] = csv.DictReader(stream, skipinitialspace=True)
    names = [name.strip().lower() for name in table.fieldnames or ()]
    missing = [name for name in columns if name not in names]
    if missing:
        known = [hint for column, hint in hints if column in names]
        advice = known[0] if known else _explain_header(names, columns)
        raise DataError(f"{path}: expected the columns {', '.join(columns)}; {', '.join(missing)} not found. {advice}")
    twice = next((name for name in columns if names.count(name) > 1), None)
    if twice:
        raise DataError(f"{path}: expected each column once; found {twice} {names.count(twice)} times. Take one out.")
    table.fieldnames = names
    return table


def _explain_header(names: Sequence[str], columns: Sequence[str]) -> str:
    """What a first line that is no header of ours looks like, and what to do."""
    line = ",".join(names)
    if line.startswith("sep="):
        return "The first line is Excel's own: take it out, and save with commas between the columns."
    for mark, word in SEPARATORS.items():
        if set(columns[:2]) <= {part.strip(" \"'") for part in line.split(mark)}:
            return f"Found {word} between the columns: save it with commas."
    if len(names) > WIDE:
        return f"Found {len(names):,} columns: write the pixels of a face into one column, with spaces between them."
    if _is_row(names):
        return f"The first line is a row already: put a header above it, {','.join(columns[:2])} and so on."
    return f"Found {', '.join(names)[:200] or 'an empty line'}: give the columns these names."


def _is_row(names: Sequence[str]) -> bool:
    return any(len(name.split()) > WIDE or name.replace(".", "", 1).isdecimal() for name in names)
