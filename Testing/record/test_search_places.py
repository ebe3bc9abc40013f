"""The quick ways of the privacy search give what the plain ways give, also across the borders of their blocks."""

from __future__ import annotations

import base64
import random
import re

import pytest

from PrintPrepLib.record import patterns, unpack
from PrintPrepLib.record.patterns import Patterns, encoded, is_uid
from PrintPrepLib.record.unpack import decoded

WORDS = (
    "Zwerenz", "Li Wei", "1961-02-03", "19610203", "Müßig", "4711234", "1.2.826.0.1.3680043.8.498.77001", "12345",
    "O'Brien & Söhne", 'a"b\\c', "王小东", "Adam", "Kim Y",
)  # fmt: skip
RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
LINES = re.compile(rb"^(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]*={0,2}", re.MULTILINE)


def texts(seed: int, count: int) -> list[bytes]:
    """Mixtures of the words in all their encodings, base64, lines of it, and bytes by chance."""
    chance = random.Random(seed)
    codes = [code for word in WORDS for _, code, _ in encoded(word)]

    def piece() -> bytes:
        kind = chance.random()
        if kind < 0.4:
            return chance.choice(codes)
        if kind < 0.7:
            return bytes(chance.choice(b"ABab01+/_-=\r\n \0\xff.,") for _ in range(chance.randint(0, 40)))
        if kind < 0.85:
            lines = [chance.randbytes(chance.choice((44, 45, 48, 57, 58))) for _ in range(chance.randint(1, 4))]
            return b"\n".join(base64.b64encode(line) for line in lines) + chance.choice((b"", b"\n", b"\r\n"))
        return chance.randbytes(chance.randint(0, 60))

    return [b"".join(piece() for _ in range(chance.randint(1, 8))) for _ in range(count)]


def plainly_decoded(text: bytes) -> list[tuple[int, bytes]]:
    found = [(m.start(), m.group()) for m in RUN.finditer(text) if not m.group().isdigit()]
    found += [(m.start(), b"".join(m.group().split())) for m in LINES.finditer(text)]
    return sorted(item for start, run in found for item in unpack._bytes_of(start, run))


@pytest.mark.parametrize("seed", [1, 2])
def test_base64_is_what_the_expression_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "_BLOCK", 50)
    for text in texts(seed, 300):
        assert sorted(decoded(text)) == plainly_decoded(text)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_place_is_a_candidate(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_BLOCK", 64)
    wanted = Patterns(sorted(WORDS))
    codes = [code for word in WORDS if not is_uid(word) for _, code, _ in encoded(word)]
    codes += [code for word in WORDS if is_uid(word) for code in (word.encode(), word.encode("utf-16-le"))]
    found = 0
    for text in (text.lower() for text in texts(seed, 300)):
        plain = {m.start() for code in codes for m in re.finditer(b"(?=" + re.escape(code) + b")", text)}
        candidates = list(wanted._candidates(text))
        assert candidates == sorted(set(candidates))
        assert plain <= set(candidates)
        found += len(plain)
    assert found > 300


@pytest.mark.parametrize("at", [0, 1, 2, 3, 58, 59, 60, 61, 62, 63, 64, 65, 127])
def test_a_word_on_a_border_is_found(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_BLOCK", 64)
    for word in ("Zwerenz", "19610203", "1.2.826.0.1.3680043.8.498.77001", "Müßig", "Li Wei"):
        text = b" " * at + word.lower().encode()  # nothing behind it: the last bytes of a file
        assert (word, "utf-8", at) in list(Patterns([word]).places(text)), word
