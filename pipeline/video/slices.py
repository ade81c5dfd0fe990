"""The headers of H.264's slices and the parameter sets that they need (ISO 14496-10, 7.3): just enough of them."""

from __future__ import annotations

INTRA = {2, 4, 7, 9}
"""Types of slices that lean on no other picture (table 7-6)."""


class Bits:
    """A unit's content, bit by bit, without the bytes that only keep start codes from appearing (7.4.1)."""

    def __init__(self, content: bytes) -> None:
        self._number = int.from_bytes(content.replace(b"\0\0\3", b"\0\0"), "big")
        self._left = 8 * len(content.replace(b"\0\0\3", b"\0\0"))

    def take(self, count: int) -> int:
        """The next bits as a number.

        Raises:
            ValueError: there are no more.
        """
        if count > self._left:
            raise ValueError("the header ends too early")
        self._left -= count
        return self._number >> self._left & (1 << count) - 1

    def take_golomb(self) -> int:
        """An unsigned number of variable length (9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def take_signed(self) -> int:
        """A signed number of variable length (9.1.1)."""
        number = self.take_golomb()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def is_intra(body: bytes) -> bool:
    """Whether a slice leans on no other picture; yes where that cannot be read."""
    bits = Bits(body)
    try:
        bits.take_golomb()
        return bits.take_golomb() in INTRA
    except ValueError:
        return True
