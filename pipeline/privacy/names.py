"""Names that look like a person's: a folder or file that is called after somebody becomes a location in every report.

It is a guess by lists of frequent names, for somebody who then looks: it misses some, and finds some that are none.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = {
    "family": """nguyen tran pham hoang huynh phan dang bui duong trinh dinh truong luong doan quach thach trieu smith
        johnson williams jones miller davis garcia martinez wilson anderson muller schmidt schneider""",
    "short": "le vu vo do ho ngo ly dao mai cao ha to ta kim lam luu thai",
    "given": """
        john mary james anna peter paul david michael sarah laura thomas maria daniel emma julia martin robert
        linda susan kevin lisa lucas sophie hans minh huong thao trang nhung quynh phuong thuy hanh tuan hung dung
        ngoc quang""",
    "middle": "thi van ngoc duc cong quang xuan thanh huu",
    "titles": "mr mrs ms dr prof anh chi ong ba",
    "places": """cam camera door shop cafe till quay street entrance exit floor office store hall room desk counter gate
        market cua hang quan tang kho phong nhanh cong pho test clip video copy channel ch main sub
        noi nang dong tinh giang guom nhap vao chua""",
}
FAMILY, SHORT_FAMILY, GIVEN, MIDDLE, TITLES, PLACES = (frozenset(words.split()) for words in _NAMES.values())
"""Family names that are hardly anything else; those that are also words, which are names only where all words begin
with capitals, or a usual middle name follows; given names; middle names; what stands before a name; and words of
places, which no person is called by."""

_WORD = re.compile(r"[^\W\d_]+")


def looks_personal(name: str) -> bool:
    """Whether a name of a file, folder, camera or location looks like a person's."""
    words = [word for part in _WORD.findall(normalize("NFC", name)) for word in _humps(part)]
    plain = [_fold(word) for word in words]
    others = [word for word in plain if word not in PLACES and len(word) > 1]
    if not others:
        return False
    capitals = all(word[0].isupper() for word in words)
    known = GIVEN | FAMILY
    if plain[0] in TITLES and len(words) > 1:
        return plain[1] not in PLACES and (words[1][0].isupper() or plain[1] in known)
    if any(word in FAMILY for word in others):
        return len(others) > 1
    if plain[0] in SHORT_FAMILY and len(plain) > 2 and plain[1] in MIDDLE:
        return True
    if any(word in SHORT_FAMILY for word in others):
        return capitals and len(others) > 1 and len(others) == len(words)
    return any(word in known for word in others) and (capitals or len(others) == 1)


def _humps(joined: str) -> list[str]:
    """`TranThiHoa` as three words."""
    turns = [at for at in range(1, len(joined)) if joined[at].isupper() and joined[at - 1].islower()]
    return [joined[first:last] for first, last in zip([0, *turns], [*turns, len(joined)], strict=True)]


def _fold(word: str) -> str:
    """Without accents, in small letters."""
    bare = "".join(letter for letter in normalize("NFD", word.lower()) if not combining(letter))
    return bare.replace("đ", "d")


def personal_names(paths: Iterable[str], places: Iterable[str]) -> list[str]:
    """Which of these look like a person's: each folder and file name of the paths, and each name of a place."""
    parts = {part for path in paths for part in (*PurePath(path).parts[:-1], PurePath(path).stem)}
    return sorted(name for name in parts | set(places) if looks_personal(name))
