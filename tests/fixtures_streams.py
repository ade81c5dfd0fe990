"""Files that hold several video streams, or sound that outlasts the picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from fakes import BITS, CELL_PX, number_image

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.records import Image


@dataclass(frozen=True, slots=True)
class Film:
    """One stream: what it shows (a number for each scene), how large, how long and how fast."""

    scene: int = 1
    size: tuple[int, int] = (160, 192)
    seconds: float = 3.0
    fps: int = 10
    codec: str = "libx264"
    begins_s: float = 0.0
    disposition: int = 0


def draw(film: Film, number: int) -> Image:
    """A frame of a film, uint8 (H, W, 3): blocks that are its scene's own, and its number in the first row."""
    blocks = np.random.default_rng(film.scene).integers(0, 255, (8, 10, 3), np.uint8)
    image = cv2.resize(blocks, (192, 160), interpolation=cv2.INTER_NEAREST)
    image[:CELL_PX, : BITS * CELL_PX] = number_image(number)[:CELL_PX, : BITS * CELL_PX]
    return np.asarray(cv2.resize(image, film.size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def write_films(path: Path, *films: Film, sound_s: float = 0.0, options: dict[str, str] | None = None) -> Path:
    """A file with these streams, their packets side by side as recorders write them, and sound if asked for."""
    with av.open(str(path), "w", options=options or {}) as container:
        streams = [_add(container, film) for film in films]
        sound: Any = container.add_stream("aac", rate=8000) if sound_s else None
        if sound:
            sound.layout = "mono"
        packets = [packet for film, stream in zip(films, streams, strict=True) for packet in _encode(film, stream)]
        packets += _encode_sound(sound, sound_s) if sound else []
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def _add(container: Any, film: Film) -> Any:
    stream = container.add_stream(film.codec, rate=film.fps)
    stream.width, stream.height = film.size[1], film.size[0]
    stream.pix_fmt = {"mjpeg": "yuvj420p", "png": "rgb24"}.get(film.codec, "yuv420p")
    stream.codec_context.time_base = Fraction(1, film.fps)
    stream.codec_context.gop_size = 10
    if film.codec == "libx264":
        stream.codec_context.max_b_frames = 0
    stream.disposition = film.disposition
    return stream


def _encode(film: Film, stream: Any) -> list[Any]:
    packets = []
    for number in range(round(film.seconds * film.fps)):
        frame = av.VideoFrame.from_ndarray(draw(film, number), format="rgb24")
        frame.pts, frame.time_base = number + round(film.begins_s * film.fps), Fraction(1, film.fps)
        packets += stream.encode(frame)
    return [*packets, *stream.encode()]


def _encode_sound(stream: Any, seconds: float) -> list[Any]:
    packets = []
    for number in range(round(seconds * 8000 / 1024)):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, number * 1024, Fraction(1, 8000)
        packets += stream.encode(frame)
    return [*packets, *stream.encode()]
