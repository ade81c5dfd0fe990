"""One call makes a report, as a web page would ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures_reports import CHAIN, make_database

from pipeline.errors import NoInputError, SettingError, StoreError
from reports.make import Files, Question, make
from reports.numbers.selection import Selection
from reports.page.html import render
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

WORDS = Words(Language.EN)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database of five clips."""
    make_database(tmp_path / "shop.db", list(CHAIN[:2] + CHAIN[-3:]))
    return str(tmp_path / "shop.db")


def test_one_call_gives_the_numbers_and_prints_nothing(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The report comes back, a page can be made of it, and neither stream has a word."""
    report = make([database], Question(by="camera", title="Spring"), WORDS)

    assert "<title>Spring" in render(report, WORDS)
    assert len(report.videos) == 5
    assert capfd.readouterr() == ("", "")


def test_files_are_written_and_told(database: str, tmp_path: Path) -> None:
    """Each file that is wanted is written whole, and told when it is there."""
    told: list[Path] = []
    files = Files(html=tmp_path / "a.html", csv=tmp_path / "a.csv", json=tmp_path / "a.json", faces=tmp_path / "f.csv")

    def tell(path: Path) -> None:
        assert path.is_file()
        told.append(path)

    make([database], Question(), WORDS, files, on_written=tell)

    assert told == files.named()
    assert {path.name for path in tmp_path.iterdir()} == {"shop.db", "a.html", "a.csv", "a.json", "f.csv"}


def test_wrong_questions_name_settings_and_no_flags(database: str, tmp_path: Path) -> None:
    """A setting that cannot be followed is named as the function's, with what was found."""
    with pytest.raises(SettingError) as comparison:
        make([database], Question(compare="a:b"), WORDS)
    with pytest.raises(SettingError) as workbook:
        make([database], Question(), WORDS, Files(excel=tmp_path / "a.ods"))

    assert (comparison.value.setting, workbook.value.setting) == ("compare", "excel")
    assert "--" not in f"{comparison.value}{workbook.value}"


def test_nothing_to_report_is_an_error(database: str, tmp_path: Path) -> None:
    """A database without videos, and a name without a database, are told apart."""
    make_database(tmp_path / "empty.db", [])

    with pytest.raises(NoInputError, match="nothing to report"):
        make([str(tmp_path / "empty.db")], Question(), WORDS)
    with pytest.raises(StoreError, match="found none"):
        make([database, str(tmp_path / "none.db")], Question(Selection()), WORDS)
