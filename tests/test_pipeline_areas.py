"""Areas of a cameras.toml: what can be written, and what a wrong one is told."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.areas import NO_AREAS, Blank, Kind, Staff, Why, area, blank_sha256, crossing, inside
from pipeline.errors import UsageError
from pipeline.places.cameras import read_cameras

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.areas import Areas

SQUARE = ((0.1, 0.3), (0.55, 0.3), (0.55, 0.75), (0.1, 0.75))
TILL = """
[[camera]]
pattern = "till*.mp4"
staff = "blanked"
  [[camera.blank]]
  why = "staff"
  polygon = [[0.60, 0.20], [1.0, 0.20], [1, 1], [0.60, 1.0]]
  [[camera.zone]]
  name = "hàng đợi"
  kind = "queue"
  min_s = 3
  polygon = [[0.10, 0.30], [0.55, 0.30], [0.55, 0.75], [0.10, 0.75], [0.10, 0.30]]
"""


def areas_of(folder: Path, text: str) -> Areas:
    path = folder / "cameras.toml"
    path.write_text(text, "utf-8")
    return read_cameras(path).cameras[0].areas


def zone(polygon: str = "[[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]", name: str = '"q"', kind: str = '"queue"') -> str:
    return f"[[camera.zone]]\nname = {name}\nkind = {kind}\npolygon = {polygon}\n"


def test_areas_are_read_as_they_are_written(tmp_path: Path) -> None:
    """Staff, blanks and zones; whole numbers are numbers, a first point that is repeated at the end is one."""
    areas = areas_of(tmp_path, TILL)

    assert areas.staff is Staff.BLANKED
    assert areas.blanks == (Blank(Why.STAFF, ((0.6, 0.2), (1.0, 0.2), (1.0, 1.0), (0.6, 1.0))),)
    assert [(one.name, one.kind, one.min_s, one.polygon) for one in areas.zones] == [
        ("hàng đợi", Kind.QUEUE, 3.0, SQUARE)
    ]


def test_a_camera_that_says_nothing_has_no_areas_and_unknown_staff(tmp_path: Path) -> None:
    """Nothing is blanked unasked; a staff area alone says that staff are blanked."""
    assert areas_of(tmp_path, "[[camera]]\npattern = '*'") == NO_AREAS
    assert NO_AREAS.staff is Staff.UNKNOWN
    assert areas_of(tmp_path, TILL.replace('staff = "blanked"', "")).staff is Staff.BLANKED


def test_one_zone_has_one_name_however_its_accents_are_written(tmp_path: Path) -> None:
    """A name in decomposed letters is the composed one; overlapping polygons are fine."""
    decomposed = unicodedata.normalize("NFD", TILL)
    assert decomposed != TILL
    more = zone("[[0.2, 0.3], [0.7, 0.3], [0.7, 0.75]]")

    areas = areas_of(tmp_path, decomposed + more)

    assert [one.name for one in areas.zones] == ["hàng đợi", "q"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            zone("[[0.1, 0.1], [0.5, 0.5], [0.5, 0.1], [0.1, 0.5]]"),
            r"zone 1 \('q'\), polygon: expected sides that do no",
        ),
        (
            zone("[[0.1, 0.1], [0.5, 0.5], [0.5, 0.1], [0.1, 0.5]]"),
            r"from \[0.1, 0.1\] to \[0.5, 0.5\] crosses the side",
        ),
        (zone("[[0.1, 0.1], [0.5, 0.5]]"), "expected 3 to 200 different points; found 2"),
        (zone("[[0.1, 0.1], [0.5, 0.5], [0.1, 0.1], [0.1, 0.1]]"), "expected"),
        (zone("[[0.1, 0.1], [0.3, 0.3], [0.5, 0.5]]"), "expected an area; found points on one line"),
        (zone("[[-0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]"), r"found \[-0.1, 0.1\] \(point 1\), outside it"),
        (zone("[[0.1, 0.1], [1.02, 0.1], [0.5, 0.5]]"), r"found \[1.02, 0.1\] \(point 2\), outside it"),
        (zone("[[nan, 0.1], [1, 0.1], [0.5, 0.5]]"), "outside it"),
        (zone("[[inf, 0.1], [1, 0.1], [0.5, 0.5]]"), "outside it"),
        (zone("[[192, 108], [960, 108], [960, 972]]"), "in pixels it seems. Divide each x by the picture's width"),
        (
            zone("[[192, 108], [1900, 108], [960, 972]]"),
            r"of 1920 x 1080 pixels it is \[\[0.1, 0.1\], \[0.9896, 0.1\], \[0.5, 0.9\]\]",
        ),
        (zone("[[0.1, 0.1], [0.5, 0.1, 0.2], [0.5, 0.5]]"), "expected points such as"),
        (zone("[]"), "found 0"),
        (zone("'left'"), "expected points such as"),
        (zone("[[true, 0.1], [0.5, 0.1], [0.5, 0.5]]"), "expected points such as"),
        (zone(kind='"queu"'), r"zone 1 \('q'\), kind: expected one of .*; found 'queu'. Did you mean 'queue'\?"),
        ("[[camera.zone]]\nname = 'q'\nkind = 'queue'", "polygon: expected points such as"),
        (zone(name='" "'), "name: expected a name in quotes"),
        (zone(name="7"), "name: expected a name in quotes; found 7|name: expected a name in quotes, of"),
        (zone() + zone(), r"zone 2 \('q'\), name: expected each zone once on a camera; found 'q' twice"),
        (zone(name='"ê"') + zone(name='"e\u0302"'), "expected each zone once on a camera; found 'ê' twice"),
        (zone() + "min_s = -1", "min_s: expected seconds, 0 to 3600"),
        (zone() + "min_s = '2'", "min_s: expected seconds, 0 to 3600"),
        (zone() + "seconds = 2", r"zone 1 \('q'\): unknown key 'seconds'"),
        (zone().replace("polygon", "poligon"), "unknown key 'poligon'; .* Did you mean 'polygon'?"),
        ("[camera.zone]\nname = 'q'", r"zone: expected \[\[camera.zone\]\] tables with double brackets"),
        ("[[camera.blank]]\npolygon = [[0, 0], [1, 0], [1, 1]]", "blank 1, why: expected one of"),
        ("staff = 'nobody'", 'staff: expected one of "none", "blanked", "unknown"; found'),
        ("staff = 'blanked'", r"staff: expected a \[\[camera.blank\]\] with why = \"staff\""),
        ("stuff = 'none'", "unknown key 'stuff' in camera 1; .* Did you mean 'staff'"),
        (
            "staff = 'none'\n[[camera.blank]]\nwhy = 'staff'\npolygon = [[0, 0], [1, 0], [1, 1]]",
            'staff: expected "blanked", as',
        ),
    ],
)
def test_wrong_areas_are_told_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    """A mistake names the file, the camera, the area and the key, what was expected and what to write."""
    with pytest.raises(UsageError, match=message) as caught:
        areas_of(tmp_path, f"[[camera]]\npattern = 'till*.mp4'\n{text}")

    assert str(caught.value).startswith(f"{tmp_path / 'cameras.toml'}: ")
    assert "camera 1" in str(caught.value)


def test_what_is_blanked_is_known_by_its_polygons_alone() -> None:
    """Order and reasons change no pixel, so they give the same hash; another point gives another; none gives none."""
    other = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    assert blank_sha256([SQUARE, other]) == blank_sha256([other, SQUARE, other])
    assert blank_sha256([SQUARE]) != blank_sha256([other])
    assert blank_sha256([]) is None
    assert blank_sha256([((0, 0), (1, 0), (1, 1))]) == blank_sha256([((-0.0, 0.0), (1.0, 0.0), (1.0, 1.0))])


@settings(deadline=None)  # machines that run tests are busy
@given(st.integers(3, 12), st.integers(0, 10_000))
def test_points_are_inside_as_an_oracle_says(corners: int, seed: int) -> None:
    """For star-shaped polygons around a centre, the distance to the border in a point's direction decides."""
    generator = np.random.default_rng(seed)
    angles = np.arange(corners) * 2 * np.pi / corners
    radii = generator.uniform(0.1, 0.5, corners)
    polygon = [(0.5 + r * np.cos(a), 0.5 + r * np.sin(a)) for r, a in zip(radii.tolist(), angles.tolist(), strict=True)]
    points = generator.random((50, 2))
    dx, dy = (points - 0.5).T
    sector = np.floor(np.arctan2(dy, dx) % (2 * np.pi) / (2 * np.pi / corners)).astype(int) % corners
    first, second = np.asarray(polygon)[sector], np.asarray(polygon)[(sector + 1) % corners]
    side = second - first
    expected = side[:, 0] * (points[:, 1] - first[:, 1]) - side[:, 1] * (points[:, 0] - first[:, 0]) > 0

    assert crossing(polygon) is None
    assert (inside(points, polygon) == expected).all()


def test_neighbours_share_no_point() -> None:
    """A face on the border of two zones is in one of them, and in no third state."""
    left, right = ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), ((0.5, 0), (1, 0), (1, 1), (0.5, 1))
    border = [(0.5, y / 20) for y in range(1, 20)]

    assert (inside(border, left) ^ inside(border, right)).all()
    assert area(left) == area(right) == 0.5
