"""How many frames PyAV gives of the file that is named, by the plainest loop; for `inputs.py`.

Run as a script of its own: a strange file may end it.
"""

from __future__ import annotations

import sys

import av

MOST_ERRORS = 1000


def count(path: str) -> int:
    """Frames of the first stream that is no cover; damage is passed over."""
    found = errors = 0
    with av.open(path, metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        packets = container.demux(stream)
        while errors < MOST_ERRORS:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.error.FFmpegError, ValueError):
                errors += 1
                continue
            try:
                found += len(packet.decode())
            except (av.error.FFmpegError, ValueError):
                errors += 1
    return found


if __name__ == "__main__":
    av.logging.set_level(None)
    try:
        found = count(sys.argv[1])
    except Exception:  # noqa: BLE001 - what cannot be opened has no frames
        found = 0
    sys.stdout.write(str(found))
