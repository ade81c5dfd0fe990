"""Broken and tampered models: refused with exit 6 and a line that names the file; `models` lists the others."""

from __future__ import annotations

import math
import os
import random
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from command import start
from fixtures_retrain import write_csv

from pipeline.models.folder import ACTIVE, CARD, DEFAULT_MODEL, EMBEDDED, WEIGHTS

from . import harms
from .harms import change_card, cut, fill, header, in_arrays, in_card, no_file, recoded, renamed, written
from .results import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Ask = Callable[..., CompletedProcess[str]]

NAME = "mine"
NASTY = "a\x1b[31m\x1b]0;title\x07\rb\u202ec\u2066d\x9be\nf"
"""Colours, a window's title, a return, marks that turn letters around, and a line of its own."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What was done to a model.

    Attributes:
        kind, description: for the table.
        file: the name of the file that the refusal has to say.
        shown: `models` marks it. Else only who opens the network can see it.
        refused: it must not be used; what is only ugly must be.
    """

    kind: str
    description: str
    file: str
    shown: bool = True
    refused: bool = True


def _ugly(folder: Path, rng: random.Random) -> str:
    def change(card: harms.Card) -> None:
        card |= {"licence": NASTY, "created_at": NASTY, "notes": [NASTY]}
        card["evaluation"]["data"] = card["data"]["source"] = NASTY

    change_card(folder, change)
    return "control characters in its texts"


CARD_HARMS: dict[str, harms.Harm] = {
    "empty": written(CARD, b"", "0 bytes"),
    "cut": cut(CARD),
    "zeros": written(CARD, bytes(30_000), "zeros"),
    "no JSON": written(CARD, b"name = 'mine'", "other text"),
    "no object": written(CARD, b"[]", "a list"),
    "no file": no_file(CARD),
    "no file, again": no_file(CARD),
    "UTF-16": recoded("utf-16"),
    "no UTF-8": written(CARD, b'{"name": "\xff\xfe"}', "bytes that are no text"),
    "nested": harms.deep,
    "a key twice": harms.twice,
    "a key missing": harms.take_key,
    "other name": in_card("name", values=("other", "../mine", "", DEFAULT_MODEL, "mine\n", "MINE")),
    "labels": in_card("labels", values=([], ["happy"] * 7, ["happy", "sad"])),
    "sha256": in_card("weights_sha256", values=("", "0" * 64, "abc", "../../etc/passwd")),
    "architecture": in_card("arch", values=("", "vgg", "os.system", "vgg-face-224")),
    "other option": in_card("options", values=({"training": True}, {"widths": 1}, {"name": "x"})),
    "absurd width": in_card("options", "width", values=(1e9, -1, 0, "wide", None, True, 10**30, [0.5])),
    "absurd units": in_card("options", "hidden", values=(10**9, -1, 0.5, "many")),
    "a head as text": in_card("options", "labels", values=("yes", 3, [])),
    "temperature": in_card("calibration", "temperature", values=(0, -1, 1e-9, 1e9, "hot", None, math.nan, math.inf)),
    "six biases": in_card("calibration", "biases", values=([0.0] * 6, [0.0] * 8, [], [[0.0]] * 7)),
    "biases": in_card("calibration", "biases", values=([1e9] * 7, [-100.0] * 7, [math.nan] * 7, [-math.inf] * 7)),
    "smoothing": in_card("calibration", "smoothed", values=(-0.1, 0.5, 1, 1 / 7, math.nan)),
    "prior": in_card("calibration", "prior", values=([0.0] * 6, [1e9] + [0.0] * 6, [math.inf] * 7)),
    "coefficients": in_card("readability", "readable", values=([], [1.0], [1e300] * 10, [math.nan] * 10)),
    "facts twice": in_card("readability", "facts", values=(["log_size"] * 9,)),
    "accuracy": in_card("evaluation", "accuracy", values=(-1, 2, 1e300, math.nan, "high")),
    "confusion": in_card("evaluation", "confusion", values=([[1] * 7] * 6, [[1] * 6] * 7, [[-1] * 7] * 7, [[]])),
    "means": in_card("evaluation", "mean_probabilities", values=([[0.5] * 7], [[2.0] * 7] * 7, [[-1.0] * 7] * 7)),
    "classes": in_card("training", "settings", "classes", values=(5, "happy", ["joy"], {"a": 1}, [[]])),
    "target": in_card("training", "settings", "target", values=(5, "words", None)),
    "interval": in_card("evaluation", "interval", values=([0.5], [2, 3], [0.1, 0.2, 0.3])),
}
WEIGHTS_HARMS: dict[str, harms.Harm] = {
    "missing": lambda folder, _: (folder / WEIGHTS).unlink() or "no weights",  # type: ignore[func-returns-value]
    "cut": cut(WEIGHTS),
    "cut, own hash": cut(WEIGHTS, own_hash=True),
    "a bit": harms.flip,
    "no file": no_file(WEIGHTS),
    "no file, again": no_file(WEIGHTS),
    "empty": renamed(b"", "0 bytes, own hash"),
    "zeros": renamed(bytes(100_000), "zeros, own hash"),
    "pickle": renamed(harms.pickled(), "a pickle"),
    "PyTorch": renamed(b"PK\x03\x04" + bytes(26) + b"archive/data.pkl" + bytes(200), "a PyTorch file"),
    "Keras": renamed(b"PK\x03\x04" + bytes(26) + b"model.weights.h5" + bytes(200), "a Keras file"),
    "HDF5": renamed(b"\x89HDF\r\n\x1a\n" + bytes(500), "an HDF5 file"),
    "NumPy": renamed(b"\x93NUMPY\x01\0" + bytes(500), "an array of NumPy"),
    "a page": renamed(b"<!DOCTYPE html><html>Sign in</html>", "a web page"),
    "header's length": harms.long_header,
    "arrays overlap": header(harms.overlap),
    "arrays elsewhere": header(harms.leave_file),
    "absurd shapes": header(harms.absurd_shape),
    "kinds of numbers": in_arrays(harms.other_kind),
    "NaN": fill("", math.nan),
    "infinity": fill("", math.inf),
    "variance below 0": fill("moving_variance", -1.0),
}
OPENED_HARMS: dict[str, harms.Harm] = {
    "other shapes": in_arrays(harms.reshape),
    "an array less": in_arrays(harms.take_out),
    "numbers too large": fill("gamma", 3e38),
    "card of a wider one": in_card("options", "width", values=(8, 7.5, 3)),
    "other preprocessing": in_card("preprocessing", "view_px", values=(0, -1, 10**6)),
}
CHOICES: dict[str, Callable[[Path], object]] = {
    "no UTF-8": lambda path: path.write_bytes(b"\xff\xfem\0i\0"),
    "a folder": lambda path: path.mkdir(),
    "a path": lambda path: path.write_text("../../etc"),
    "empty": lambda path: path.write_text("\n"),
    "colours": lambda path: path.write_text("\x1b[31mmine"),
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "endless": lambda path: path.symlink_to("/dev/zero"),
}
KINDS = (
    *(("card", name) for name in CARD_HARMS), *(("weights", name) for name in WEIGHTS_HARMS),
    *(("opened", name) for name in OPENED_HARMS), *(("choice", name) for name in CHOICES),
    ("folder", "a link"), ("ugly", "texts"),
)  # fmt: skip


