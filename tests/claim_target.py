"""A process that claims an analysis when it is told to, for tests of several: `claim_target.py DB VIDEO RUN`."""

from __future__ import annotations

import sys

from pipeline.store.writer import Store


def main() -> None:
    """Say that the database is open, wait for a line, claim, say what came of it, and hold it until input ends."""
    db, *key = sys.argv[1:]
    with Store(db) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        claimed = store.claim(int(key[0]), int(key[1]))
        sys.stdout.write(f"{type(claimed).__name__}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
