"""When a recording began: tags of recorders and phones, guesses, clocks never set, and hours that are not or twice."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from fakes import number_image, write_video

from pipeline.places.locate import PlaceOptions, locate
from pipeline.records import VideoInfo
from pipeline.video.reader import probe
from pipeline.video.written_times import is_unset, parse_time

SAIGON = PlaceOptions(timezone="Asia/Ho_Chi_Minh")
NINE = datetime(2024, 3, 26, 9)  # noqa: DTZ001 - a wall clock
NINE_UTC = NINE.replace(tzinfo=UTC)
EXPORTED = "2024-05-01T08:00:00Z"


def tagged(path: Path, options: dict[str, str] | None = None, **metadata: str) -> Path:
    """Two seconds of video with these tags."""
    codec = "mpeg4" if path.suffix == ".avi" else "libx264"
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata.update(metadata)
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 192, 160, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(number_image(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def start_of(path: Path) -> tuple[datetime | None, str | None, bool]:
    """In UTC, with its source and whether it is a guess."""
    place = locate(path, probe(path), SAIGON)
    return place.started_at and place.started_at.astimezone(UTC), place.start_source, place.start_is_guess


def put_idit(path: Path, text: bytes) -> Path:
    """Write an IDIT chunk at the end of an avi's header list, in place of as much of the padding behind it."""
    content = bytearray(path.read_bytes())
    chunk = b"IDIT" + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    (size,) = struct.unpack_from("<I", content, 16)
    end = 20 + size
    content[end:end] = chunk
    struct.pack_into("<I", content, 16, size + len(chunk))
    struct.pack_into("<I", content, 4, len(content) - 8)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "text",
    [
        b"Tue Mar 26 09:00:00 2024\n\0",
        b"TUE MAR 26 09:00:00 2024",
        b"2024-03-26 09:00:00",
        b"2024:03:26 09:00:00\0",
        b"2024/ 3/26  9:00AM",
        b"2024/03/26/ 09:00",
        b"2024-03-26  09:00:00\0\0",
    ],
)
def test_avi_idit_is_the_cameras_local_time(tmp_path: Path, text: bytes):
    """IDIT, in each maker's spelling, is local time in the place's zone, and no guess."""
    path = put_idit(tagged(tmp_path / "a.avi"), text)

    assert start_of(path) == (datetime(2024, 3, 26, 2, tzinfo=UTC), "recorder's tag", False)
    assert probe(path).tagged_by == "IDIT"


@pytest.mark.parametrize(
    ("name", "tags", "utc_hour"),
    [
        ("a.mov", {"com.apple.quicktime.creationdate": "2024-03-26T16:00:00+0700"}, 9),
        ("a.mov", {"date": "2024-03-26T16:00:00+0700"}, 9),
        ("a.mp4", {"com.apple.quicktime.creationdate": "2024-03-26T04:00:00-05:00"}, 9),
        ("a.mkv", {"DATE_RECORDED": "2024-03-26 09:00:00"}, 2),
        ("a.mkv", {"DATE_RECORDED": "2024-03-26T09:00:00Z"}, 9),
        ("a.avi", {"date": "2024-03-26 09:00:00"}, 2),
        ("a.flv", {"creationdate": "Tue Mar 26 09:00:00 2024"}, 2),
    ],
)
def test_recorders_tags_hold_against_the_export(tmp_path: Path, name: str, tags: dict[str, str], utc_hour: int):
    """A recorder's or phone's own tag, with its zone or local, is the start; the container's time is an export's."""
    path = tagged(tmp_path / name, {"movflags": "use_metadata_tags"}, creation_time=EXPORTED, **tags)

    assert start_of(path) == (datetime(2024, 3, 26, utc_hour, tzinfo=UTC), "recorder's tag", False)


