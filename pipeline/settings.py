"""One frozen `Settings`: defaults, then a TOML file, then flags. What changes rows: `store.fingerprints`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .errors import SettingError, UsageError
from .labels import Thresholds
from .nearest import nearest
from .records import MIN_CONFIDENCE, MIN_IS_FACE, MIN_READABLE

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class SamplingMode(StrEnum):
    """Which frames of a video are analysed."""

    FPS = "fps"
    EVERY = "every"
    FRAMES = "frames"
    KEYFRAMES = "keyframes"


LIMITS = {SamplingMode.FPS: (0.0, 1000.0), SamplingMode.EVERY: (0.001, 1e9), SamplingMode.FRAMES: (1.0, 1e6)}
"""No camera is faster than this; beyond, the arithmetic of timestamps would overflow."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """A sampling rule.

    Attributes:
        mode: by frames a second, by seconds between frames, by number of frames evenly spread, or key frames only.
        value: frames a second, seconds, or number of frames; ignored for key frames.
    """

    mode: SamplingMode = SamplingMode.FPS
    value: float = 2.0

    def __post_init__(self) -> None:
        if self.mode is SamplingMode.KEYFRAMES:
            return
        if not 0 < self.value < float("inf"):
            raise SettingError(self.mode.value, "a number above 0", f"{self.value:g}")
        least, most = LIMITS[self.mode]
        if not least <= self.value <= most:
            raise SettingError(self.mode.value, f"{least:g} to {most:,.0f}", f"{self.value:g}")
        if self.mode is SamplingMode.FRAMES and self.value != int(self.value):
            raise SettingError("frames", "a whole number", f"{self.value:g}")

    def __str__(self) -> str:
        """As a person would say it."""
        return {
            SamplingMode.FPS: f"{_frames(self.value)} a second",
            SamplingMode.EVERY: f"one frame every {self.value:g} s",
            SamplingMode.FRAMES: f"{_frames(self.value)}, evenly spread",
            SamplingMode.KEYFRAMES: "key frames only",
        }[self.mode]


def _frames(number: float) -> str:
    return f"{number:g} frame{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides which rows a video gives, and as what they are read.

    Attributes:
        sampling: which frames.
        min_face_px: smallest side of a face that is looked for, pixels of the original frame.
        face_threshold: smallest detector confidence (last stage) of a face, 0 to 1.
        min_confidence, min_readable, min_is_face: what a face counts as (`labels.Thresholds`); decided when rows are
            read.
        model: name of the expression model; None for the active one.
    """

    sampling: Sampling = field(default_factory=Sampling)
    min_face_px: int = 24
    face_threshold: float = 0.8
    min_confidence: float = MIN_CONFIDENCE
    min_readable: float = MIN_READABLE
    min_is_face: float = MIN_IS_FACE
    model: str | None = None

    def __post_init__(self) -> None:
        if not 12 <= self.min_face_px <= 4320:
            raise SettingError("min_face_px", "12 to 4320 pixels (MTCNN's window, 8K)", self.min_face_px)
        if not 0 <= self.face_threshold < 1:
            raise SettingError("face_threshold", "a probability from 0 to below 1", f"{self.face_threshold:g}")
        _ = self.thresholds

    @property
    def thresholds(self) -> Thresholds:
        """As what faces are counted.

        Raises:
            SettingError: one of the three is no probability.
        """
        return Thresholds(self.min_confidence, self.min_readable, self.min_is_face)


ALIASES = {"min_face": "min_face_px"}
"""Other names of keys: those that the command line's options have."""


def read_settings(path: Path, base: Settings | None = None, *, others: Collection[str] = ()) -> Settings:
    """Settings from a TOML file with the keys of `Settings` and one of `fps`, `every`, `frames`, `keyframes`.

    Args:
        path: the file; a key may have dashes in place of underscores.
        base: what holds where the file says nothing; None for the defaults.
        others: keys that belong to somebody else and are left alone.

    Raises:
        SettingError: a value cannot be followed; it says which file it is from.
        UsageError: the file cannot be read, or holds an unknown key.
    """
    values = {key: value for key, value in read_keys(path).items() if key not in others}
    given = [mode for mode in SamplingMode if mode in values]
    if len(given) > 1:
        raise UsageError(f"{path}: expected one sampling rule; found {', '.join(given)}. Keep one.")
    known = {item.name for item in fields(Settings)} - {"sampling"}
    unknown = sorted(set(values) - known - set(given))
    if unknown:
        keys = known | set(SamplingMode) | set(others)
        names = ", ".join(sorted(keys))
        raise UsageError(f"{path}: unknown key {unknown[0]!r}; expected one of {names}.{nearest(unknown[0], keys)}")
    chosen: dict[str, Any] = {name: _typed(path, name, values[name]) for name in known & set(values)}
    try:
        if given:
            chosen["sampling"] = _sampling(path, given[0], values[given[0]])
        return replace(base or Settings(), **chosen)
    except SettingError as error:
        error.where = path
        raise


def read_keys(path: Path) -> dict[str, Any]:
    """What a settings file says, by keys with underscores.

    Raises:
        UsageError: the file cannot be read, or says one thing under two names.
    """
    values: dict[str, Any] = {}
    for written, value in _read_toml(path).items():
        plain = written.replace("-", "_")
        key = ALIASES.get(plain, plain)
        if key in values:
            raise UsageError(f"{path}: expected {key!r} once; found it twice, under two names. Keep one.")
        values[key] = value
    return values


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: expected a TOML settings file; it cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: expected a TOML settings file; it cannot be read: {error}.") from error


def _sampling(path: Path, mode: SamplingMode, value: object) -> Sampling:
    if mode is not SamplingMode.KEYFRAMES:
        return Sampling(mode, _number(path, mode, value))
    if value is not True:
        raise SettingError("keyframes", "true, or another sampling rule", repr(value), where=path)
    return Sampling(mode, 0.0)


def _typed(path: Path, name: str, value: object) -> object:
    if name == "model":
        if not isinstance(value, str):
            raise SettingError(name, "a model's name in quotes", repr(value), where=path)
        return value
    if name == "min_face_px" and (isinstance(value, bool) or not isinstance(value, int)):
        raise SettingError(name, "a whole number of pixels", repr(value), where=path)
    return value if name == "min_face_px" else _number(path, name, value)


def _number(path: Path, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingError(name, "a number", repr(value), where=path)
    return as_float(value)


def as_float(number: float) -> float:
    """The nearest floating-point number; whole numbers have no largest one, these have."""
    return float(max(min(number, 10**300), -(10**300))) if isinstance(number, int) else number


UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(setting: str, text: str) -> float:
    """Seconds of a time such as `90s`, `10m`, `1h`, or a plain number of seconds.

    Raises:
        SettingError: it is none.
    """
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([smh]?)\s*", text)
    if not found:
        raise SettingError(setting, "a time such as 90s, 10m, 1h or 0", repr(text))
    return float(found[1]) * UNITS_S[found[2]]
