"""Run a campaign by hand, and print a table: kind, runs, as expected, not. It exits with 1 if any was not.

    python tests/campaign models --seed 1 --count 60

Each campaign is a module beside this one with `run(seed, count, folder)`, which gives a `Result` for each try;
`folder` is empty and may be filled, and the same seed tries the same again.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.results import Result

TESTS = Path(__file__).resolve().parent.parent

CAMPAIGNS = {
    "databases": "damaged databases: refused in one line with exit 5, or nothing but unused bytes is damaged",
    "inputs": "hostile inputs: an outcome and a line each, no other file concerned, a rerun changes nothing",
    "kills": "signals at random moments: resumed to the end, the rows of an unbroken run",
    "powercuts": "power cuts: whatever the disk kept, a whole database and the rows of an unbroken run",
    "models": "broken and tampered models of the store: refused with exit 6 and the file's name, the others listed",
}
"""Name of a module, and what it tries."""


def main() -> int:
    """Run what was asked for; the exit code."""
    # As a folder that is run, Python looks into it, and not beside it, for our own tests' modules.
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]
    from campaign.results import tabulate

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("campaign", choices=[*CAMPAIGNS, "all"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    asked = parser.parse_args()
    failed = 0
    for name in CAMPAIGNS if asked.campaign == "all" else [asked.campaign]:
        print(f"{name}: {CAMPAIGNS.get(name, '')} (seed {asked.seed})")
        with tempfile.TemporaryDirectory(prefix=f"campaign-{name}-") as folder:
            tries = importlib.import_module(f"campaign.{name}").run(asked.seed, asked.count, Path(folder))
            results = list(_told(tries))
        print("\n".join(tabulate(results)))
        failed += sum(not one.ok for one in results)
    return int(failed > 0)


def _told(tries: Iterable[Result]) -> Iterator[Result]:
    """What was not as expected is printed as it comes; Ctrl-C ends the campaign with a table of what was tried."""
    from campaign.results import explain

    try:
        for one in tries:
            for line in explain([one]):
                print(line, flush=True)
            yield one
    except KeyboardInterrupt:
        print("interrupted: this was tried until then")


if __name__ == "__main__":
    sys.exit(main())