def test_android_writes_the_end(tmp_path: Path):
    """An Android phone's creation time is when the file was finished: the start lies its length before."""
    tags = {"com.android.version": "13", "creation_time": "2024-03-26T09:00:02Z"}
    path = tagged(tmp_path / "a.mp4", {"movflags": "use_metadata_tags"}, **tags)

    assert start_of(path) == (NINE_UTC, "recorder's tag", False)


@pytest.mark.parametrize(
    ("tag", "value"), [("com.android.manufacturer", "Google"), ("com.android.capture.fps", "10.000000")]
)
def test_any_tag_of_android_tells_an_android_phone(tmp_path: Path, tag: str, value: str):
    """Makers keep some of its tags and leave others out."""
    tags = {tag: value, "creation_time": "2024-03-26T09:00:02Z"}
    path = tagged(tmp_path / "a.mp4", {"movflags": "use_metadata_tags"}, **tags)

    assert start_of(path) == (NINE_UTC, "recorder's tag", False)


def test_slow_motion_took_less_time_to_record(tmp_path: Path):
    """Played at a tenth of the speed, two seconds are a fifth of one."""
    tags = {"com.android.capture.fps": "100.0", "creation_time": "2024-03-26T09:00:00.2Z"}
    path = tagged(tmp_path / "a.mp4", {"movflags": "use_metadata_tags"}, **tags)
    start = start_of(path)[0]

    assert start is not None
    # Containers write whole seconds.
    assert abs((start - NINE_UTC).total_seconds()) <= 0.21


def test_a_container_time_alone_is_a_guess(tmp_path: Path):
    """What only the container says may be UTC, the end or an export: a guess."""
    assert start_of(tagged(tmp_path / "a.mp4", creation_time=EXPORTED)) == (
        datetime(2024, 5, 1, 8, tzinfo=UTC), "container", True,
    )  # fmt: skip


@pytest.mark.parametrize("date", ["2024", "2024-03-26", "yesterday", "2024-13-45 99:99:99", ""])
def test_a_day_alone_is_no_start(tmp_path: Path, date: str):
    """Songs and films carry a year or a day; that is no start."""
    assert start_of(tagged(tmp_path / "a.mp4", date=date)) == (None, None, False)


@pytest.mark.parametrize("written", ["1970-01-01T00:00:10Z", "2000-01-01T00:03:00Z", "2036-02-07T06:28:16Z"])
def test_clocks_never_set_are_no_start(tmp_path: Path, written: str):
    """Times at which clocks begin to count are neither a container's nor a tag's start."""
    tags = {"com.apple.quicktime.creationdate": written.replace("Z", "+0000"), "creation_time": written}

    assert start_of(tagged(tmp_path / "a.mov", {"movflags": "use_metadata_tags"}, **tags)) == (None, None, False)


def test_a_name_of_a_clock_never_set_is_no_start_and_said(tmp_path: Path):
    """A recorder without a clock names its files 2000-01-01: the next source counts, and a note says so."""
    info = VideoInfo(Path("a"), 64, 48, 10.0, 2.0, "h264", created_at=NINE_UTC)

    place = locate(tmp_path / "XVR_ch1_main_20000101000500_20000101001000.mp4", info, SAIGON)

    assert (place.start_source, place.started_at) == ("container", NINE_UTC)
    assert "Its name says 2000-01-01 00:05, as a clock that was never set does" in place.notes[0]


def test_dahuas_own_format_tells_the_date(tmp_path: Path):
    """A .dav file without a date in its name begins at the local time in its first picture's header."""
    stream = write_video(tmp_path / "a.h264", 3).read_bytes()
    date = 0 | 0 << 6 | 9 << 12 | 26 << 17 | 3 << 22 | 24 << 26
    extra = struct.pack("<BBBB", 0x81, 0, 2, 10) + struct.pack("<BBBBHH", 0x82, 0, 0, 0, 192, 160)
    length = 24 + len(extra) + len(stream) + 8
    head = b"DHAV" + bytes([0xFD, 0, 0, 0]) + struct.pack("<IIIHBB", 0, length, date, 0, len(extra), 0)
    path = tmp_path / "a.dav"
    path.write_bytes(head + extra + stream + b"dhav" + struct.pack("<I", length))

    assert start_of(path) == (datetime(2024, 3, 26, 2, tzinfo=UTC), "recorder's tag", False)


