"""The options of an audit as a source of labelled faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..data.audits import AuditSource


def audit_source(files: Sequence[Path] | None, db: str, videos: Path | None) -> AuditSource | None:
    """The audit that was named, its paths made absolute, as the run remembers them; None without files."""
    from ..data.audits import AuditSource

    if not files:
        return None
    return AuditSource(
        tuple(str(file.absolute()) for file in files),
        None if videos else db if "://" in db else str(Path(db).absolute()),
        str(videos.absolute()) if videos else None,
    )
