"""Ways to break a model of the store: what disks, editors, other programs and people who mean harm leave of one."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load, save

from pipeline.models.folder import CARD, WEIGHTS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    Card = dict[str, Any]
    Harm = Callable[[Path, random.Random], str]
    Arrays = dict[str, np.ndarray]

SPARSE_BYTES = 5 << 30


def change_card(folder: Path, change: Callable[[Card], object]) -> None:
    """Write the card again with something changed; its own keys keep their order."""
    card = json.loads((folder / CARD).read_text("utf-8"))
    change(card)
    (folder / CARD).write_text(json.dumps(card), "utf-8")


def put_weights(folder: Path, content: bytes) -> None:
    """Other weights, and their hash in the card, so that only their content gives them away."""
    (folder / WEIGHTS).write_bytes(content)
    change_card(folder, lambda card: card.update(weights_sha256=hashlib.sha256(content).hexdigest()))


def in_card(*path: str, values: tuple[Any, ...]) -> Harm:
    """One of these values at a place of the card."""

    def harm(folder: Path, rng: random.Random) -> str:
        value = rng.choice(values)

        def change(card: Card) -> None:
            place = card
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value

        change_card(folder, change)
        return f"{'.'.join(path)} = {str(value)[:40]}"

    return harm


def in_arrays(change: Callable[[Arrays, random.Random], str]) -> Harm:
    """Arrays with something changed, under their own hash."""

    def harm(folder: Path, rng: random.Random) -> str:
        arrays = load((folder / WEIGHTS).read_bytes())
        said = change(arrays, rng)
        put_weights(folder, save(arrays))
        return said

    return harm


def fill(name_part: str, value: float) -> Harm:
    """A number of an array, or all of it, replaced."""

    def change(arrays: Arrays, rng: random.Random) -> str:
        name = rng.choice([name for name in sorted(arrays) if name_part in name])
        array = arrays[name].astype(np.float32)
        array.reshape(-1)[:: rng.choice([1, array.size])] = value
        arrays[name] = array
        return f"{name} filled with {value}"

    return in_arrays(change)


def reshape(arrays: Arrays, rng: random.Random) -> str:
    """An array of another shape."""
    name = rng.choice([name for name in sorted(arrays) if name.endswith("kernel") and "block" in name])
    arrays[name] = np.ascontiguousarray(arrays[name].T)
    return f"{name} as {arrays[name].shape}"


def take_out(arrays: Arrays, rng: random.Random) -> str:
    """An array less."""
    name = rng.choice([name for name in sorted(arrays) if "block" in name])
    del arrays[name]
    return f"without {name}"


def other_kind(arrays: Arrays, rng: random.Random) -> str:
    """Numbers of a kind that no weights have."""
    name, kind = rng.choice(sorted(arrays)), rng.choice([np.int64, np.uint8, np.float64, bool])
    arrays[name] = arrays[name].astype(kind)
    return f"{name} as {np.dtype(kind)}"


def header(change: Callable[[Card, random.Random], str]) -> Harm:
    """A header of safetensors with something changed, the bytes behind it as they were."""

    def harm(folder: Path, rng: random.Random) -> str:
        content = (folder / WEIGHTS).read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        entries = json.loads(content[8 : 8 + length])
        said = change(entries, rng)
        written = json.dumps(entries).encode()
        put_weights(folder, struct.pack("<Q", len(written)) + written + content[8 + length :])
        return said

    return harm


def overlap(entries: Card, rng: random.Random) -> str:
    """Two arrays of the same bytes."""
    one, other = rng.sample([name for name in sorted(entries) if name != "__metadata__"], 2)
    entries[one]["data_offsets"] = entries[other]["data_offsets"]
    return f"{one} over {other}"


def leave_file(entries: Card, rng: random.Random) -> str:
    """An array behind the end of the file, or before its beginning."""
    name = rng.choice([name for name in sorted(entries) if name != "__metadata__"])
    entries[name]["data_offsets"] = rng.choice([[1 << 40, (1 << 40) + 4], [1 << 63, 1 << 63], [-8, -4], [8, 4]])
    return f"{name} at {entries[name]['data_offsets']}"


def absurd_shape(entries: Card, rng: random.Random) -> str:
    """A shape whose product overflows."""
    name = rng.choice([name for name in sorted(entries) if name != "__metadata__"])
    entries[name]["shape"] = rng.choice([[1 << 62, 8], [1 << 32, 1 << 32], [0], [-1], [1] * 100 + [2]])
    return f"{name} of shape {str(entries[name]['shape'])[:30]}"


def long_header(folder: Path, rng: random.Random) -> str:
    """A length that no header has."""
    length = rng.choice([1 << 30, (1 << 64) - 1, 1 << 63, 0])
    put_weights(folder, struct.pack("<Q", length) + (folder / WEIGHTS).read_bytes()[8:])
    return f"a header of {length:,} bytes"


def cut(file: str, *, own_hash: bool = False) -> Harm:
    """The beginning of a file."""

    def harm(folder: Path, rng: random.Random) -> str:
        content = (folder / file).read_bytes()
        kept = rng.randrange(len(content) - 1)
        if own_hash:
            put_weights(folder, content[:kept])
        else:
            (folder / file).write_bytes(content[:kept])
        return f"{kept:,} of {len(content):,} bytes of {file}"

    return harm


def flip(folder: Path, rng: random.Random) -> str:
    """One bit of the weights."""
    content = bytearray((folder / WEIGHTS).read_bytes())
    at = rng.randrange(len(content))
    content[at] ^= 1 << rng.randrange(8)
    (folder / WEIGHTS).write_bytes(content)
    return f"a bit of byte {at:,}"


def renamed(content: bytes, what: str) -> Harm:
    """A file of another program under the name of weights, with its hash."""

    def harm(folder: Path, rng: random.Random) -> str:
        put_weights(folder, content)
        return what

    return harm


def written(file: str, content: bytes, what: str) -> Harm:
    """Other content in place of a file."""

    def harm(folder: Path, rng: random.Random) -> str:
        (folder / file).write_bytes(content)
        return what

    return harm


def no_file(file: str) -> Harm:
    """Something that is no file under a file's name; whoever opens it carelessly waits for ever, or reads for ever."""

    def harm(folder: Path, rng: random.Random) -> str:
        path = folder / file
        path.unlink(missing_ok=True)
        kinds: dict[str, Callable[[], object]] = {
            "a pipe": lambda: os.mkfifo(path),
            "a folder": path.mkdir,
            "a link to itself": lambda: path.symlink_to(path.name),
            "a link to /dev/zero": lambda: path.symlink_to("/dev/zero"),
            "a link to nothing": lambda: path.symlink_to("nothing"),
            "gigabytes of nothing": lambda: _make_sparse(path),
        }
        kind = rng.choice(sorted(kinds))
        kinds[kind]()
        return kind

    return harm


