"""Whether a video is all there is judged by what its picture was promised; and only recordings are opened as videos."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import av
import cv2
import pytest
from fakes import number_image, read_number, write_video
from fixtures_streams import Film, write_films
from fixtures_video import cut, read_frames, split_end

from pipeline.errors import VideoError
from pipeline.records import End
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader, probe

if TYPE_CHECKING:
    from pathlib import Path

FILM = Film(seconds=5)
EACH_RULE = [Sampling(), Sampling(SamplingMode.FRAMES, 4), Sampling(SamplingMode.KEYFRAMES)]
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}


def _end(path: Path, sampling: Sampling | None = None) -> End:
    *frames, end = Reader(path).sample(sampling)
    assert frames
    assert isinstance(end, End)
    return end


def _without_tags(path: Path) -> Path:
    """As recorders write Matroska, which do not tag each track with its duration."""
    path.write_bytes(path.read_bytes().replace(b"DURATION", b"DURATIOX"))
    return path


@pytest.mark.parametrize("suffix", ["mkv", "flv", "mp4", "mov", "ts", "avi", "wmv", "nut"])
def test_sound_may_outlast_the_picture(tmp_path: Path, suffix: str):
    """A recording whose sound goes on after the picture is whole, in every container and under every rule."""
    codec = "mpeg4" if suffix in {"avi", "wmv"} else "libx264"
    path = write_films(tmp_path / f"a.{suffix}", Film(seconds=3, codec=codec), sound_s=9)

    assert [_end(path, sampling) for sampling in EACH_RULE] == [End()] * 3


def test_sound_may_outlast_the_picture_without_tags(tmp_path: Path):
    """Where Matroska does not say how long each track is, the other tracks tell whether the file is whole."""
    path = _without_tags(write_films(tmp_path / "a.mkv", Film(seconds=3), sound_s=9))

    assert _end(path).damage is None


@pytest.mark.parametrize("suffix", ["mkv", "flv", "wmv"])
@pytest.mark.parametrize("sound_s", [5.0, 9.0])
def test_a_cut_beside_sound_is_told(tmp_path: Path, suffix: str, sound_s: float):
    """Sound beside the picture, longer or not, does not hide that the file was cut."""
    codec = "mpeg4" if suffix == "wmv" else "libx264"
    whole = _without_tags(write_films(tmp_path / f"a.{suffix}", Film(seconds=5, codec=codec), sound_s=sound_s))
    path = cut(whole, 0.4)

    assert "the file is cut short or damaged" in str(_end(path).damage)


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "libx264"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_an_avi_counts_its_frames(tmp_path: Path, codec: str, share: float):
    """An avi that lost its end tells how many of the frames that its header counts are there."""
    path = cut(write_films(tmp_path / "a.avi", Film(seconds=6, codec=codec)), share)

    damage = str(_end(path).damage)

    found = len(read_frames(path))
    assert f"{found} of the 60 frames that its header counts are there" in damage
    assert _end(path, EACH_RULE[1]).damage == _end(path, EACH_RULE[2]).damage


def test_a_long_avi_counts_in_its_extended_header(tmp_path: Path):
    """OpenDML's own count tells, where the old header counts the first part alone."""
    path = write_films(tmp_path / "a.avi", Film(seconds=6, codec="mjpeg"))
    content = bytearray(path.read_bytes())
    # FFmpeg leaves room for it, and makes it count when the file grows beyond its first part.
    at = content.index(b"odml")
    content[at - 8 : at - 4] = b"LIST"
    content[at + 12 : at + 16] = struct.pack("<I", 500)
    path.write_bytes(content)

    assert "60 of the 500 frames that its header counts are there" in str(_end(path).damage)


def test_an_avi_without_its_index(tmp_path: Path):
    """All counted frames are there, and only the list of them is gone: nothing is damaged, and it is noted."""
    path = write_films(tmp_path / "a.avi", Film(codec="mjpeg"))
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"idx1")])

    end = _end(path)

    assert end.damage is None
    assert "ends before its index" in end.notes[0]


