"""What a command asks of the disk for one database: recorded with strace, and played to a disk that loses its power.

strace sees what reaches the system, whatever library writes; a layer of our own under SQLite would stand in for what is
to be tried. The package strace has to be installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

SECTOR = 512
"""Bytes that a disk writes at once."""

CALLS = "openat,pwrite64,write,pwritev,ftruncate,fallocate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2"

LINE = re.compile(
    r"(?P<pid>\d+) +(?P<call>\w+)\((?P<args>.*)\) += (?P<result>-?\d+)",
)
HEX = re.compile(r'(?:<|")((?:\\x[0-9a-f]{2})*)(?:>|")')
UNFINISHED, RESUMED = " <unfinished ...>", re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")


@dataclass(frozen=True, slots=True)
class Call:
    """One change: `write`, `truncate`, `sync`, `create`, `unlink`, or `sync names` of the folder.

    Attributes:
        kind: which.
        name: of the file.
        offset: where it writes, or the new length; bytes.
        data: what it writes.
    """

    kind: str
    name: str = ""
    offset: int = 0
    data: bytes = b""


def record(command: Sequence[str], db: Path, env: Mapping[str, str]) -> list[Call]:
    """Run a command and take down what it does to a database, its journal and their folder.

    Raises:
        FileNotFoundError: strace is not installed.
        RuntimeError: the command failed, or changed the database in a way that is not known here.
    """
    if not shutil.which("strace"):
        raise FileNotFoundError("expected strace, which takes down system calls; found none. Install it")
    names = [db.name, *(f"{db.name}-{more}" for more in ("journal", "wal"))]
    log = db.with_name("calls")
    watched = [word for name in (*names, "") for word in ("-P", str(db.parent / name).rstrip("/"))]
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", str(1 << 26), "-e", f"trace={CALLS}"]
    told = subprocess.run([*strace, *watched, "-o", str(log), *command], env=env, capture_output=True, check=False)
    if told.returncode:
        raise RuntimeError(f"{command} ended with {told.returncode}: {told.stderr.decode(errors='replace')[-500:]}")
    lines = log.read_text("ascii").splitlines()
    log.unlink()
    return list(_parse(lines, str(db.parent), frozenset(names)))


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Calls that another thread's came between, in one line, where they ended."""
    begun: dict[str, str] = {}
    for line in lines:
        if line.endswith(UNFINISHED):
            begun[line.split()[0]] = line.removesuffix(UNFINISHED)
        elif ended := RESUMED.fullmatch(line):
            yield begun.pop(ended[1]) + ended[2]
        else:
            yield line


def _parse(lines: Iterable[str], folder: str, names: frozenset[str]) -> Iterator[Call]:
    for line in _whole(lines):
        found = LINE.match(line)
        if found is None or int(found["result"]) < 0:
            continue
        texts = [bytes.fromhex(text.replace(r"\x", "")) for text in HEX.findall(found["args"])]
        call, args = found["call"], found["args"]
        # The first text is the path of the descriptor, but for unlink, which has none; openat's own comes second.
        path = texts[1 if call in {"openat", "unlinkat"} else 0].decode()
        name = path.removeprefix(folder).lstrip("/")
        if path == folder:
            if call in {"fsync", "fdatasync"}:
                yield Call("sync names")
        elif name in names:
            yield from _changes(call, args, name, texts)


def _changes(call: str, args: str, name: str, texts: Sequence[bytes]) -> Iterator[Call]:
    if call == "openat":
        if "O_TRUNC" in args:
            raise RuntimeError(f"{name} is opened with O_TRUNC, which is not replayed")
        if "O_CREAT" in args:
            yield Call("create", name)
    elif call == "pwrite64":
        yield Call("write", name, int(args.rpartition(", ")[2]), texts[1])
    elif call == "ftruncate":
        yield Call("truncate", name, int(args.rpartition(", ")[2]))
    elif call in {"fsync", "fdatasync"}:
        yield Call("sync", name)
    elif call in {"unlink", "unlinkat"}:
        yield Call("unlink", name)
    else:
        raise RuntimeError(f"{name} is changed by {call}, which is not replayed")


