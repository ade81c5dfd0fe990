"""Whether this machine is fit to analyse videos: what was looked at, what was found, and what to do about it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from .errors import FerVideoError, OlderStoreError, StoreError
from .inference import runtime
from .inference.cores import count_cores
from .inference.graphs import import_openvino
from .models.folder import find_model
from .places.locate import machine_timezone
from .store.database import connect, journal_mode
from .store.integrity import check_sound
from .store.naming import shown
from .store.schema import ChunkRow, VideoRow
from .video.decoding import Decoder
from .video.reader import is_supported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIBRARIES = ("av", "numpy", "opencv-contrib-python-headless", "openvino", "pandas", "plotly", "sqlalchemy", "typer")
CV2_WHEELS = (
    "opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless",
)  # fmt: skip
"""They install the same folder `cv2`, and overwrite each other."""

TRIED_PYTHON = (3, 11)
LITTLE_SPACE, TOO_LITTLE_SPACE = 1 << 30, 100 << 20
"""Bytes; a million faces take about 200 MB."""

SMALL_DATABASE = 64 << 20
"""Bytes, up to which a database is read whole to see that it is sound: it takes a fraction of a second."""

FRAMES = 8


class Verdict(StrEnum):
    """How something was found."""

    GOOD = "ok"
    DOUBTFUL = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what.
        verdict: how it was found.
        found: what was found.
        advice: what to do; empty where nothing has to be.
    """

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def check_machine(db: str) -> Iterator[Check]:
    """Look at everything that an analysis needs; nothing is written but a video of eight frames, and that for a moment.

    Args:
        db: path or URL of the database, which may be missing.
    """
    checks: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("Python", check_python),
        ("libraries", check_libraries),
        ("decoder", check_decoder),
        ("processor", check_processor),
        ("GPU", check_gpu),
        ("disk", lambda: check_disk(db)),
        ("database", lambda: check_database(db)),
        ("model", check_model),
        ("clock", lambda: check_clock(db)),
        ("network", check_network),
    )
    for name, check in checks:
        try:
            yield check()
        except (FerVideoError, OSError) as error:
            yield Check(name, Verdict.BAD, str(error))


def check_python() -> Check:
    """Whether it is a version that was tried."""
    found = sys.version.split()[0]
    if sys.version_info[:2] == TRIED_PYTHON:
        return Check("Python", Verdict.GOOD, found)
    tried = ".".join(map(str, TRIED_PYTHON))
    return Check("Python", Verdict.DOUBTFUL, f"{found}; only {tried} was tried", f"If something is odd, use {tried}.")


def check_libraries() -> Check:
    """Whether all are there, and `cv2` is of one wheel."""
    versions = {name: _version(name) for name in LIBRARIES}
    missing = [name for name, found in versions.items() if found is None]
    wheels = [name for name in CV2_WHEELS if _version(name)]
    if missing:
        return Check("libraries", Verdict.BAD, f"{', '.join(missing)} not installed", "Install fer-video again.")
    if len(wheels) > 1:
        advice = "They overwrite each other: uninstall both, and install opencv-contrib-python-headless alone."
        return Check("libraries", Verdict.BAD, f"{' and '.join(wheels)} are both installed", advice)
    return Check("libraries", Verdict.GOOD, ", ".join(f"{name} {found}" for name, found in versions.items()))


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_decoder() -> Check:
    """Whether a video can be written and is read again in the child process, frame by frame."""
    import av

    with tempfile.TemporaryDirectory() as folder, Decoder() as decoder:
        path = Path(folder) / "checkup.mp4"
        _write_video(path)
        seen = [item for item in decoder.sample(path, None) if hasattr(item, "image")] if is_supported(path) else []
    whole = sum(frame.image is not None for frame in seen)
    libraries = f"PyAV {av.__version__}, FFmpeg {getattr(av, 'ffmpeg_version_info', 'unknown')}"
    if whole == FRAMES:
        return Check("decoder", Verdict.GOOD, f"{libraries}; {FRAMES} of {FRAMES} frames read in a process of its own")
    return Check("decoder", Verdict.BAD, f"{libraries}; {whole} of {FRAMES} frames read", "Install fer-video again.")


def _write_video(path: Path) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=FRAMES)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(FRAMES):
            picture = np.full((48, 64, 3), 30 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def check_processor() -> Check:
    """Cores, and the arithmetic units that make inference fast."""
    cores = count_cores()
    flags = _cpu_flags()
    if flags is None:
        return Check("processor", Verdict.GOOD, f"{cores} cores; what it can compute is not known here")
    wide = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in flags]
    found = f"{cores} core{'' if cores == 1 else 's'}; {', '.join(wide) or 'no AVX2'}"
    if "avx2" not in flags:
        return Check("processor", Verdict.DOUBTFUL, found, "Expect a few frames a second; one with AVX2 is faster.")
    return Check("processor", Verdict.GOOD, found)


def _cpu_flags() -> set[str] | None:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), None)


