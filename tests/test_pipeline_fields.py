"""Frames whose two fields are coded apart are one frame each, with ffprobe's time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import paff
import pytest
from fixtures_video import read_frames, split_end
from test_pipeline_listing import NO_FFMPEG, RULES, ffprobe_times

from pipeline.records import Frame
from pipeline.video.reader import Reader, probe

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "in order": "KPPPPPPPPPPP" * 3,
    "reordered": "KPBBPBBPBBPBB" * 3,
    "open": "KPBBPBBIBBPBB" + "IPBBPBBPBBPBB" * 2,
}


def _write(path: Path, kinds: str, *, apart: bool = True) -> Path:
    """A recording of 25 frames a second in a container, its fields in packets of their own or of their frame's."""
    bare = path.with_suffix(".h264")
    bare.write_bytes(b"".join(first + second for _, _, first, second in paff.frames(kinds)))
    if path == bare:
        return path
    delay = 4 if "B" in kinds else 0
    with av.open(str(bare)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        stream.time_base = Fraction(1, 50)
        for number, (shown, kind, first, second) in enumerate(paff.frames(kinds)):
            for at, content in enumerate((first, second) if apart else (first + second,)):
                packet = av.Packet(content)
                packet.stream, packet.time_base = stream, Fraction(1, 50)
                packet.dts, packet.pts = 2 * number + at, 2 * shown + at + delay
                packet.duration = 1 if apart else 2
                packet.is_keyframe = kind in "KI" and not at
                container.mux(packet)
    return path


@pytest.mark.parametrize(
    ("order", "suffix"),
    [
        *(("reordered", suffix) for suffix in ("mkv", "mp4", "avi", "flv", "asf")),
        *(("open", suffix) for suffix in ("ts", "mpg", "h264")),
        ("in order", "ts"),
    ],
)
def test_two_fields_are_one_frame(tmp_path: Path, order: str, suffix: str):
    """Under every rule, with the picture that belongs there."""
    path = _write(tmp_path / f"a.{suffix}", KINDS[order])
    frames, damage = split_end(Reader(path).sample(None))

    assert damage is None
    assert len(frames) == len(KINDS[order])
    assert [frame.timestamp_s for frame in frames] == pytest.approx([at / 25 for at in range(len(frames))], abs=0.0011)
    for rule in (None, *RULES):
        for frame in Reader(path).sample(rule):
            if isinstance(frame, Frame):
                assert frame.image is not None
                # Grey levels of limited range, 30 + 2 n of 16 to 235.
                assert frame.image.mean() == pytest.approx((14 + 2 * frame.index) * 255 / 219, abs=1), rule
                assert frame.timestamp_s == frames[frame.index].timestamp_s
    if not NO_FFMPEG and suffix != "mpg":
        # Program streams have a time for some packets only; between them, older ffprobes say those of single fields.
        expected = ffprobe_times(path)
        assert len(expected) == len(frames)
        for frame, second in zip(frames, expected, strict=True):
            assert second is None or frame.timestamp_s == pytest.approx(second, abs=0.0011)


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_both_fields_in_a_packet(tmp_path: Path, suffix: str):
    """A transport stream's are taken apart when it is read, Matroska's are not."""
    path = _write(tmp_path / f"a.{suffix}", KINDS["reordered"], apart=False)

    assert [round(frame.timestamp_s * 25) for frame in read_frames(path)] == list(range(39))
    assert probe(path).duration_s == pytest.approx(39 / 25, abs=0.0011)
