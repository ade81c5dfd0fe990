"""What the privacy officer is told and gets to print: `fer-video privacy` and `fer-video notice`."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from fixtures_reports import Clip, make_database

from pipeline.privacy.names import looks_personal, personal_names
from pipeline.store.schema import Base

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    clips = [Clip("a.mp4", seconds=30, location="quay"), Clip("b.mp4", seconds=30, location="Nguyễn Văn An")]
    make_database(tmp_path / "fer-video.db", clips).dispose()
    (tmp_path / "fer-video.db").chmod(0o644)
    return tmp_path / "fer-video.db"


def test_every_table_and_place_is_told_with_its_rows(database: Path, fer_video: Command):
    """Each table of the schema stands there with what its rows are and how many there are, counted in the database."""
    told = json.loads(fer_video("privacy", "--json").stdout)

    with closing(sqlite3.connect(database)) as connection:
        counted = {
            table.name: connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
            for table in Base.metadata.sorted_tables
        }
        faces = dict(
            connection.execute("SELECT location, sum(faces) FROM frames JOIN videos ON id = video_id GROUP BY 1")
        )
    assert {one["name"]: one["rows"] for one in told["tables"]} == counted
    assert all(one["is_about"].endswith(".") for one in told["tables"])
    assert {one["location"]: one["faces"] for one in told["places"]} == faces
    assert "No picture of a face" in told["never_kept"]


def test_what_should_be_otherwise_is_told(database: Path, fer_video: Command, tmp_path: Path):
    """A database that others can read, places without a retention and names of people are said with what to do."""
    said = fer_video("privacy").stdout

    assert "others, too; 'chmod 600' ends that (0644)" in said
    assert 'write retention = "30d" in cameras.toml' in said
    assert "Nguyễn Văn An" in said.split("Names that look like a person's")[1]
    assert "What left the machine" in said
    assert "unshare -rn" in said


TOLD = """
[[camera]]
pattern = "a*"
  [[camera.blank]]
  why = "staff"
  polygon = [[0.6, 0.2], [1.0, 0.2], [1.0, 1.0]]
  [[camera.zone]]
  name = "hàng đợi"
  kind = "queue"
  min_s = 3.5
  polygon = [[0.1, 0.3], [0.5, 0.3], [0.5, 0.75]]
