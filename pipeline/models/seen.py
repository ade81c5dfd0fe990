"""Which faces a model was trained on, as short hashes: enough to tell that figures on them flatter it, and no more.

Four bytes of the hash of a face's pixels give no picture back. Who has the very picture can tell that it was
trained on.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from ..records import Image

    Fingerprints: TypeAlias = NDArray[np.uint32]

NONE: Fingerprints = np.zeros(0, np.uint32)


def fingerprint(faces: Image) -> Fingerprints:
    """Faces, uint8 (N, 48, 48) → the beginnings of the hashes of their pixels, uint32 (N,)."""
    digests = (hashlib.sha256(np.ascontiguousarray(face).tobytes()).digest()[:4] for face in faces)
    return np.frombuffer(b"".join(digests), "<u4").astype(np.uint32)


def encode_seen(*parts: Fingerprints) -> bytes:
    """Fingerprints as a file: each once, in order, four bytes, the lowest first."""
    return np.unique(np.concatenate([NONE, *parts])).astype("<u4").tobytes()


def decode_seen(content: bytes) -> Fingerprints:
    """The fingerprints of a file.

    Raises:
        ValueError: its length is none of whole fingerprints.
    """
    return np.frombuffer(content, "<u4").astype(np.uint32)
