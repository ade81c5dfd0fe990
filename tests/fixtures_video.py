"""Videos made wrong on purpose, and what a reader gives of one."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from fakes import number_image, read_number, write_video

from pipeline.records import End, Frame
from pipeline.video.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.settings import Sampling


def split_end(stream: Iterable[Frame | End]) -> tuple[list[Frame], str | None]:
    """The frames of a stream, and the damage that its end tells; nothing may follow the end."""
    *frames, end = stream
    assert isinstance(end, End)
    assert not any(isinstance(frame, End) for frame in frames)
    return [frame for frame in frames if isinstance(frame, Frame)], end.damage


def read_frames(path: Path, sampling: Sampling | None = None, skip: int = 0) -> list[Frame]:
    """The sampled frames of a video, whatever its end says."""
    return split_end(Reader(path).sample(sampling, skip))[0]


def numbers(path: Path, sampling: Sampling | None, skip: int = 0) -> list[int | None]:
    """The numbers that the sampled frames say; None for one that could not be decoded."""
    frames = read_frames(path, sampling, skip)
    return [None if frame.image is None else read_number(frame.image) for frame in frames]


def begin_later(path: Path, packets: int, options: dict[str, str] | None = None) -> Path:
    """A copy of a video without its first packets, as clips are cut that begin between key frames."""
    later = path.with_stem(f"{path.stem}-later")
    with av.open(str(path)) as source, av.open(str(later), "w", options=options or {}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size and number >= packets:
                packet.stream = stream
                target.mux(packet)
    return later


def turn(path: Path, degrees: int) -> Path:
    """Write a clockwise rotation into the video track's header (ISO 14496-12, 8.3.2: tkhd's matrix)."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4
    height_at = at + 80
    width, height = struct.unpack(">II", content[height_at : height_at + 8])
    matrix = {
        90: (0, 1 << 16, 0, -1 << 16, 0, 0, height, 0, 1 << 30),
        180: (-1 << 16, 0, 0, 0, -1 << 16, 0, width, height, 1 << 30),
        270: (0, -1 << 16, 0, 1 << 16, 0, 0, 0, width, 1 << 30),
    }[degrees]
    content[at + 40 : at + 76] = struct.pack(">9i", *matrix)
    path.write_bytes(content)
    return path


def cut(path: Path, share: float) -> Path:
    """Keep the beginning of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def flip_bits(path: Path, count: int = 40, *, begin: float = 0.3) -> Path:
    """Damage a file here and there, after its headers."""
    content = bytearray(path.read_bytes())
    places = np.random.default_rng(7).integers(int(len(content) * begin), int(len(content) * 0.95), count)
    for place in places:
        content[place] ^= 0x55
    path.write_bytes(content)
    return path


def write_audio(path: Path) -> Path:
    """A second of silence, without any picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        stream.layout = "mono"
        for _ in range(40):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 44100
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_held(path: Path, frames: int, held_ms: int) -> Path:
    """Ten frames a second, of which the last one is shown that long."""
    with av.open(str(path), "w", options={} if path.suffix == ".mkv" else {"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 192, 160, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.max_b_frames = 0
        packets = []
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(number_image(index), format="rgb24")
            frame.pts, frame.time_base = index * 100, Fraction(1, 1000)
            packets += stream.encode(frame)
        packets += stream.encode()
        for packet in packets:
            packet.duration = 100
        packets[-1].duration = held_ms
        container.mux(packets)
    return path


def write_two_sizes(path: Path) -> Path:
    """Ten frames of one size, then ten of another, in one raw stream."""
    first = write_video(path.with_suffix(".a.h264"), 10)
    second = write_video(path.with_suffix(".b.h264"), 10, size=(240, 320))
    path.write_bytes(first.read_bytes() + second.read_bytes())
    return path


def write_bad_inputs(folder: Path) -> dict[str, Path]:
    """One file for each way in which an input is no video, by name."""
    whole = write_video(folder / "whole.mp4", 30).read_bytes()
    contents = {
        "empty.mp4": b"",
        "garbage.mp4": np.random.default_rng(1).bytes(20_000),
        "text.mp4": b"this is no video\n" * 50,
        "beginning.mp4": whole[: len(whole) // 2],
        "header-only.mkv": write_video(folder / "whole.mkv", 30).read_bytes()[:300],
        "picture.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 30,
    }
    for name in ("whole.mp4", "whole.mkv"):
        (folder / name).unlink()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    write_audio(folder / "audio.mp4")
    return {path.name: path for path in sorted(folder.iterdir())}


def write_huge_png(path: Path) -> Path:
    """A PNG of a few bytes whose header asks for 8000 by 8000 pixels."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" * 50_000)),
        (b"IEND", b""),
    )
    content = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks:
        content += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    path.write_bytes(content)
    return path