"""


def test_areas_are_told_for_each_camera(database: Path, fer_video: Command, tmp_path: Path):
    """Whether staff come into the picture, what is blanked and why, zones, who said it, and rows from before that."""
    (tmp_path / "cameras.toml").write_text(TOLD, "utf-8")
    before = fer_video("privacy").stdout.split("What of their pictures is looked at")[1]
    told = fer_video("areas", "--cameras", "cameras.toml")
    assert told.returncode == 0, told.stderr

    said = fer_video("privacy").stdout.split("What of their pictures is looked at")[1].split("Who may read")[0]
    pictures = json.loads(fer_video("privacy", "--json").stdout)["pictures"]

    assert "nothing was said; whether staff are in the picture is unknown" in before
    other, quay = said.split("quay, door (1 video): ")
    assert "staff are blanked" in quay
    assert "blanked, for staff: (0.6, 0.2) (1, 0.2) (1, 1)" in quay
    assert "zone hàng đợi (queue), counted from 3.5 s: (0.1, 0.3) (0.5, 0.3) (0.5, 0.75)" in quay
    assert "cameras.toml" in quay
    assert "1 video has rows of other blanked areas than these: run 'fer-video analyze' on them." in quay
    assert "nothing was said" in other
    assert [(one["location"], one["areas"]["staff"], one["seen"]) for one in pictures] == [
        ("Nguyễn Văn An", "unknown", 0),
        ("quay", "blanked", 1),
    ]


@pytest.mark.parametrize(
    "name",
    ["Nguyễn Văn An", "nguyen_van_an", "TranThiHoa", "Lê Minh", "anna", "John Smith", "phone of Anna_Miller",
     "Mr Brown", "Đỗ Hoà", "Chi Lan", "ho ngoc ha", "vũ đức đam", "le thi b", "chị Hoa", "anh Tuấn", "anh_tuan",
     "Ngọc Anh", unicodedata.normalize("NFD", "Trần Thị Mỹ Lệ"), "bùi-thị-xuân", "Hồ Xuân Hương"],
)  # fmt: skip
def test_names_of_people_are_noticed(name: str):
    """Vietnamese and Western names, with and without accents, capitals and spaces."""
    assert looks_personal(name)


@pytest.mark.parametrize(
    "name",
    ["quay", "front door", "cam 3", "Do_Camera", "cafe", "2024-03-26", "NVR_ch1_main", "shop", "Cửa hàng", "Hà", "D04",
     "checkout", "le cafe", "sample_videos", "", "Hà Nội", "Đà Nẵng", "Hồ Gươm", "quầy thu ngân", "Cửa chính", "Tầng 1",
     "chi nhánh 2", "Chi nhánh Vinh", "Bưu điện Vinh", "Siêu thị", "lối vào"],
)  # fmt: skip
def test_names_of_places_are_not(name: str):
    """Places, cameras, recorders and dates are left alone."""
    assert not looks_personal(name)


def test_each_part_of_a_path_is_looked_at():
    """Folders and file names count, each for itself, and so do locations and cameras."""
    found = personal_names(["/srv/Nguyen Van An/door.mp4", "clips/Anna.mp4"], ["quay", "Phạm Thu"])

    assert found == ["Anna", "Nguyen Van An", "Phạm Thu"]


SIGN = ("notice", "--controller", "Quán <An> & Co, 1 Bến Vân Đồn", "--contact", "an@example.com")


def test_the_sign_is_one_page_that_needs_nothing(fer_video: Command, tmp_path: Path):
    """Both languages, in the order asked for, what was given with its letters escaped, and no address to load from."""
    done = fer_video(*SIGN, "--lang", "vi,en", "--retention", "30d")
    page = (tmp_path / "notice.html").read_text("utf-8")

    assert done.returncode == 0, done.stderr
    assert re.findall(r'<section lang="(\w+)"', page) == ["vi", "en"]
    assert page.count("Quán &lt;An&gt; &amp; Co, 1 Bến Vân Đồn") == page.count("an@example.com") == 2
    assert "30 ngày" in page
    assert "30 days" in page
    assert not re.search(r"https?:|src=|href=|<script|url\(", page)


def test_what_is_not_said_is_a_line_to_fill_in(fer_video: Command, tmp_path: Path):
    """Without a retention the sign claims none, and the person is told."""
    done = fer_video(*SIGN, "--lang", "en", "--purpose", "Queues", "--out", "door.html")

    page = (tmp_path / "door.html").read_text("utf-8")
    assert "____" in page
    assert "Queues" in page
    assert "fill it in, or add --retention" in done.stderr


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("--lang", "de"), "--lang: expected languages such as vi,en, of en, vi; found 'de'"),
        (("--lang", ","), "--lang: expected languages"),
        (("--controller", " "), "--controller: expected a name or address to print on the sign"),
        (("--retention", "soon"), "--retention: expected hours, days, weeks or years, such as 72h"),
        (("--out", "none/x.html"), "none/x.html: cannot be written"),
    ],
)
def test_a_sign_that_would_be_wrong_is_not_written(
    fer_video: Command, tmp_path: Path, words: tuple[str, ...], answer: str
):
    """Unknown languages, empty names, times that are none and places that cannot be written are refused."""
    done = fer_video(*SIGN, *words)

    assert done.returncode == 2
    assert answer in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("section", ["en", "vi"])
def test_both_languages_say_the_same(section: str):
    """Every word is there in each language."""
    from pipeline.privacy.notice import _words

    assert set(_words()[section]) == set(_words()["en"])
    assert all(_words()[section].values())
