"""What lies in a folder of recordings and is no footage: bins, thumbnails and notes of systems and storages."""

from __future__ import annotations

BINS = {
    "@eadir": "Synology's thumbnails",
    "#recycle": "Synology's bin",
    "#snapshot": "Synology's snapshots",
    "@tmp": "a storage's own files",
    "@sharebin": "Synology's bin",
    "@recycle": "QNAP's bin",
    ".@__thumb": "QNAP's thumbnails",
    ".@__qini": "QNAP's own files",
    "@recently-snapshot": "QNAP's snapshots",
    ".recycle": "a storage's bin",
    ".recycle.bin": "a storage's bin",
    "$recycle.bin": "Windows' bin",
    "recycler": "Windows' bin",
    "recycled": "Windows' bin",
    "system volume information": "Windows' own files",
    "found.000": "what Windows' disk check found",
    "lost+found": "what Linux' disk check found",
    "network trash folder": "a network's bin",
    "temporary items": "macOS's own files",
    ".temporaryitems": "macOS's own files",
    ".spotlight-v100": "macOS's search index",
    ".fseventsd": "macOS's own files",
    ".documentrevisions-v100": "macOS's old versions",
    ".appledouble": "macOS's notes on files",
    ".ds_store": "macOS's notes on a folder",
    "__macosx": "macOS's notes on files",
    ".thumbnails": "thumbnails",
    ".thumbs": "thumbnails",
    ".thumb": "thumbnails",
    ".picasaoriginals": "a picture viewer's own files",
    "thumbs": "thumbnails",
    "thumbnails": "thumbnails",
    "thumbs.db": "Windows' thumbnails",
    "ehthumbs.db": "Windows' thumbnails",
    "desktop.ini": "Windows' notes on a folder",
    ".snapshot": "snapshots",
    ".snapshots": "snapshots",
    "~snapshot": "snapshots",
    ".zfs": "snapshots",
}
"""Names in lower case, of folders and of files, and what is there."""

MARKS = {".trash": "a bin", "._": "macOS's notes on a file"}
"""How further names begin: .Trash, .Trash-1000, .Trashes; ._door.mp4 beside door.mp4."""


def why_no_footage(name: str) -> str | None:
    """What a file or folder of that name is, if it is no footage whatever it holds; else None."""
    low = name.lower()
    return BINS.get(low) or next((what for mark, what in MARKS.items() if low.startswith(mark)), None)