def check_gpu() -> Check:
    """Whether there is one, and what could use it; without it the processor is used."""
    if not any(path.exists() for path in runtime.GPU_TRACES):
        return Check("GPU", Verdict.GOOD, "none; the processor is used")
    if not find_spec("keras"):
        advice = "To use it: pip install '.[gpu]'. On the processor nothing is missing."
        return Check("GPU", Verdict.DOUBTFUL, "an NVIDIA GPU, but no Keras, so the processor is used", advice)
    return Check("GPU", Verdict.GOOD, "an NVIDIA GPU; --device auto takes it where TensorFlow or PyTorch finds it")


def check_disk(db: str) -> Check:
    """Whether the database can grow."""
    folder = Path.cwd() if "://" in db else Path(db).absolute().parent
    if not folder.is_dir():
        return Check("disk", Verdict.BAD, f"{folder} is no folder", "Make it, or name another database with `db`.")
    free = shutil.disk_usage(folder).free
    found = f"{free / (1 << 30):,.1f} GB free in {folder}"
    if not os.access(folder, os.W_OK):
        return Check(
            "disk", Verdict.BAD, f"{folder} cannot be written", "Change its permissions, or name another `db`."
        )
    if free < TOO_LITTLE_SPACE:
        return Check("disk", Verdict.BAD, found, "Free some space: a million faces take about 200 MB.")
    return Check("disk", Verdict.DOUBTFUL if free < LITTLE_SPACE else Verdict.GOOD, found)


def check_database(db: str) -> Check:
    """Whether it can be read, is up to date and sound."""
    sqlite = f"SQLite {sqlite3.sqlite_version}, journal {journal_mode(sqlite3.sqlite_version_info)}"
    if "://" not in db and not Path(db).is_file():
        return Check("database", Verdict.GOOD, f"{db} is not there yet; analyze makes it; {sqlite}")
    try:
        engine = connect(db)
    except OlderStoreError as error:
        return Check("database", Verdict.DOUBTFUL, str(error))
    except StoreError as error:
        return Check("database", Verdict.BAD, str(error))
    try:
        is_small = "://" not in db and Path(db).stat().st_size <= SMALL_DATABASE
        if is_small:
            check_sound(engine)
        with engine.connect() as connection:
            videos = int(connection.scalar(select(func.count()).select_from(VideoRow)) or 0)
    finally:
        engine.dispose()
    looked = "sound" if is_small else "not read whole, as it is large"
    return Check(
        "database", Verdict.GOOD, f"{shown(db)}: {videos:,} video{'' if videos == 1 else 's'}, {looked}; {sqlite}"
    )


def check_model() -> Check:
    """Whether the model that analyze takes is whole."""
    model = find_model()
    model.weights()
    return Check("model", Verdict.GOOD, f"{model.card.name}, weights as published ({model.card.weights_sha256[:12]}…)")


def check_clock(db: str) -> Check:
    """Whether time goes on, and the machine knows its zone."""
    now, zone = datetime.now(UTC), machine_timezone()
    found = f"{now:%Y-%m-%d %H:%M} UTC, zone {zone}"
    newest = _newest(db)
    if newest and newest.replace(tzinfo=UTC) > now + timedelta(minutes=5):
        late = f"{found}; but rows were stored at {newest:%Y-%m-%d %H:%M} UTC"
        return Check(
            "clock", Verdict.BAD, late, "The clock was set back: correct it, as leases and retention go by it."
        )
    if zone in {"UTC", "Etc/UTC"}:
        advice = "If the cameras are elsewhere, say so with `timezone` or in cameras.toml."
        return Check("clock", Verdict.DOUBTFUL, found, advice)
    return Check("clock", Verdict.GOOD, found)


def _newest(db: str) -> datetime | None:
    """When the newest rows were stored; None where nothing tells."""
    if "://" not in db and not Path(db).is_file():
        return None
    try:
        engine = connect(db)
    except StoreError:  # said by the database's own check
        return None
    try:
        with engine.connect() as connection:
            return connection.scalar(select(func.max(ChunkRow.done_at)))
    finally:
        engine.dispose()


_REACHING = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})
"""Python's own events of whoever reaches out."""


def check_network() -> Check:
    """Whether anybody reaches out while the runtime is loaded: OpenVINO would, if it were let."""
    reached: list[str] = []
    is_listening = True

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if is_listening and event in _REACHING:
            reached.append(f"{event} {arguments[1:]}")

    sys.addaudithook(listen)  # which cannot be taken off again, so that it only stops to listen
    import_openvino().Core()
    is_listening = False
    if reached or sys.modules.get("openvino_telemetry") is not None:
        found = f"the runtime reaches out: {'; '.join(reached) or 'its telemetry is loaded'}"
        return Check("network", Verdict.BAD, found, "Install fer-video into an environment of its own.")
    return Check("network", Verdict.GOOD, "no connection was tried while the runtime was loaded; its telemetry is off")
