"""What a file is by its first bytes, for messages: many a file has the wrong name."""

from __future__ import annotations

import codecs

UTF_16, UTF_32 = "UTF-16 text", "UTF-32 text"
GZIP, ZIP, TAR, WORKBOOK = "a gzip file", "a zip archive", "a tar archive", "an Excel workbook"
PAGE, PICTURE, LFS_POINTER = "a web page", "a picture", "a pointer of Git LFS, not the file itself"
PACKED = ("a bzip2 file", "an xz file", "a zstd file", "an lz4 file", "a 7z archive", "a rar archive")
_PACKED_STARTS = (b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"7z\xbc\xaf\x27\x1c", b"Rar!")

_MAGIC = (
    (b"\x1f\x8b", GZIP),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    *zip(_PACKED_STARTS, PACKED, strict=True),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras and TensorFlow write"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3", "a SQLite database"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"version https://git-lfs", LFS_POINTER),
    *(
        (b"\x80" + bytes([protocol]), "a pickle, as PyTorch and joblib write, which holds code")
        for protocol in range(2, 6)
    ),
)


def name_format(start: bytes) -> str | None:
    """A file's format in words, by its first bytes (4096 are enough); None for plain text and what is not known."""
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return UTF_32
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    known = next((name for magic, name in _MAGIC if start.startswith(magic)), None)
    if start[257:262] == b"ustar":
        known = TAR
    return _name_zip(start) if known == ZIP else known or _name_text(start)


def _name_zip(start: bytes) -> str:
    if b"xl/" in start or b"[Content_Types].xml" in start:
        return WORKBOOK
    if b"opendocument.spreadsheet" in start:
        return "a LibreOffice spreadsheet"
    if b"data.pkl" in start:
        return "a PyTorch file, which holds code"
    if b"model.weights.h5" in start or b"metadata.json" in start:
        return "a Keras file"
    return ZIP


def _name_text(start: bytes) -> str | None:
    if b"\0\0" in {start[1:4:2], start[:4:2]}:
        # Zeros at every second place: letters of two bytes, without a mark; at three of four, of four.
        return UTF_32 if start[:4].count(0) == 3 else UTF_16
    words = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    return PAGE if words.startswith((b"<!doctype html", b"<html", b"<?xml")) else None
