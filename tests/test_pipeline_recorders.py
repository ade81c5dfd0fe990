"""Recorders' file names: what the presets and patterns read, and what a pattern that fits nothing is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.places.cameras import read_cameras
from pipeline.places.locate import PlaceOptions, locate
from pipeline.places.recorders import PRESETS, recognise
from pipeline.places.sayings import sayings

NINE = datetime(2024, 3, 26, 9)  # noqa: DTZ001 - a wall clock
HALF_PAST_12 = datetime(2024, 3, 26, 9, 12, 34, tzinfo=UTC)
NAMES = [
    ("hikvision", "192.168.1.64_01_20240326090000.mp4", NINE, "192.168.1.64_01"),
    ("hikvision", "192.168.1.64_01_20240326090000123_MOTION.jpg", NINE.replace(microsecond=123000), "192.168.1.64_01"),
    ("hikvision", "ch01_20240326090000.mp4", NINE, "ch01"),
    ("hikvision", "D1_S20240326090000_E20240326093000.mp4", NINE, "D1"),
    ("hikvision", "Camera 01_20240326090000_20240326093000.mp4", NINE, "Camera 01"),
    ("dahua", "XVR_ch1_main_20240326090000_20240326093000.mp4", NINE, "ch1"),
    ("dahua", "NVR_ch12_sub_20240326090000_20240326093000.dav", NINE, "ch12"),
    ("kbvision", "KX-7108_ch2_main_20240326090000_20240326093000.dav", NINE, "KX-7108_ch2"),
    ("dahua", "6K0/2024-03-26/001/dav/09/09.00.00-09.30.00[M][0@0][0].dav", NINE, "001"),
    ("dahua", "6K0/2024-03-26/001/jpg/09/00/00[M][0@0][0].jpg", NINE, "001"),
    ("reolink", "RecM01_20240326_090000_093000_HASH.mp4", NINE, None),
    ("reolink", "Mp4Record/2024-03-26/RecS02_DST20240326_090000_093000_0_2B14808_32F1DF.mp4", NINE, None),
    ("reolink", "RLC-410_00_20240326090000.mp4", NINE, "RLC-410_00"),
    ("frigate", "2024-03-26/09/front_door/12.34.mp4", HALF_PAST_12, "front_door"),
    ("axis", "axis-ACCC8E012345_20240326_090000_1A2B.mkv", NINE, "axis-ACCC8E012345"),
    (
        "axis",
        "20240326_085900_1A2B_ACCC8E012345/20240326_09/20240326_090000_3C4D.mkv",
        NINE,
        "ACCC8E012345",
    ),
    ("axis", "Entrance 2024-03-26 09-00-00.mp4", NINE, "Entrance"),
    ("unifi", "Front Door - 3-26-2024, 9.00.00 AM.mp4", NINE, "Front Door"),
    ("unifi", "Front Door - 3-4-2024, 9.00.00\u202fPM.mp4", datetime(2024, 3, 4, 21), "Front Door"),  # noqa: DTZ001
    ("unifi", "Front Door - 26-3-2024, 09.00.00.mp4", NINE, "Front Door"),
    (
        "unifi",
        "Front Door 3-26-2024, 9.00.00 AM GMT+7 - 3-26-2024, 9.30.00 AM GMT+7.mp4",
        NINE.replace(tzinfo=timezone(timedelta(hours=7))),
        "Front Door",
    ),
    ("unifi", "F09FC2012345_0_rotating_1711443600000.mp4", NINE.replace(tzinfo=UTC), "F09FC2012345"),
    ("unifi", "F09FC2012345_0_rotating_2024-03-26T09.00.00Z.mp4", NINE.replace(tzinfo=UTC), "F09FC2012345"),
    ("unifi", "Front_Door_1711443600000_1711445400000.mp4", NINE.replace(tzinfo=UTC), "Front_Door"),
    ("android", "VID_20240326_090000.mp4", NINE, None),
    ("android", "VID_20240326_090000_00_001.mp4", NINE, None),
    ("android", "VID_20240326_090000~2.mp4", NINE, None),
    ("android", "VID20240326090000.mp4", NINE, None),
    ("android", "IMG_20240326_090000.jpg", NINE, None),
    ("android", "MVIMG_20240326_090000.jpg", NINE, None),
    ("android", "IMG_20240326_090000123_HDR.jpg", NINE.replace(microsecond=123000), None),
    ("android", "20240326_090000.mp4", NINE, None),
    ("android", "20240326_090000(0).mp4", NINE, None),
    ("pixel", "PXL_20240326_090000000.mp4", NINE.replace(tzinfo=UTC), None),
    ("pixel", "PXL_20240326_090000123.TS.mp4", NINE.replace(tzinfo=UTC, microsecond=123000), None),
    ("pixel", "PXL_20240326_090000123~2.jpg", NINE.replace(tzinfo=UTC, microsecond=123000), None),
    ("blueiris", "Entrance.20240326_090000.mp4", NINE, "Entrance"),
    ("motioneye", "Camera1/2024-03-26/09-00-00.mp4", NINE, "Camera1"),
    ("shinobi", "2024-03-26T09-00-00.mp4", NINE, None),
    ("xiaomi", "2024032616/00M00S_1711443600.mp4", NINE.replace(tzinfo=UTC), None),
]
NOT_READ = (
    "ch01_00000000000000113.mp4", "hiv00012.mp4", "09.00.00-09.30.00[M][0@0][0].dav", "walking.mp4", "VID_0012.mp4",
    "Front Door - 3-4-2024, 09.00.00.mp4", "shop_20241326990000.mp4", "clip_1711443600.mp4", "2024-03-26/09/12.34.mp4",
    "192.168.1.64_01_20241326090000.mp4", "order_20240326.mp4", "IMG_1234.MOV", "VID-20240326-WA0001.mp4",
    "IMG_20241326_090000.jpg", "PXL_20240326.mp4",
)  # fmt: skip


@pytest.mark.parametrize(("recorder", "name", "start", "camera"), NAMES)
def test_usual_names_are_recognised(tmp_path: Path, recorder: str, name: str, start: datetime, camera: str | None):
    """The usual names of each maker tell when and, where they name it, which camera; unasked, and it is said."""
    place = locate(tmp_path / "shop" / name, None, PlaceOptions(timezone="Asia/Ho_Chi_Minh"))

    assert recorder in recognise(f"/shop/{name}").recorders
    assert place.started_at is not None
    assert place.started_at.replace(tzinfo=start.tzinfo) == start
    assert start.tzinfo is None or place.started_at.utcoffset() == start.utcoffset()
    assert (place.start_source, place.start_is_guess) == ("file name", False)
    assert recorder in str(place.recorder)
    assert place.camera == (camera or Path(name).stem)


@pytest.mark.parametrize("name", NOT_READ)
def test_other_names_are_left_alone(tmp_path: Path, name: str):
    """Numbers that are no time, a day without an hour, and days that could be months are not read."""
    assert locate(tmp_path / name, None, PlaceOptions()).started_at is None


def test_each_name_fits_one_way(tmp_path: Path):
    """No usual name is read in two ways; Dahua's recorders under another name are the same reading."""
    for _, name, _, _ in NAMES:
        assert recognise(str(tmp_path / name)).said is not None