def _make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPARSE_BYTES)


def whole_folder(folder: Path, rng: random.Random) -> str:
    """The model's folder is a link that leads nowhere."""
    shutil.rmtree(folder)
    target = rng.choice([folder.name, "gone"])
    folder.symlink_to(target)
    return f"a link to {target}"


def twice(folder: Path, rng: random.Random) -> str:
    """A key that stands twice."""
    text = (folder / CARD).read_text("utf-8")
    key = rng.choice(["licence", "weights_sha256", "name"])
    (folder / CARD).write_text(f'{{"{key}": "first",{text.lstrip()[1:]}', "utf-8")
    return f"{key} twice"


def take_key(folder: Path, rng: random.Random) -> str:
    """A key that must be there is not."""
    key = rng.choice(["name", "arch", "options", "labels", "weights_sha256", "evaluation", "licence", "training"])
    change_card(folder, lambda card: card.pop(key))
    return f"without {key}"


def deep(folder: Path, rng: random.Random) -> str:
    """Brackets in brackets, where anything may stand."""
    levels, place = rng.choice([2_000, 10_000, 500_000]), rng.choice(["unknown", "options"])
    text = (folder / CARD).read_text("utf-8").lstrip()
    nested = "[" * levels + "]" * levels
    if place == "options":
        nested = f'{{"width": {nested}}}'
        text = text.replace('"options"', '"before"', 1)
    (folder / CARD).write_text(f'{{"{place}": {nested},{text[1:]}', "utf-8")
    return f"{levels:,} levels in {place}"


def pickled() -> bytes:
    """What a careless loader would run."""
    return pickle.dumps({"expression/kernel": [0.0] * 64}, protocol=4)


def recoded(encoding: str) -> Harm:
    """The card in letters of another width."""

    def harm(folder: Path, rng: random.Random) -> str:
        (folder / CARD).write_bytes((folder / CARD).read_text("utf-8").encode(encoding))
        return encoding

    return harm
