"""`python -m pipeline`: the same as `fer-video`."""

from __future__ import annotations

import sys

if not sys.flags.safe_path:
    # The working folder, which `-m` puts first: a struct.py or signal.py that lies there is not Python's own.
    del sys.path[0]

from pathlib import Path

PLACE = Path(__file__).parent.parent


def main() -> None:
    """Look for everything of ours where this package lies, then go the way of `fer-video`."""
    if str(PLACE) not in sys.path:
        sys.path.insert(0, str(PLACE))
    if (PLACE / ".entry").is_dir():
        sys.path.insert(0, str(PLACE / ".entry"))
    from fer_video import main as enter

    enter()


if __name__ == "__main__":
    main()
