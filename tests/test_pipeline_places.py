"""Where and when: which source wins, what names look like in the end, and what a wrong cameras.toml is told."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.errors import UsageError
from pipeline.places.cameras import read_cameras, unmatched_patterns
from pipeline.places.inputs import named_folders
from pipeline.places.locate import PlaceOptions, areas_for, camera_file, camera_files, locate
from pipeline.records import VideoInfo

SAIGON = "Asia/Ho_Chi_Minh"
CREATED = datetime(2020, 1, 1, tzinfo=UTC)
INFO = VideoInfo(Path("a.mp4"), 640, 480, 25.0, 10.0, "h264", created_at=CREATED)
FILE = """
timezone = "Europe/Paris"
[[camera]]
pattern = "*.mp4"
location = "from the file"
camera = "door"
timezone = "Asia/Ho_Chi_Minh"
start = 2024-01-02T03:04:05
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one shop's recordings."""
    (tmp_path / "quay").mkdir()
    return tmp_path / "quay"


def _cameras(folder: Path, text: str) -> Path:
    path = folder / "cameras.toml"
    path.write_text(text, "utf-8")
    return path


def test_options_win_over_everything(folder: Path):
    """What the user says on the command line holds against cameras.toml, the file's name and the container."""
    _cameras(folder, FILE)
    options = PlaceOptions("said", "cam", datetime(2025, 5, 5, 5), "America/Bogota")  # noqa: DTZ001

    place = locate(folder / "shop__till__2024-03-26T09-00.mp4", INFO, options)

    assert (place.location, place.camera, place.place_source) == ("said", "cam", "option")
    assert (place.timezone, place.timezone_source) == ("America/Bogota", "option")
    assert place.started_at == datetime(2025, 5, 5, 5, tzinfo=ZoneInfo("America/Bogota"))
    assert place.start_source == "option"


def test_a_folder_out_of_reach_still_has_a_name(folder: Path):
    """Where no cameras.toml can be looked for, the names tell; the video itself fails later, alone."""
    place = locate(folder / ("x" * 300) / "till.mp4", None, PlaceOptions())

    assert (place.location, place.camera) == ("x" * 300, "till")


def test_cameras_file_wins_over_the_name(folder: Path):
    """A cameras.toml beside the videos holds against the file's name; its camera's zone against its own."""
    _cameras(folder, FILE)

    place = locate(folder / "shop__till__2024-03-26T09-00.mp4", INFO, PlaceOptions())

    assert (place.location, place.camera, place.place_source) == ("from the file", "door", "cameras.toml")
    assert (place.timezone, place.timezone_source) == (SAIGON, "cameras.toml")
    assert place.started_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=ZoneInfo(SAIGON))
    assert place.start_source == "cameras.toml"


def test_a_named_cameras_file_replaces_the_one_beside(folder: Path, tmp_path: Path):
    """`--cameras` is used instead of the file beside the videos; its patterns may name folders below its own."""
    _cameras(folder, FILE)
    named = _cameras(tmp_path, '[[camera]]\npattern = "quay/*"\nlocation = "The quay"\n')

    place = locate(folder / "a.mp4", None, PlaceOptions(cameras=named))

    assert (place.location, place.camera) == ("The quay", "a")


def test_the_first_matching_pattern_counts(folder: Path):
    """Patterns are tried from the top."""
    _cameras(folder, '[[camera]]\npattern="a*"\nlocation="A"\n[[camera]]\npattern="*"\nlocation="rest"\n')

    assert [locate(folder / name, None, PlaceOptions()).location for name in ("ab.mp4", "b.mp4")] == ["A", "rest"]