def test_the_recorders_folders_are_no_location(tmp_path: Path):
    """The location is the folder in which a recorder's own folders begin."""
    for name in ("2024-03-26/09/front_door/12.34.mp4", "2024-03-26/001/dav/09/09.00.00-09.30.00[M][0@0][0].dav"):
        assert locate(tmp_path / "quay" / name, None, PlaceOptions()).location == "quay"


def test_our_own_form_comes_first(tmp_path: Path):
    """LOCATION__CAMERA__START holds against what the rest of the name looks like."""
    place = locate(tmp_path / "shop__till_01_20240326090000__2025-01-01T10-00.mp4", None, PlaceOptions())

    assert (place.location, place.camera, place.recorder) == ("shop", "till_01_20240326090000", None)
    assert place.started_at is not None
    assert place.started_at.year == 2025


def _place(folder: Path, name: str, pattern: str):
    (folder / "cameras.toml").write_text(f"[[camera]]\npattern = '*'\nstart_pattern = '{pattern}'\n", "utf-8")
    return locate(folder / name, None, PlaceOptions(cameras=folder / "cameras.toml"))


@pytest.mark.parametrize(
    ("name", "pattern", "camera"),
    [
        ("kx_0042_20240326090000.mp4", "*_%Y%m%d%H%M%S", None),
        ("kx_0042_20240326090000_end.mp4", "kx_????_%Y%m%d%H%M%S_*", None),
        ("a_20240326090000_20240326093000.mp4", "a_%Y%m%d%H%M%S_%Y%m%d%H%M%S", None),
        ("a_20240326090000_20240326093000.mp4", "*_%Y%m%d%H%M%S_*", None),
        ("2024-03-26/door/09.00.00.mp4", "%Y-%m-%d/*/%H.%M.%S", None),
        ("2024-03-26/x/y/09.00.00.mp4", "%Y-%m-%d/**/%H.%M.%S.mp4", None),
        ("26-Mar-2024 9.00.00 AM.mp4", "%d-%b-%Y %I.%M.%S %p", None),
        ("240326-0900.mp4", "%y%m%d-%H%M", None),
        ("gate_1711443600.mp4", "*_%s", None),
        ("gate_1711443600000.mp4", "gate_%s", None),
        ("gate#20240326T0900#x.mp4", r"(?P<camera>\w+)#(?P<start>\d{8}T\d{4})", "gate"),
        ("20240326/gate/0900.mp4", r"(?P<date>\d{8})/(?P<camera>\w+)/(?P<time>\d{4})", "gate"),
        ("26.03.2024_gate_9h.mp4", r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d{4})_\w+_(?P<hour>\d+)h", None),
        ("u1711443600x.mp4", r"u(?P<unix>\d{10})", None),
        ("192.168.1.64_01_20240326090000.mp4", "hikvision", "192.168.1.64_01"),
    ],
)
def test_patterns_skip_what_is_no_start(tmp_path: Path, name: str, pattern: str, camera: str | None):
    """Wildcards, folders, a second date, Unix time, named groups and recorders' names: each tells the same start."""
    place = _place(tmp_path, name, pattern)

    assert place.started_at is not None
    utc = "%s" in pattern or "unix" in pattern
    assert place.started_at.astimezone(UTC if utc else place.started_at.tzinfo).replace(tzinfo=None) == NINE
    assert place.start_source == "cameras.toml"
    assert camera is None or place.camera == camera


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("hikvison", "one of hikvision, .* does not tell year, month and day"),
        ("*_%Y_%Q", "there is no '%Q'"),
        (r"(?P<year>\d+)(?P<day>\d", "is none"),
        (r"(?P<hour>\d\d)", "does not tell year, month and day"),
        (r"(?P<start>\d+)(?P<kamera>x)", "there is no group 'kamera'; there are camera"),
    ],
)
def test_patterns_that_cannot_be_read(tmp_path: Path, pattern: str, message: str):
    """A pattern that tells no day, or says what nobody knows, is an error that says what there is."""
    (tmp_path / "c.toml").write_text(f"[[camera]]\npattern = '*'\nstart_pattern = '{pattern}'\n")

    with pytest.raises(UsageError, match=message):
        read_cameras(tmp_path / "c.toml")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("shop_%Y%m%d", "'shop_%Y%m%d' fits none of 2 files. Nearest: shop-20240326.mp4, differs at position 5: "
         "expected '_'."),
        ("shop-%Y-%m-%d", "differs at position 10: expected '-'"),
        ("*-%Y%m%d_%H", "differs at position 14: expected '_'"),
        (r"(?P<start>\d{14})", "fits none of 2 files. The first is"),
        ("axis", "fits none of 2 files. The first is"),
    ],
)  # fmt: skip
def test_a_pattern_that_fits_nothing_is_told_the_nearest_miss(tmp_path: Path, pattern: str, said: str):
    """It says how far the pattern gets in which name, and what it expected there."""
    (tmp_path / "cameras.toml").write_text(f"[[camera]]\npattern = '*.mp4'\nstart_pattern = '{pattern}'\n")
    videos = [tmp_path / "door.mp4", tmp_path / "shop-20240326.mp4"]

    (line,) = sayings(videos, PlaceOptions())

    assert said in line
    (tmp_path / "cameras.toml").write_text("[[camera]]\npattern = 'shop_*'\n")
    (line,) = sayings(videos, PlaceOptions())
    assert "matches none of the inputs. Nearest: shop-20240326.mp4, differs at position 5: expected '_'." in line


def test_what_was_read_unasked_is_said(tmp_path: Path):
    """One line for each recorder, with how many names are like its."""
    videos = [
        tmp_path / name for name in ("RecM01_20240326_090000_093000_A.mp4", "a.mp4", "x/2024-03-26/09/d/12.34.mp4")
    ]

    lines = list(sayings(videos, PlaceOptions()))

    assert [line.split(". ")[0] for line in lines] == [
        "the start is read from 1 of 3 file names, which are like those of reolink",
        "the start is read from 1 of 3 file names, which are like those of frigate; its folders are in UTC",
    ]


def test_presets_are_those_that_are_promised():
    """The names that a start_pattern can be."""
    recorders = {"hikvision", "dahua", "reolink", "frigate", "kbvision", "axis", "unifi"}
    others = {"android", "pixel", "blueiris", "motioneye", "shinobi", "xiaomi"}

    assert set(PRESETS) == recorders | others