def test_an_avi_that_was_never_finished(tmp_path: Path):
    """A header whose counts nobody filled in is said, with what to do; what can be read is no damage."""
    path = write_films(tmp_path / "a.avi", Film(codec="mjpeg"))
    content = bytearray(path.read_bytes())
    for name, at in ((b"avih", 16), (b"strh", 32)):
        begin = content.index(name) + 8 + at
        content[begin : begin + 4] = bytes(4)
    content[4:8] = bytes(4)
    path.write_bytes(content[: content.rindex(b"idx1")])

    end = _end(path)

    assert end.damage is None
    assert "never finished" in end.notes[0]
    assert "export it again" in end.notes[0]


@pytest.mark.parametrize("sound_s", [0.0, 5.0])
def test_a_live_matroska_does_not_say_its_end(tmp_path: Path, sound_s: float):
    """Written as it was recorded, it has neither size nor length nor index: whole or not, that is said."""
    path = write_films(tmp_path / "a.mkv", FILM, sound_s=sound_s, options={"live": "1"})

    end = _end(path)

    assert end.damage is None
    assert "never finished: its header says neither its length nor its size" in end.notes[0]
    assert [_end(path, sampling).notes for sampling in EACH_RULE] == [end.notes] * 3


@pytest.mark.parametrize(("suffix", "options"), [("mkv", {"live": "1"}), ("flv", {"flvflags": "no_duration_filesize"})])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("sound_s", [0.0, 5.0])
def test_a_cut_live_recording_is_told(
    tmp_path: Path, suffix: str, options: dict[str, str], share: float, sound_s: float
):
    """One that was cut ends within a part, though nothing says how long it should be."""
    path = cut(write_films(tmp_path / f"a.{suffix}", FILM, sound_s=sound_s, options=options), share)

    assert "cut short" in str(_end(path).damage)


def test_room_behind_a_live_matroska_is_no_damage(tmp_path: Path):
    """Recorders reserve room in advance; zeros behind the last part are none of it."""
    path = write_films(tmp_path / "a.mkv", FILM, options={"live": "1"})
    whole = _end(path)
    path.write_bytes(path.read_bytes() + bytes(100_000))

    assert _end(path) == whole


def test_zeros_behind_a_transport_stream_are_a_sentence(tmp_path: Path):
    """FFmpeg says "Resource temporarily unavailable" of them, which helps nobody."""
    path = write_films(tmp_path / "a.ts", FILM)
    path.write_bytes(path.read_bytes() + bytes(300_000))

    said = str(_end(path).damage)
    assert "what follows is no video, such as zeros" in said
    assert "temporarily" not in said


@pytest.mark.parametrize("share", [0.6, 0.95])
@pytest.mark.parametrize("sound_s", [0.0, 5.0])
def test_a_cut_fragment_is_told(tmp_path: Path, share: float, sound_s: float):
    """A fragmented mp4 that ends within a fragment is partial; a whole one is not."""
    path = write_films(tmp_path / "a.mp4", FILM, sound_s=sound_s, options=FRAGMENTS)
    whole = _end(path)

    assert whole == End()
    assert "cut short" in str(_end(cut(path, share)).damage)


def test_an_index_of_fragments_promises(tmp_path: Path):
    """Cut between two fragments, a file is told to be short by its index."""
    options = {"movflags": "frag_keyframe+empty_moov+dash+global_sidx"}
    path = write_films(tmp_path / "a.mp4", FILM, options=options)
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"moof") - 4])

    assert "of 5.0 s: the file is cut short" in str(_end(path).damage)


def test_a_cut_gif_is_told(tmp_path: Path):
    """A gif that ends within a picture is partial; one that lacks its last mark alone is whole."""
    path = tmp_path / "a.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 192, 160, "rgb8"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(number_image(number), format="rgb24").reformat(format="rgb8")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    whole = _end(path)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    unmarked = _end(path)

    assert whole.damage is None
    assert unmarked.damage is None
    assert "cut short" in str(_end(cut(path, 0.6)).damage)


def test_a_live_matroska_is_whole(tmp_path: Path):
    """A recording without duration, sizes and index, as it is written while it goes on, is read to its end."""
    path = write_films(tmp_path / "a.mkv", FILM, options={"live": "1"})

    frames, damage = split_end(Reader(path).sample(None))

    assert (len(frames), damage) == (50, None)


