"""The project's pages as the tests of them see them: text, headings, links, code."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """As a message names it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """All but the fenced blocks."""
        return FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks of a language, in order."""
        return [found[2] for found in FENCE.finditer(self.text) if found[1] == language]

    @property
    def code(self) -> list[str]:
        """What stands between single backticks, line breaks taken as spaces."""
        return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", self.prose)]

    @property
    def anchors(self) -> set[str]:
        """Names of the headings as links write them: lower case, no punctuation, dashes for spaces."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    @property
    def links(self) -> list[str]:
        """Targets of links and pictures."""
        return re.findall(r"\]\(([^)\s]+)\)", self.prose)

    @property
    def commands(self) -> list[list[str]]:
        """The words of each `fer-video …` of the shell blocks, without `fer-video`."""
        joined = "\n".join(self.blocks("sh")).replace("\\\n", " ")
        lines = [part.strip() for line in joined.splitlines() for part in line.split("&&")]
        return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("fer-video ")]


def read_pages() -> list[Page]:
    """README.md, everything in `.docs`, the page of the sample videos; none where the documents are not shipped."""
    if not (ROOT / ".docs").is_dir():
        return []
    paths = [ROOT / "README.md", ROOT / "sample_videos" / "README.md", *sorted((ROOT / ".docs").rglob("*.md"))]
    return [Page(path, path.read_text("utf-8")) for path in paths]
