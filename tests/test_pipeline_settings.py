"""Settings: what is refused, what wins, and what changes a run's fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pipeline.cli.flags import told
from pipeline.errors import SettingError, UsageError
from pipeline.settings import Sampling, SamplingMode, Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

FPS, EVERY, FRAMES, KEYFRAMES = SamplingMode.FPS, SamplingMode.EVERY, SamplingMode.FRAMES, SamplingMode.KEYFRAMES


@pytest.mark.parametrize("mode", [FPS, EVERY, FRAMES])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), float("-inf")])
def test_sampling_by_nothing_or_by_no_number_is_refused(mode: SamplingMode, value: float):
    """Zero, negative numbers, infinity and what is no number are refused, and the setting is named."""
    with pytest.raises(UsageError, match=f"^{mode}: expected a number above 0; found"):
        Sampling(mode, value)


@pytest.mark.parametrize(("mode", "value"), [(FPS, 1e308), (EVERY, 1e-300), (EVERY, 1e12), (FRAMES, 1e300)])
def test_numbers_beyond_any_camera_are_refused(mode: SamplingMode, value: float):
    """Numbers that would overflow the arithmetic of timestamps are refused."""
    with pytest.raises(UsageError, match=rf"^{mode}: expected [\d.]+ to [\d,]+; found"):
        Sampling(mode, value)


def test_half_a_frame_is_refused():
    """A number of frames is whole."""
    with pytest.raises(UsageError, match=r"^frames: expected a whole number; found 2\.5"):
        Sampling(FRAMES, 2.5)


def test_a_setting_that_was_passed_is_told_as_its_flag():
    """The library names the setting with its fields; the command line names the flag that was typed."""
    with pytest.raises(SettingError) as caught:
        Settings(min_face_px=5)

    error = caught.value
    assert (error.setting, error.found, error.where) == ("min_face_px", 5, None)
    assert str(error) == "min_face_px: expected 12 to 4320 pixels (MTCNN's window, 8K); found 5."
    assert told(error) == "--min-face: expected 12 to 4320 pixels (MTCNN's window, 8K); found 5."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_face_px": 11}, "^min_face_px: expected 12 to 4320 pixels.* found 11"),
        ({"face_threshold": 1.0}, "^face_threshold: expected a probability .* found 1"),
        ({"face_threshold": float("nan")}, "^face_threshold"),
        ({"min_confidence": -0.1}, "^min_confidence: expected a probability .* found -0.1"),
    ],
)
def test_thresholds_out_of_range_are_refused(changes: dict[str, Any], message: str):
    """A threshold that lets nothing or everything through by mistake is refused."""
    with pytest.raises(UsageError, match=message):
        Settings(**changes)


def test_a_settings_file_is_read(tmp_path: Path):
    """Each key of the file replaces a default; what it does not name stays."""
    path = tmp_path / "s.toml"
    path.write_text('every = 0.5\nmin_face_px = 40\nmin_confidence = 0\nmodel = "mine"\n', "utf-8-sig")

    assert read_settings(path) == Settings(Sampling(EVERY, 0.5), 40, min_confidence=0.0, model="mine")


def test_a_settings_file_may_ask_for_key_frames(tmp_path: Path):
    """`keyframes = true` stands for the option of that name."""
    path = tmp_path / "s.toml"
    path.write_text("keyframes = true")

    assert read_settings(path).sampling.mode is KEYFRAMES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fsp = 2", "unknown key 'fsp'; expected one of every, face_threshold, fps, frames, keyframes"),
        ("sampling = 2", "unknown key 'sampling'"),
        ("fps = 2\nevery = 1", "expected one sampling rule; found fps, every. Keep one"),
        ("fps = '2'", "fps: expected a number; found '2'"),
        ("fps = true", "fps: expected a number; found True"),
        ("fps = nan", "fps: expected a number above 0; found nan"),
        (f"fps = {10**400}", "fps: expected 0 to 1,000"),
        ("frames = 2.5", "frames: expected a whole number"),
        ("keyframes = false", "keyframes: expected true, or another sampling rule; found False"),
        ("keyframes = 1", "keyframes: expected true"),
        ("min_face_px = 24.5", "min_face_px: expected a whole number of pixels; found 24.5"),
        ("min_face_px = nan", "min_face_px: expected a whole number of pixels; found nan"),
        ("min_face_px = 3", "min_face_px: expected 12 to 4320 pixels"),
        ("model = 3", "model: expected a model's name in quotes; found 3"),
        ("face_threshold = []", "face_threshold: expected a number"),
        ("fps = ", "cannot be read"),
    ],
)
def test_wrong_settings_files_are_told_what_is_wrong(tmp_path: Path, text: str, message: str):
    """A mistake in a settings file is an error that names the file, the key and what was expected."""
    path = tmp_path / "s.toml"
    path.write_text(text)

    with pytest.raises(UsageError, match=message) as caught:
        read_settings(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "--" not in told(caught.value)


def test_a_missing_settings_file_is_named(tmp_path: Path):
    """A settings file that is not there, or is a folder, is an error."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(UsageError, match=f"{path}: expected a TOML settings file; it cannot be read"):
            read_settings(path)