@dataclass(slots=True)
class _File:
    """What surely is on the disk, and what may be."""

    content: bytearray
    pending: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        for call in self.pending:
            _apply(self.content, call.kind, call.offset, call.data)
        self.pending.clear()


class Disk:
    """Files of one folder on a disk that keeps what was synced, and of the rest what it likes.

    Names are made and taken away in order, as file systems with a journal do it, and are sure only when their folder
    was synced. What was written since a file was synced may be there, or not, in any order, or in part.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Begin with files that are surely there."""
        self._sure = {name: _File(bytearray(content)) for name, content in files.items()}
        self._seen = dict(self._sure)
        self._names: list[tuple[str, _File | None]] = []

    def do(self, call: Call) -> None:
        """One more call."""
        if call.kind == "sync names":
            self._rename(len(self._names))
        elif call.kind == "create":
            if call.name not in self._seen:
                self._seen[call.name] = _File(bytearray())
                self._names.append((call.name, self._seen[call.name]))
        elif call.kind == "unlink":
            del self._seen[call.name]
            self._names.append((call.name, None))
        elif call.kind == "sync":
            self._seen[call.name].sync()
        else:
            self._seen[call.name].pending.append(call)

    def _rename(self, count: int) -> None:
        for name, file in self._names[:count]:
            if file is None:
                self._sure.pop(name, None)
            else:
                self._sure[name] = file
        del self._names[:count]

    def whole(self) -> dict[str, bytes]:
        """The files as programs see them, without a cut."""
        for file in self._seen.values():
            file.sync()
        return {name: bytes(file.content) for name, file in self._seen.items()}

    def cut(self, rng: random.Random) -> tuple[dict[str, bytes], str]:
        """The power goes: what is found afterwards, and what became of the rest, in words."""
        kept = rng.choice((0, len(self._names), rng.randrange(len(self._names) + 1)))
        said = [f"{kept} of {len(self._names)} changes of names kept"]
        self._rename(kept)
        for name, file in self._sure.items():
            if file.pending:
                done = _lose(file, rng)
                said.append(f"{name}: {len(file.pending)} calls, {done}")
        return {name: bytes(file.content) for name, file in self._sure.items()}, "; ".join(said)


def _lose(file: _File, rng: random.Random) -> str:
    """Apply some of the calls that were not synced; in words, which."""
    how = rng.choice(("none kept", "all kept", "first ones kept", "some kept", "some kept, out of order", "torn"))
    calls = list(file.pending)
    if how == "none kept":
        calls = []
    elif how == "first ones kept":
        calls = calls[: rng.randrange(len(calls) + 1)]
    elif how != "all kept":
        calls = [call for call in calls if rng.random() < 0.5]
    if how == "some kept, out of order":
        rng.shuffle(calls)
    for call in calls:
        for offset, data in _torn(call, rng) if how == "torn" else [(call.offset, call.data)]:
            _apply(file.content, call.kind, offset, data)
    if calls != file.pending and rng.random() < 0.3:
        # The length is there, and what should fill it is not.
        end = max(call.offset + len(call.data) for call in file.pending)
        missing = max(0, end - len(file.content))
        file.content += rng.choice((bytes(missing), rng.randbytes(missing)))
        how += ", length kept"
    return how


def _torn(call: Call, rng: random.Random) -> list[tuple[int, bytes]]:
    """Parts of a write: some of its sectors, its beginning or its end."""
    if call.kind != "write":
        return [(call.offset, call.data)]
    at = rng.randrange(len(call.data) + 1)
    sectors = [begin for begin in range(0, len(call.data), SECTOR) if rng.random() < 0.5]
    return rng.choice((
        [(call.offset, call.data[:at])],
        [(call.offset + at, call.data[at:])],
        [(call.offset + begin, call.data[begin : begin + SECTOR]) for begin in sectors],
    ))  # fmt: skip


def _apply(content: bytearray, kind: str, offset: int, data: bytes) -> None:
    if kind == "truncate":
        del content[offset:]
    content += bytes(max(0, offset - len(content)))
    content[offset : offset + len(data)] = data
