"""How the files of usual recorders are named, and what can be read from that: the presets of `start_pattern`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from .patterns import Form

if TYPE_CHECKING:
    from datetime import tzinfo

    from .patterns import Said

BEGIN = r"(?:(?<=/)|^)"
DATE = r"(?P<date>20\d\d-\d\d-\d\d)"
DAY = r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
CLOCK = r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
STAMP = rf"{DAY}{CLOCK}"
IP = r"(?:\d{1,3}\.){3}\d{1,3}"
CLOCK_12 = r"(?P<hour>\d\d?)[.:](?P<minute>\d\d)[.:](?P<second>\d\d)\s?(?P<half>[AaPp]\.?[Mm]\.?)"
CLOCK_24 = r"(?P<hour>\d\d?)[.:](?P<minute>\d\d)[.:](?P<second>\d\d)(?![.:\d])(?!\s?[AaPp]\.?[Mm])"
ZONE = r"(?:\s(?P<zone>(?:GMT|UTC)(?:[+-]\d\d?(?::?\d\d)?)?))?"
UNIFI_REST = rf"{ZONE}(?:\s-\s.*)?(?:\s?\(\d+\))?"
PHONE_REST = r"(?:[_~.(-].*|\s.*)?"
"""What phones put behind the time: a number, an effect, `~2` for a copy that was edited."""

UTC_NAMES = {"frigate": "its folders are in UTC", "pixel": "its names are in UTC"}
"""Makers whose names do not have the place's time, and what is to be said of that."""


def _form(text: str, zone: tzinfo | None = None) -> Form:
    return Form(re.compile(rf"{BEGIN}{text}$"), zone)


