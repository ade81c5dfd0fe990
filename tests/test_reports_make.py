"""One call makes a report, as a web page would ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures_reports import CHAIN, Clip, make_database

from pipeline.errors import NoInputError, SettingError, StoreError
from reports.make import Files, Question, make
from reports.numbers.selection import Selection
from reports.page.html import render
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

    from reports.numbers.report import Report

WORDS = Words(Language.EN)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database of five clips."""
    make_database(tmp_path / "shop.db", list(CHAIN[:2] + CHAIN[-3:]))
    return str(tmp_path / "shop.db")


def test_one_call_gives_the_numbers_and_prints_nothing(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The report comes back, a page can be made of it, and neither stream has a word."""
    report = make([database], Question(by="camera", title="Spring", min_group=1), WORDS)

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

    make([database], Question(min_group=1), WORDS, files, on_written=tell)

    assert told == files.named()
    assert {path.name for path in tmp_path.iterdir()} == {"shop.db", "a.html", "a.csv", "a.json", "f.csv"}


def test_wrong_questions_name_settings_and_no_flags(database: str, tmp_path: Path) -> None:
    """A setting that cannot be followed is named as the function's, with what was found."""
    with pytest.raises(SettingError) as comparison:
        make([database], Question(compare="a:b", min_group=1), WORDS)
    with pytest.raises(SettingError) as workbook:
        make([database], Question(min_group=1), WORDS, Files(excel=tmp_path / "a.ods"))

    assert (comparison.value.setting, workbook.value.setting) == ("compare", "excel")
    assert "--" not in f"{comparison.value}{workbook.value}"


def test_nothing_to_report_is_an_error(database: str, tmp_path: Path) -> None:
    """A database without videos, and a name without a database, are told apart."""
    make_database(tmp_path / "empty.db", [])

    with pytest.raises(NoInputError, match="nothing to report"):
        make([str(tmp_path / "empty.db")], Question(min_group=1), WORDS)
    with pytest.raises(StoreError, match="found none"):
        make([database, str(tmp_path / "none.db")], Question(Selection(), min_group=1), WORDS)


@pytest.mark.parametrize("source", ["guessed", "container of before 0.4"])
def test_guessed_starts_are_in_no_hour_unless_asked(tmp_path: Path, source: str) -> None:
    """A video whose start is a guess is marked on the page and counted by hour and weekday only on demand."""
    engine = make_database(tmp_path / "shop.db", [Clip("a.mp4"), Clip("b.mp4", camera="till")])
    change = "start_is_guess = 1" if source == "guessed" else "start_source = 'container'"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE videos SET {change} WHERE id = 2")
    questions = (Question(by="hour", min_group=1), Question(by="hour", guessed_starts=True, min_group=1))

    left_out, counted = (make([str(tmp_path / "shop.db")], question, WORDS) for question in questions)

    def in_weeks(report: Report) -> int:
        return sum(sum(map(sum, week.readable)) for week in report.weeks)

    assert in_weeks(left_out) < in_weeks(counted) == counted.overall.readable
    assert [group.name for group in left_out.sections[0].groups] == ["", "09"]
    assert [group.name for group in counted.sections[0].groups] == ["09"]
    assert left_out.overall.faces == counted.overall.faces
    page = render(left_out, WORDS)
    assert page.count("26 March 2024, 09:00 (guess)") >= 1
    assert "The start of 1 of 2 videos is a guess" in page
    assert "(phỏng đoán)" in render(left_out, Words(Language.VI))
    assert "all the same, as was asked" in render(counted, WORDS)
    assert "26 March 2024 (partly a guess)" in page
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE videos SET {change}")
    guessed = render(make([str(tmp_path / "shop.db")], Question(min_group=1), WORDS), WORDS)
    assert "26 March 2024 (a guess: only the time of the files tells)" in guessed
