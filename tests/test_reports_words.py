"""Words: both languages say everything, with the same facts in them."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from string import Formatter

import pytest

import reports
from pipeline.plurals import count
from reports.words.words import Language, Words, keys

FOLDER = Path(reports.__file__).parent
PARTS = [tomllib.loads(path.read_text("utf-8")) for path in sorted((FOLDER / "words").glob("*.toml"))]
CATALOGUE = {key: entry for part in PARTS for key, entry in part.items()}
EN, VI = Words(Language.EN), Words(Language.VI)


@pytest.mark.parametrize("key", keys())
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    """No figure is lost in translation."""
    entry = CATALOGUE[key]

    assert set(entry) == {"en", "vi"}
    assert set(re.findall(r"{(\w+)}", entry["en"])) == set(re.findall(r"{(\w+)}", entry["vi"]))
    assert entry["en"].strip()
    assert entry["vi"].strip()


@pytest.mark.parametrize("key", keys())
def test_of_one_no_plural_is_said(key: str) -> None:
    """Whatever number stands before a word; bounds such as `fewer than 30 faces` are never one."""
    names = {name for _, name, _, _ in Formatter().parse(CATALOGUE[key]["en"]) if name}
    said = EN(key, **dict.fromkeys(names, "1"))

    nouns, adjectives = "faces|frames|videos|visits|cameras|pictures|corners|ways", "sampled|readable|labelled|answered"
    assert not re.search(rf"(?<!than )(?<!or )\b1 (?:(?:{adjectives}) )?(?:{nouns})\b", said)


def test_words_follow_their_number() -> None:
    """One face, no faces, a thousand faces; Vietnamese nouns have no plural."""
    assert [EN("n_faces", n=EN.number(n)) for n in (0, 1, 2, 1204)] == ["0 faces", "1 face", "2 faces", "1,204 faces"]
    assert VI("n_faces", n="1") == "1 khuôn mặt"
    assert EN("find_none_readable", n="1") == "1 face was found, and it cannot be read."
    assert [count(1, "video"), count(1204, "video"), count(2, "entry", "entries")] == [
        "1 video", "1,204 videos", "2 entries",
    ]  # fmt: skip


def test_no_key_stands_in_two_files() -> None:
    """One thing has one word."""
    assert len(CATALOGUE) == sum(map(len, PARTS)) == len(keys())


def test_every_key_in_the_code_is_in_the_catalogue_and_every_entry_is_used() -> None:
    """Nothing is missing and nothing is left over."""
    code = "\n".join(path.read_text("utf-8") for path in FOLDER.rglob("*") if path.suffix in (".py", ".html"))
    literal = set(re.findall(r"words\(\s*\"(\w+)\"", code))
    families = re.compile(r"by_|unit_|data_|gate_|zone_|sheet_|means_|source_")

    quoted = set(re.findall(r"[\"'](\w+)[\"']", code))
    unused = {key for key in keys() if key not in quoted and not families.match(key)}

    assert literal <= set(keys())
    assert unused <= {"done", "partial", "failed", "running"}


def test_numbers_and_dates_are_written_as_the_language_does() -> None:
    """12,345.6 and 26 March 2024; 12.345,6 and 26/03/2024."""
    moment = datetime(2024, 3, 26, 9, 5)  # noqa: DTZ001

    assert (EN.number(12345.6, 1), VI.number(12345.6, 1)) == ("12,345.6", "12.345,6")
    assert (EN.percent(0.1234), VI.percent(0.1234)) == ("12.3\u00a0%", "12,3\u00a0%")
    assert (EN.moment(moment), VI.moment(moment)) == ("26 March 2024, 09:05", "26/03/2024, 09:05")
    assert EN.points(-0.0123) == "\N{MINUS SIGN}1.2"
    assert EN.points(0.0001) == "0.0"
    assert EN.interval(None, None) == "\N{EN DASH}"
    assert VI.listing(["a", "b", "c"]) == "a, b và c"


def test_the_text_speaks_of_expressions_never_of_feelings() -> None:
    """The only sentence with feelings in it says that expressions are not feelings."""
    for key, entry in CATALOGUE.items():
        if key not in ("limit_feelings", "law_staff"):
            assert not re.search(r"\bfeel|emotion|mood", entry["en"], re.IGNORECASE), key
            assert "cảm xúc" not in entry["vi"], key
