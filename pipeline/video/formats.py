"""Which files are opened as recordings: a list of what cameras, recorders and their exports write, and no other.

FFmpeg also reads playlists, manifests, subtitles, ASCII art and numbered pictures. Under a video's name each of them
would lead to other files, or to pictures that no camera took.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import av

from ..errors import VideoError
from .boxes import read_boxes

if TYPE_CHECKING:
    from pathlib import Path

RECORDINGS = (
    *("mov", "matroska", "avi", "asf", "asf_o", "flv", "live_flv", "kux", "mpegts", "mpeg", "mxf", "gxf", "ogg", "nut"),
    # of recorders
    *("dhav", "ifv", "hxvs", "iv8", "luodat", "lmlm4", "cine", "wtv", "dv"),
    # a stream without a container
    *("h261", "h263", "h264", "hevc", "vvc", "m4v", "mpegvideo", "mjpeg", "mjpeg_2000", "ingenient", "smjpeg"),
    *("obu", "av1", "ivf", "avs2", "avs3", "cavsvideo", "vc1", "vc1test", "dirac", "dnxhd", "yuv4mpegpipe", "gif"),
)
"""FFmpeg's names of the formats."""

EXPECTED = "expected a recording such as mp4, mkv, avi or ts"

OF_OTHER_KINDS = (
    (b"#EXTM3U", "a playlist (HLS), which only names other files; name those"),
    (b"ffconcat", "a list of files (concat), which only names others; name those"),
    (b"<MPD", "a manifest (DASH), which only names other files; name those"),
    (b"v=0", "the description of a live stream (SDP), which holds no picture"),
    (b"<html", "a web page, as a download without a login leaves it; fetch the file again"),
    (b"<!doctype", "a web page, as a download without a login leaves it; fetch the file again"),
    (b"\x89PNG", "a picture (PNG); give it its own suffix"),
    (b"\xff\xd8\xff", "a picture (JPEG); give it its own suffix"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"Rar!", "a rar archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"ID3", "sound (MP3) without a picture"),
    (b"fLaC", "sound (FLAC) without a picture"),
)
"""How files begin that are met under a video's name, and what they are."""

JPEG_BEGIN, JPEG_AGAIN, JPEG_BYTES = b"\xff\xd8\xff", b"\xff\xd9\xff\xd8\xff", 1 << 24
"""How a picture begins, how the next one follows at once, and how far that is looked for."""

SNIFFED_BYTES = 4096

EMPTY_BYTES = 1 << 20
"""No recording begins with so many zeros. FFmpeg searches gigabytes of them for the beginning of a stream, and keeps
them all."""

MAKE_WHOLE = (
    "If its recorder is still at it, run the same command when it has closed the file; else export it again, or repair "
    "it with a tool such as untrunc"
)
"""Nothing of the moment stands in it: the reason of a failure is compared with that of the night before."""


def open_container(path: Path) -> Any:
    """The file as FFmpeg reads it, if it is of a kind that holds recordings; to be closed by the caller.

    Raises:
        VideoError: it is not; the message says what it is as far as that can be told.
    """
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(RECORDINGS)}
    if _is_blank(path):
        raise VideoError(
            "not a readable video: its first megabyte is nothing but zeros, as a disk leaves it that was full or lost "
            "power; copy the file again from the recorder"
        )
    try:
        return av.open(str(path.absolute()), format=_told(path), metadata_errors="replace", options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(f"not a readable video: {_what_it_is(path, error)}") from error


def _is_blank(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            begin = file.read(EMPTY_BYTES)
    except OSError:
        return False  # whoever opens it says why
    return len(begin) == EMPTY_BYTES and not begin.strip(b"\0")


def _told(path: Path) -> str | None:
    """The format where FFmpeg would take the file for single pictures; None to let it look."""
    if "%" in path.name and path.suffix.lower() == ".gif":
        # Such a name is a pattern of numbered pictures to it.
        return "gif"
    with path.open("rb") as file:
        if file.read(len(JPEG_BEGIN)) != JPEG_BEGIN:
            return None
        is_motion = path.suffix.lower() == ".mjpeg" or JPEG_AGAIN in file.read(JPEG_BYTES)
    return "mjpeg" if is_motion else None


def _what_it_is(path: Path, error: Exception) -> str:
    try:
        with path.open("rb") as file:
            begin = file.read(SNIFFED_BYTES)
    except OSError:
        return cause_of(error)
    if begin[4:8] in {b"ftyp", b"mdat", b"wide", b"free", b"skip", b"moov", b"styp", b"moof"}:
        return _without_index(path) or cause_of(error)
    found = _of_another_kind(begin)
    if found is None and getattr(error, "errno", None) == errno.EINVAL:
        found = "a format that no camera or recorder writes"
    return f"{EXPECTED}; found {found}" if found else cause_of(error)


def _of_another_kind(begin: bytes) -> str | None:
    text = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, kind in OF_OTHER_KINDS:
        if text[: len(mark)].lower() == mark.lower():
            return kind
    if b"<MPD" in begin:
        return dict(OF_OTHER_KINDS)[b"<MPD"]
    is_text = begin and all(byte in b"\t\n\f\r\x1b" or byte >= 32 for byte in begin) and _decodes(begin)
    return "text" if is_text else None


def _decodes(begin: bytes) -> bool:
    try:
        # The last letter may be cut in two.
        begin[:-3].decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_index(path: Path) -> str | None:
    """An mp4 or mov whose index is missing, as a recording has it that lost power; None if the index is there."""
    boxes = read_boxes(path)
    moov = next((box for box in boxes if box.kind == b"moov"), None)
    size = path.stat().st_size
    if moov is not None and moov.end <= size:
        return None
    what = "it has no index (moov)" if moov is None else "its index (moov) is cut short"
    return f"the recording was never finished: {what}. {MAKE_WHOLE}"


def cause_of(error: Exception) -> str:
    """FFmpeg's words without the path, which the caller names; its "try again" is said as what it means for a file."""
    if isinstance(error, BlockingIOError):
        return "what follows is no video, such as zeros where nothing was written"
    return str(getattr(error, "strerror", None) or error).strip().rstrip(".")
