"""Frames that were read ahead and wait for whoever asks for them: some, and not more than so many bytes."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

AHEAD_FRAMES = 12

AHEAD_BYTES = 40 << 20
"""Six frames of 1080p, one of 4K. Of 8K none: such a frame is taken from the child when somebody asks for it."""

Item = TypeVar("Item")


class Ahead(Generic[Item]):
    """A queue between the thread that reads and the one that asks, bounded in frames and bytes."""

    def __init__(self) -> None:
        self._items: deque[tuple[Item, int]] = deque()
        self._changed = threading.Condition()
        self._held = 0
        self._waiting = self._stopped = False

    def reserve(self, size: int) -> bool:
        """Wait until there is room for an item of so many bytes; False if nobody wants it any more.

        One that is larger than all the room waits until somebody asks for it.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._has_room(size))
            return not self._stopped

    def put(self, item: Item, size: int = 0) -> None:
        """Add an item, for which room was reserved."""
        with self._changed:
            self._items.append((item, size))
            self._held += size
            self._changed.notify_all()

    def get(self) -> Item:
        """The next item; waits for it."""
        with self._changed:
            self._waiting = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._items)
            self._waiting = False
            item, size = self._items.popleft()
            self._held -= size
            self._changed.notify_all()
            return item

    def stop(self) -> None:
        """Nobody asks any more: what is there goes, and whoever waits for room goes on."""
        with self._changed:
            self._stopped = True
            self._items.clear()
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        if not self._items and self._waiting:
            return True
        return len(self._items) < AHEAD_FRAMES and self._held + size <= AHEAD_BYTES
