"""Pictures inside a page, taken out for the search for identity.

In base64 every fourth letter or so of a name is found by chance: a name of four letters stands in five megabytes of it
several times. So the pictures are decoded and searched as what they are, and the page without them.
"""

from __future__ import annotations

import base64
import re

PAGES = (".html", ".htm")
_DATA = re.compile(rb"(data:[a-z]+/[a-z0-9.+-]+;base64,)([A-Za-z0-9+/]+={0,2})")


def without_data(page: bytes) -> tuple[bytes, list[bytes]]:
    """Return a page without the data of its pictures, and their data decoded.

    What does not decode stays in the page, so that nothing goes unsearched.
    """
    pictures: list[bytes] = []

    def take(match: re.Match[bytes]) -> bytes:
        try:
            pictures.append(base64.b64decode(match.group(2), validate=True))
        except ValueError:
            return match.group(0)
        return match.group(1)

    return _DATA.sub(take, page), pictures