@pytest.mark.parametrize(
    ("stem", "location", "camera", "start"),
    [
        ("shop__till__2024-03-26T09-00", "shop", "till", datetime(2024, 3, 26, 9)),  # noqa: DTZ001
        ("shop__till__2024-03-26T09-00-30", "shop", "till", datetime(2024, 3, 26, 9, 0, 30)),  # noqa: DTZ001
        ("shop__till", "shop", "till", None),
        ("shop__till__second", "shop", "till__second", None),
        ("shop__till__2024-13-45T99-99", "shop", "till", None),
        ("shop__till__0001-01-01T00-00", "shop", "till", None),
        ("shop_till", "quay", "shop_till", None),
        ("__", "quay", "__", None),
    ],
)
def test_the_form_of_file_names(folder: Path, stem: str, location: str, camera: str, start: datetime | None):
    """LOCATION__CAMERA__START is read from the name; what has no such form is the camera in the folder's location."""
    place = locate(folder / f"{stem}.mp4", None, PlaceOptions(timezone=SAIGON))

    assert (place.location, place.camera) == (location, camera)
    assert place.place_source == ("folder" if location == "quay" else "file name")
    assert place.started_at == (start.replace(tzinfo=ZoneInfo(SAIGON)) if start else None)
    assert place.start_source == ("file name" if start else None)


def test_the_containers_time_is_the_last_resort(folder: Path):
    """Without any other start the container's creation time counts, and is named as the source."""
    place = locate(folder / "a.mp4", INFO, PlaceOptions())

    assert (place.started_at, place.start_source) == (CREATED, "container")


def test_nothing_tells_when(folder: Path):
    """A video whose start nobody knows has none, and no source."""
    place = locate(folder / "a.mp4", replace(INFO, created_at=None), PlaceOptions())

    assert (place.started_at, place.start_source) == (None, None)


def test_the_machines_zone_is_said_to_be_that(folder: Path):
    """Without any zone the machine's is taken, as a real IANA zone, and named as such."""
    place = locate(folder / "a__b__2024-03-26T09-00.mp4", None, PlaceOptions())

    assert place.timezone_source == "machine"
    assert ZoneInfo(place.timezone)
    assert place.started_at is not None
    assert place.started_at.utcoffset() is not None


def test_the_files_zone_holds_for_all_its_cameras(folder: Path):
    """A zone at the top of cameras.toml is that of cameras without one of their own, matched or not."""
    _cameras(folder, 'timezone = "Europe/Paris"\n[[camera]]\npattern = "a*"\nlocation = "A"\n')

    zones = {(place.timezone, place.timezone_source) for place in (_place(folder, "a.mp4"), _place(folder, "b.mp4"))}

    assert zones == {("Europe/Paris", "cameras.toml")}


def _place(folder: Path, name: str):
    return locate(folder / name, None, PlaceOptions())


def test_start_patterns_read_recorders_names(folder: Path):
    """A start pattern reads the time out of a recorder's file names; a name that does not fit falls to what is next."""
    _cameras(folder, f'timezone = "{SAIGON}"\n[[camera]]\npattern = "rec*"\nstart_pattern = "rec_%Y%m%d_%H%M%S"\n')

    fits = _place(folder, "rec_20240326_090000.mp4")
    other = locate(folder / "rec_final.mp4", INFO, PlaceOptions())

    assert (fits.started_at, fits.start_source) == (
        datetime(2024, 3, 26, 9, tzinfo=ZoneInfo(SAIGON)),
        "cameras.toml",
    )
    assert other.start_source == "container"


def test_a_start_with_its_own_offset_keeps_it(folder: Path):
    """A start written with an offset is that moment, whatever the zone."""
    _cameras(folder, f'timezone = "{SAIGON}"\n[[camera]]\npattern = "*"\nstart = 2024-03-26T09:00:00-05:00\n')

    started_at = _place(folder, "a.mp4").started_at

    assert started_at is not None
    assert started_at.utcoffset() == timedelta(hours=-5)


def test_accented_names_have_one_form(tmp_path: Path):
    """A location written with combining marks is the same as one written with whole letters."""
    composed = unicodedata.normalize("NFC", "Bến Thành")
    combined = unicodedata.normalize("NFD", composed)
    named = {_place(tmp_path, f"{name}__Cổng__x.mp4").location for name in (composed, combined)}
    foldered = {_place(tmp_path / name, "a.mp4").location for name in (composed, combined)}

    assert named == foldered == {composed}


def test_patterns_match_in_either_form(folder: Path):
    """A pattern in one Unicode form matches files named in the other."""
    _cameras(folder, unicodedata.normalize("NFD", '[[camera]]\npattern = "Cổng*"\nlocation = "gate"\n'))

    assert _place(folder, unicodedata.normalize("NFC", "Cổng 1.mp4")).location == "gate"