@pytest.mark.parametrize("share", [0.5, 0.98])
def test_a_recording_without_its_index(tmp_path: Path, share: float):
    """An mp4 whose index was never written, or half, says that and what to do, in the same words at any time."""
    path = cut(write_video(tmp_path / "a.mp4", 50), share)
    with pytest.raises(VideoError, match=r"never finished: .*moov.*\. If its recorder is still at it.* untrunc") as now:
        probe(path)
    os.utime(path, (1e9, 1e9))

    with pytest.raises(VideoError) as later:
        probe(path)
    assert str(later.value) == str(now.value)


PLAYLISTS = {
    "concat": "ffconcat version 1.0\nfile 'whole.mp4'\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nwhole.ts\n#EXT-X-ENDLIST\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>\n',
    "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 5004 RTP/AVP 96\r\n",
    "subtitles": "1\n00:00:00,000 --> 00:00:02,000\nhello\n\n2\n00:00:03,000 --> 00:00:04,000\nhello\n",
    "ansi": "\x1b[31mhello\x1b[0m\n" * 50,
    "web page": "<!DOCTYPE html><html><body>Please log in</body></html>",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
def test_text_is_not_run(tmp_path: Path, kind: str, suffix: str):
    """Text under a video's name is refused in one line, whatever it names and whether or not that is there."""
    for name in ("whole.mp4", "whole.ts"):
        write_video(tmp_path / name, 5)
    path = tmp_path / f"a.{suffix}"
    path.write_text(PLAYLISTS[kind], newline="")

    with pytest.raises(VideoError, match=r"^not a readable video: expected a recording .*; found [^\n]*$"):
        probe(path)


def test_numbered_pictures_are_not_gathered(tmp_path: Path):
    """A name with a pattern in it is one file's name; the pictures that it would match stay out of it."""
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"a{number}.png"), number_image(number))
    named = write_video(tmp_path / "a%d.mp4", 5)
    picture = tmp_path / "a.mp4"
    picture.write_bytes((tmp_path / "a0.png").read_bytes())

    assert len(read_frames(named)) == 5
    with pytest.raises(VideoError, match="found a picture"):
        probe(picture)


def test_motion_jpeg_without_a_container(tmp_path: Path):
    """Pictures that follow each other are a film, also where FFmpeg would take the first for a single picture."""
    pictures = [cv2.imencode(".jpg", number_image(number))[1].tobytes() for number in range(8)]
    for name in ("a.mjpeg", "a.avi"):
        (tmp_path / name).write_bytes(b"".join(pictures))
        assert len(read_frames(tmp_path / name)) == 8


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("mkv_sound_longer_than_video.mkv", None),
        ("flv_sound_longer_than_video.flv", None),
        ("avi_cut_at_60_percent.avi", "126 of the 216 frames that its header counts are there"),
        ("ok_dahua_plain.dav", None),
        ("elst_trimmed_mid_gop.mp4", None),
    ],
)
def test_footage(shared: Path, name: str, damage: str | None):
    """Real footage is partial where it lost its end, and only there."""
    found = _end(shared / "footage" / name).damage

    assert found is None if damage is None else damage in str(found)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "flv", "asf"])
def test_joined_recordings_are_told(tmp_path: Path, suffix: str):
    """Of those that stand behind each other in a file FFmpeg reads the first and says nothing."""
    parts = [write_video(tmp_path / f"{name}.{suffix}", frames) for name, frames in (("a", 20), ("b", 30), ("c", 10))]
    path = tmp_path / f"joined.{suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))

    frames, damage = split_end(Reader(path).sample(None))

    assert len(frames) == 20
    assert damage is not None
    assert damage.startswith("the file holds 3 recordings one behind the other, and only the first can be read")
    assert all(split_end(Reader(part).sample(None))[1] is None for part in parts)


@pytest.mark.parametrize("suffix", ["ts", "mkv", "avi", "h264"])
def test_joined_recordings_that_can_be_read_are_read(tmp_path: Path, suffix: str):
    """All pictures, and the time goes on."""
    path, part = tmp_path / f"joined.{suffix}", write_video(tmp_path / f"a.{suffix}", 40, 25)
    path.write_bytes(part.read_bytes() * 2)

    frames, damage = split_end(Reader(path).sample(None))

    assert damage is None
    assert [read_number(frame.image) for frame in frames if frame.image is not None] == [*range(40)] * 2
    assert [frame.timestamp_s for frame in frames] == pytest.approx([at / 25 for at in range(80)], abs=0.011)