def break_model(folder: Path, seed: int) -> Broken:
    """Break a model of the store, or the choice beside it; seeds in a row are kinds in a row, each with its numbers.

    Args:
        folder: a sound model, in a store.
        seed: draws everything.
    """
    rng = random.Random(seed)
    group, name = KINDS[seed % len(KINDS)]
    kind = f"{group}: {name}"
    if group == "card":
        return Broken(kind, CARD_HARMS[name](folder, rng), CARD if name != "sha256" else NAME)
    if group in {"weights", "opened"}:
        harm = (WEIGHTS_HARMS if group == "weights" else OPENED_HARMS)[name]
        file = CARD if name == "other preprocessing" else WEIGHTS
        return Broken(kind, harm(folder, rng), file, shown=group == "weights")
    if group == "choice":
        CHOICES[name](folder.parent / ACTIVE)
        return Broken(kind, name, ACTIVE)
    if group == "folder":
        return Broken(kind, harms.whole_folder(folder, rng), CARD)
    return Broken(kind, _ugly(folder, rng), "", shown=False, refused=False)


def make_store(store: Path) -> Path:
    """A store with two sound models; the one to be broken."""
    for name in (NAME, "sound"):
        shutil.copytree(EMBEDDED / DEFAULT_MODEL, store / name)
        in_card("name", values=(name,))(store / name, random.Random(0))
    return store / NAME


def try_one(seed: int, folder: Path, ask: Ask = start) -> Result:
    """Break a model, list the store, and open the model.

    Args:
        seed: as for `break_model`.
        folder: empty.
        ask: runs `fer-video`, as `command.start` or `command.call`.
    """
    broken = break_model(make_store(folder / "models"), seed)
    env = {"FER_VIDEO_MODELS": str(folder / "models")}
    faces = write_csv(folder / "faces.csv", per_class=1, held_out=1)
    chosen = [] if broken.file == ACTIVE else ["--model", NAME]
    try:
        listed = ask("models", cwd=folder, env=env)
        opened = ask("evaluate", faces, *chosen, cwd=folder, env=env) if broken.refused else None
    except subprocess.TimeoutExpired:
        return Result(broken.kind, broken.description, "an answer", "none in minutes", ok=False)
    wrong = [*_judge_list(listed, broken), *(_judge_refusal(opened, broken) if opened else ())]
    expected = f"exit 6 and a line with {broken.file}" if broken.refused else "a list without control characters"
    return Result(broken.kind, broken.description, expected, "; ".join(wrong) or expected, ok=not wrong)


def _judge_list(listed: CompletedProcess[str], broken: Broken) -> list[str]:
    """What is wrong with the list of models."""
    lines = listed.stdout.splitlines()
    marked = [line for line in lines if "!" in line[:3] and NAME in line]
    wrong = {
        f"models ended with {listed.returncode}: {listed.stderr[-200:]}": listed.returncode != 0,
        "the sound model is not listed": not any(" sound " in line for line in lines),
        "control characters": bool(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", listed.stdout)),
        "not marked": broken.shown and broken.file != ACTIVE and not marked,
        "marked, though only ugly": not broken.refused and bool(marked),
        f"the list does not name {broken.file}": broken.shown and broken.file not in listed.stderr,
    }
    return [what for what, holds in wrong.items() if holds]


def _judge_refusal(opened: CompletedProcess[str], broken: Broken) -> list[str]:
    """What is wrong with the answer to whoever opens it."""
    last = opened.stderr.strip().splitlines()[-1:] or [""]
    if opened.returncode == 6 and broken.file in last[0] and last[0].startswith("fer-video: "):
        return []
    return [f"exit {opened.returncode}: {last[0][:300]}"]


def run(seed: int, count: int, folder: Path) -> list[Result]:
    """So many tries; seed 1 begins with the first kind."""
    results = []
    for number in range(count):
        place = folder / str(number)
        place.mkdir()
        results.append(try_one((seed - 1) * 1000 * len(KINDS) + number, place))
        shutil.rmtree(place)
    return results