def test_names_that_are_no_text(tmp_path: Path):
    """Bytes that are no UTF-8 in a folder's or file's name come as escapes, which every database takes."""
    place = _place(Path(os.fsdecode(os.fsencode(tmp_path) + b"/sh\xffp")), os.fsdecode(b"c\xfem.mp4"))

    assert (place.location, place.camera) == (r"sh\udcffp", r"c\udcfem")


def test_the_folder_of_a_relative_name(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The location is the folder's name, from wherever it is called; its cameras.toml is found from there too."""
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")

    places = [locate(Path(name), None, PlaceOptions()) for name in ("../a.mp4", "a.mp4", "../below/../a.mp4")]
    _cameras(folder, '[[camera]]\npattern = "a*"\nlocation = "A"\n')

    assert [place.location for place in places] == ["quay", "below", "quay"]
    assert locate(Path("../a.mp4"), None, PlaceOptions()).location == "A"


def test_blank_names_count_as_none(folder: Path):
    """An option of blanks is no location."""
    assert locate(folder / "a.mp4", None, PlaceOptions(location="  ", camera="")).location == "quay"


def test_a_changed_file_is_read_again(folder: Path):
    """Editing cameras.toml shows at once."""
    path = _cameras(folder, '[[camera]]\npattern = "*"\nlocation = "first"\n')
    before = _place(folder, "a.mp4").location
    path.write_text('[[camera]]\npattern = "*"\nlocation = "second"\n')
    os.utime(path, ns=(1, 1))

    assert (before, _place(folder, "a.mp4").location) == ("first", "second")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[[camera]]\npattern='*'\nlocatoin='x'",
            "unknown key 'locatoin' in camera 1; expected aspect, blank, camera, location",
        ),
        ("zone='x'", "unknown key 'zone' at the top; expected camera, retention, timezone"),
        ("[camera]\npattern='*'", r"expected \[\[camera\]\] tables with double brackets"),
        ("camera = ['x']", r"expected \[\[camera\]\] tables"),
        ("[[camera]]\nlocation='x'", "expected a pattern in camera 1; found none"),
        ("[[camera]]\npattern=3", "pattern: expected text in quotes; found 3"),
        (
            "[[camera]]\npattern='*'\ntimezone='Saigon'",
            "in camera 1: timezone: expected an IANA time zone .* found 'Saigon'",
        ),
        ("timezone='Asia'", "expected an IANA time zone .* found 'Asia'"),
        ("timezone='../../etc/passwd'", "expected an IANA time zone"),
        ("[[camera]]\npattern='*'\nstart='2024-01-01'", "expected a start such as .* without quotes"),
        ("[[camera]]\npattern='*'\nstart=2024-01-01", "expected a start such as"),
        ("[[camera]]\npattern='*'\nstart=0001-01-01T00:00:00", "expected a start such as"),
        ("[[camera]]\npattern='*'\nstart_pattern='%Q'", "'%Q' is none"),
        ("[[camera]]\npattern='*'\nstart_pattern='%Y%Y'", "'%Y%Y' is none"),
        ("[[camera]]\npattern='*'\nstart_pattern='%'", "'%' is none"),
        ("[[camera]]\npattern='*'\nstart_pattern='%H-%M'", "does not tell year, month and day"),
        ("[[camera]]\npattern='*'\nstart=2024-01-01T00:00:00\nstart_pattern='%Y%m%d'", "found both. Keep one"),
        ("[[camera", "cannot be read"),
        ("a = '\x00'", "cannot be read"),
    ],
)
def test_wrong_camera_files_are_told_what_is_wrong(folder: Path, text: str, message: str):
    """A mistake in cameras.toml is an error that names the file, the place and what was expected."""
    path = _cameras(folder, text)

    with pytest.raises(UsageError, match=message) as caught:
        read_cameras(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "make", [lambda path: path.write_bytes(b"\xff\xfe"), lambda path: path.mkdir(), lambda path: None]
)
def test_unreadable_camera_files(tmp_path: Path, make):
    """A file that is no text, a folder or not there is an error that names it."""
    make(tmp_path / "c.toml")

    with pytest.raises(UsageError, match=r"c\.toml: expected a TOML file of cameras; it cannot be read"):
        locate(tmp_path / "a.mp4", None, PlaceOptions(cameras=tmp_path / "c.toml"))