@pytest.mark.parametrize("source", ["option", "file name", "tag", "cameras.toml"])
@pytest.mark.parametrize(
    ("local", "said", "utc"),
    [
        (datetime(2024, 3, 31, 2, 30), "does not exist in Europe/Paris", datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2024, 10, 27, 2, 30), "exists twice in Europe/Paris", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2024, 10, 27, 3, 0), None, datetime(2024, 10, 27, 2, 0, tzinfo=UTC)),  # noqa: DTZ001
    ],
)
def test_hours_that_are_not_or_twice_are_said(
    tmp_path: Path, source: str, local: datetime, said: str | None, utc: datetime
):
    """Where clocks change, a start that does not exist or exists twice is noted, with what it is taken for."""
    name, info = "a.mp4", VideoInfo(Path("a"), 64, 48, 10.0, 2.0, "h264")
    options = PlaceOptions(timezone="Europe/Paris", start=local if source == "option" else None)
    if source == "file name":
        name = f"shop__till__{local:%Y-%m-%dT%H-%M}.mp4"
    if source == "tag":
        info = replace(info, tagged_at=local, tagged_by="IDIT")
    if source == "cameras.toml":
        (tmp_path / "cameras.toml").write_text(f'[[camera]]\npattern = "*"\nstart = {local.isoformat()}\n')

    place = locate(tmp_path / name, info, options)

    assert place.started_at is not None
    assert place.started_at.astimezone(UTC) == utc
    assert [said in note if said else note for note in place.notes] == ([True] if said else [])


def test_a_file_older_than_its_recording_is_doubted(tmp_path: Path):
    """A tag that lies days after the file was last written is a guess, with a note."""
    path = tmp_path / "a.mp4"
    path.touch()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    info = VideoInfo(path, 64, 48, 10.0, 2.0, "h264", tagged_at=NINE_UTC, tagged_by="IDIT")

    place = locate(path, info, SAIGON)

    assert place.start_is_guess
    assert "was last written before that" in place.notes[0]


def test_a_creation_time_at_the_end_is_said(tmp_path: Path):
    """A creation time at which the file was also last written may be the end of the recording."""
    path = tmp_path / "a.mp4"
    path.touch()
    os.utime(path, (NINE_UTC.timestamp(), NINE_UTC.timestamp()))

    place = locate(path, VideoInfo(path, 64, 48, 10.0, 600.0, "h264", created_at=NINE_UTC), SAIGON)

    assert "it may be the end, not the start" in place.notes[0]


def test_times_are_read_in_each_spelling():
    """Zones, halves of the day and fractions are read; what is out of range is no time."""
    assert parse_time("2024-03-26T09:00:00.5+07:00") == NINE_UTC.replace(microsecond=500000) - timedelta(hours=7)
    assert parse_time("20240326T090000Z") == NINE_UTC
    assert parse_time("2024:03:26 12:05 AM") == datetime(2024, 3, 26, 0, 5)  # noqa: DTZ001
    assert parse_time("2024-03-26 09:00:00+99:99") is None
    assert parse_time("2024-02-30 09:00") is None
    assert is_unset(datetime(2001, 1, 1, tzinfo=UTC))
    assert not is_unset(datetime(2001, 1, 1, 9, tzinfo=UTC))


@pytest.mark.shared
def test_starts_of_real_footage(shared: Path):
    """The two recordings of which the start was not or wrongly known."""
    footage = shared / "footage"

    assert start_of(footage / "start_apple_creationdate_vs_export.mov") == (NINE_UTC, "recorder's tag", False)
    nine = datetime(2024, 3, 26, 2, tzinfo=UTC)
    assert start_of(footage / "start_avi_idit_local.avi") == (nine, "recorder's tag", False)