DAHUA = (
    # XVR_ch1_main_20240326090000_20240326093000; of a recorder with a name of its own that is part of the camera's.
    _form(
        rf"(?:(?:XVR|NVR|DVR|HCVR|HDCVR|IPC|SD)_)?(?P<camera>(?:[^/]+_)?ch\d+)_(?:(?:main|sub|extra)\d?_)?"
        rf"(?P<start>{STAMP})_{STAMP}(?:_.*)?"
    ),
    # 2024-03-26/001/dav/09/09.00.00-09.30.00[M][0@0][0]
    _form(rf"{DATE}/(?P<camera>[^/]+)/(?:[^/]+/){{0,2}}(?P<time>\d\d\.\d\d\.\d\d)-\d\d\.\d\d\.\d\d(?:\[.*)?"),
    # 2024-03-26/001/jpg/09/00/00[M][0@0][0]
    _form(rf"{DATE}/(?P<camera>[^/]+)/jpg/(?P<hour>\d\d)/(?P<minute>\d\d)/(?P<second>\d\d)(?:\[.*)?"),
)
PRESETS: dict[str, tuple[Form, ...]] = {
    "hikvision": (
        # 192.168.1.64_01_20240326090000, with milliseconds or an end behind it
        _form(rf"(?P<camera>{IP}(?:_\w+?)??)_(?P<start>{STAMP}(?:\d{{3}})?)(?:_.*)?"),
        # ch01_20240326090000; ch01_00000000000000113 says nothing
        _form(rf"(?P<camera>(?:ch|[AD])\d{{1,4}})_(?P<start>{STAMP}(?:\d{{3}})?)"),
        # D1_S20240326090000_E20240326093000
        _form(rf"(?P<camera>[^/]+?)_S(?P<start>{STAMP})_E{STAMP}(?:_.*)?"),
        # Camera 01_20240326090000_20240326093000
        _form(rf"(?P<camera>(?!(?:[^/]*_)?ch\d+_)[^/]+?)_(?P<start>{STAMP})_{STAMP}(?:_.*)?"),
    ),
    "dahua": DAHUA,
    "kbvision": DAHUA,  # Dahua's recorders under another name
    "reolink": (
        # RecM01_20240326_090000_093000_HASH, RecS02_DST20240326_…: main and sub stream; the number is no camera
        _form(rf"(?:Mp4Record_[\d-]+_)?Rec[A-Z]\d\d_(?:DST)?(?P<start>{DAY}_{CLOCK})(?:_{CLOCK})?(?:_.*)?"),
        # RLC-410_00_20240326090000
        _form(rf"(?P<camera>(?!{IP}_)(?!ch\d+_)[^/]+_\d\d)_(?P<start>{STAMP})"),
    ),
    "frigate": (
        # 2024-03-26/09/front_door/12.34: in UTC since version 0.12
        _form(
            rf"{DATE}/(?P<hour>[01]\d|2[0-3])/(?P<camera>[^/]+)/(?P<minute>[0-5]\d)\.(?P<second>[0-5]\d)", UTC
        ),
    ),
    "axis": (
        # axis-ACCC8E012345_20240326_090000_1A2B
        _form(
            rf"(?P<camera>axis[-_ ]?(?:ACCC8E|B8A44F|00408C|E82725)[0-9A-Fa-f]{{6}})_(?P<start>{DAY}_{CLOCK})(?:_.*)?"
        ),
        # 20240326_090000_1A2B_ACCC8E012345/20240326_09/20240326_090012_3C4D, as on memory cards
        _form(
            rf"{DAY}_{CLOCK}_[0-9A-F]{{4}}_(?P<camera>[0-9A-F]{{12}})/(?:{DAY}_\d\d/)?"
            rf"(?P<start>{DAY}_{CLOCK})_[0-9A-F]{{4}}"
        ),
        # Entrance 2024-03-26 09-00-00, as exported
        _form(
            rf"(?P<camera>[^/]*[^/\s_-])[ _](?P<start>{DATE.replace('?P<date>', '?:')}[ _]\d\d[-.]\d\d[-.]\d\d)"
            r"(?:[ _]\(?\d+\)?)?"
        ),
    ),
    "unifi": (
        # Front Door - 3-26-2024, 9.00.00 AM
        _form(rf"(?P<camera>[^/]+?)(?:\s-)?\s(?P<month>\d\d?)-(?P<day>\d\d?)-(?P<year>20\d\d),?\s{CLOCK_12}{UNIFI_REST}"),
        # 3-26-2024, 09.00.00 and 26-3-2024, 09.00.00: which is the month is plain from the 13th on only
        _form(
            rf"(?P<camera>[^/]+?)(?:\s-)?\s(?P<month>\d\d?)-(?P<day>1[3-9]|2\d|3[01])-(?P<year>20\d\d),?\s"
            rf"{CLOCK_24}{UNIFI_REST}"
        ),
        _form(
            rf"(?P<camera>[^/]+?)(?:\s-)?\s(?P<day>1[3-9]|2\d|3[01])[-.](?P<month>\d\d?)[-.](?P<year>20\d\d),?\s"
            rf"{CLOCK_24}{UNIFI_REST}"
        ),
        # Front Door - 2024-03-26 - 09.00.00+0700
        _form(
            rf"(?P<camera>[^/]+?)\s-\s{DATE}\s-\s(?P<time>\d\d\.\d\d\.\d\d)(?P<zone>Z|[+-]\d\d:?\d\d)?(?:\s.*)?"
        ),
        # F09FC2012345_0_rotating_2024-03-26T02.00.00Z, F09FC2012345_0_rotating_1711443600000
        _form(
            r"(?P<camera>[0-9A-F]{12})_\d_(?:rotating|timelapse)_(?:(?P<unix>\d{13})|"
            r"(?:\d{13}_)?(?P<start>20\d\d-\d\d-\d\d[T_ ]\d\d[.:-]\d\d[.:-]\d\d(?:[.,]\d+)?"
            r"(?:Z|[+-]\d\d[.:]?\d\d)?))(?:_.*)?"
        ),
        # Front_Door_1711443600000_1711445400000
        _form(r"(?P<camera>(?![0-9A-F]{12}_\d_)[^/]+?)_(?P<unix>1\d{12})(?:_(?:1\d{12})?.*)?"),
    ),
    "android": (
        # VID_20240326_090000, IMG_20240326_090000_1, MVIMG_…, VID20240326090000, also of cameras that follow phones
        _form(rf"(?:VID|IMG|MVIMG|PANO|TRIM)_?(?P<start>{DAY}_?{CLOCK}(?:\d{{3}})?){PHONE_REST}"),
        # 20240326_090000, as Samsung's phones write
        _form(rf"(?P<start>{DAY}_{CLOCK})(?:_\d{{1,3}}|\(\d+\)|\s\(\d+\))?"),
    ),
    "pixel": (
        # PXL_20240326_020000123, PXL_20240326_020000123.TS: Google's phones name their files in UTC
        _form(rf"PXL_(?P<start>{DAY}_{CLOCK}(?:\d{{3}})?){PHONE_REST}", UTC),
    ),
    "blueiris": (
        # Entrance.20240326_090000
        _form(rf"(?P<camera>[^/.]+)\.(?P<start>{DAY}_{CLOCK})(?:\.\d+)?"),
    ),
    "motioneye": (
        # Camera1/2024-03-26/09-00-00
        _form(rf"(?P<camera>[^/]+)/{DATE}/(?P<time>[0-2]\d-[0-5]\d-[0-5]\d)"),
    ),
    "shinobi": (
        # 2024-03-26T09-00-00
        _form(r"(?P<start>20\d\d-\d\d-\d\dT[0-2]\d-[0-5]\d-[0-5]\d)"),
    ),
    "xiaomi": (
        # 2024032609/00M05S_1711443605
        _form(rf"{DAY}(?:[01]\d|2[0-3])/[0-5]\dM[0-5]\dS_(?P<unix>1\d{{9}})"),
    ),
}  # fmt: skip
"""The forms of each maker's names, tried in this order."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Whose names a path's is like.

    Attributes:
        recorders: the presets that fit, which say the same unless `said` is None.
        said: what they say; None if they say different things.
    """

    recorders: tuple[str, ...] = ()
    said: Said | None = None


def read_preset(name: str, path: str) -> Said | None:
    """What a path says as a recorder's; None if it is none of its names."""
    return next((said for form in PRESETS[name] if (said := form.read(path))), None)


@lru_cache(maxsize=4096)
def recognise(path: str) -> Recognised:
    """Whose names a path's is like. Makers that write the same are as good as one."""
    fitting = {name: said for name in PRESETS if (said := read_preset(name, path))}
    readings = {said.start for said in fitting.values()}
    return Recognised(tuple(fitting), next(iter(fitting.values())) if len(readings) == 1 else None)