def test_a_byte_order_mark_is_no_mistake(folder: Path):
    """Editors on Windows begin files with one."""
    path = folder / "cameras.toml"
    path.write_text(FILE, "utf-8-sig")

    assert read_cameras(path).cameras[0].camera == "door"


def test_patterns_that_match_nothing_are_listed(folder: Path):
    """A pattern without a video is most often a spelling mistake."""
    file = read_cameras(_cameras(folder, '[[camera]]\npattern="a*"\n[[camera]]\npattern="till-*"\n'))

    assert unmatched_patterns(file, [folder / "a.mp4", folder / "b.mp4"]) == ["till-*"]


def test_each_cameras_file_is_read_once(folder: Path, tmp_path: Path):
    """Videos of one folder share its cameras.toml; a folder without one has none."""
    path = _cameras(folder, FILE)

    files = camera_files([folder / "a.mp4", folder / "b.mp4", tmp_path / "c.mp4"], PlaceOptions())

    assert [file.path for file in files] == [path]


@pytest.mark.parametrize("start", [datetime(1, 1, 1), datetime(9999, 12, 31)])  # noqa: DTZ001
def test_impossible_starts_are_refused(start: datetime):
    """A start that no camera saw, and that no zone could turn into UTC, is an error."""
    with pytest.raises(UsageError, match="start: expected a year from"):
        PlaceOptions(start=start)


def test_unknown_zones_are_refused():
    """The timezone that is given for all inputs must be a zone."""
    with pytest.raises(UsageError, match=r"^timezone: expected an IANA time zone .* found 'UTC\+7'"):
        PlaceOptions(timezone="UTC+7")


def test_a_camera_file_holds_for_what_lies_below_it(tmp_path: Path) -> None:
    """It is looked for from the video's folder up to the folder that was named, the nearest wins, and no further up."""
    day = tmp_path / "shop" / "left" / "2024-03-26"
    day.mkdir(parents=True)
    outer = _cameras(tmp_path / "shop", '[[camera]]\npattern = "left/*/door.mp4"\nlocation = "Left"\nstaff = "none"')
    _cameras(tmp_path, '[[camera]]\npattern = "*"\nlocation = "never"')
    below = PlaceOptions(roots=(tmp_path / "shop",))

    assert locate(day / "door.mp4", None, below).location == "Left"
    assert str(areas_for(day / "door.mp4", below)) == "staff none"
    assert locate(day / "door.mp4", None, PlaceOptions(roots=(day,))).location == "2024-03-26"
    assert locate(day / "door.mp4", None, PlaceOptions()).location == "2024-03-26"
    assert locate(day / "door.mp4", None, PlaceOptions(roots=(day, tmp_path / "shop"))).location == "Left"
    nearer = _cameras(day.parent, '[[camera]]\npattern = "*/door.mp4"\nlocation = "nearer"')
    assert locate(day / "door.mp4", None, below).location == "nearer"
    assert [file.path for file in camera_files([day / "door.mp4", tmp_path / "shop" / "b.mp4"], below)] == [
        nearer,
        outer,
    ]


def test_a_misspelt_key_further_up_is_refused(tmp_path: Path) -> None:
    """A file that speaks of the videos is read whole, wherever it lies."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    _cameras(tmp_path, "[[camera]]\npattern = '*'\nlocaton = 'x'")

    with pytest.raises(UsageError, match=r"unknown key 'locaton'.* Did you mean 'location'"):
        camera_file(tmp_path / "a" / "b" / "x.mp4", PlaceOptions(roots=(tmp_path,)))


def test_what_was_named_is_a_folder_or_lies_in_one(tmp_path: Path) -> None:
    """Folders, files and patterns: a cameras.toml is looked for up to what stands before the first wildcard."""
    (tmp_path / "a[1]").mkdir()
    (tmp_path / "x.mp4").touch()
    names = [tmp_path / "a[1]", tmp_path / "x.mp4", tmp_path / "s" / "*" / "d" / "*.mp4", tmp_path / "door.mp4#2"]

    assert named_folders(map(str, names)) == (tmp_path / "a[1]", tmp_path, tmp_path / "s")
    assert named_folders(["*.mp4"]) == (Path(),)
