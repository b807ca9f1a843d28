"""Answers of NAS to our CoA, and journals whose octets have changed: nothing is raised, nothing false is believed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import random
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access.fold import fold
from oss.access.journal_reader import HEAD, MAX_PAYLOAD, Position, Reader, next_sound, parse
from radius import attributes as a
from radius.client import _COUNTERS, ANSWERS, _Lane, _Waiting
from radius.dynamic_authorization import parse as outcome
from radius.integrity import Secret, request
from radius.packet import Malformed, Packet
from tests.fuzz.corpus_files import saved
from tests.fuzz.mutations import Shape, flipped, mutated
from tests.radius.wires import NAS, SECRET

TIMES = 5 if os.environ.get("MILHA_SOAK") else 1
REPLIES, JOURNALS = 20_000 * TIMES, 2_000 * TIMES
ASKED = (a.COA_REQUEST, a.DISCONNECT_REQUEST, a.ACCESS_REQUEST)


def resigned(chance: random.Random, octets: bytes, authenticator: bytes) -> bytes:
    """Mutated, and mostly signed again as an answer is (RFC 2865 section 3)."""
    octets = mutated(chance, octets, SECRET)
    if chance.random() < 0.3 or len(octets) < 20:
        return octets
    shape = Shape.of(octets)
    shape.attributes = [one for one in shape.attributes if one.kind != a.MESSAGE_AUTHENTICATOR or chance.random() < 0.2]
    if chance.random() < 0.8:
        shape.code = chance.choice((2, 3, 11, 41, 42, 44, 45))
    octets = shape.octets()
    return octets[:4] + SECRET.digest(octets[:4] + authenticator + octets[20:]) + octets[20:]


def earned(octets: bytes, asked: int, authenticator: bytes) -> bool:
    """Whether this is an answer: worked out again from the RFCs with nothing but hashes (2865 section 3, 3579 3.2)."""
    length = int.from_bytes(octets[2:4], "big")
    body = octets[20:length]
    if octets[0] not in ANSWERS[asked] or not 20 <= length <= min(len(octets), 4096):
        return False
    if hashlib.md5(octets[:4] + authenticator + body + SECRET.value).digest() != octets[4:20]:
        return False
    at, signatures = 0, []
    while at < len(body):
        if at + 2 > len(body) or not 2 <= body[at + 1] <= len(body) - at:
            return False
        if body[at] == a.MESSAGE_AUTHENTICATOR:
            signatures.append((at, body[at + 2 : at + body[at + 1]]))
        at += body[at + 1]
    if not signatures:
        return True
    (at, value), *more = signatures
    if more or len(value) != 16:
        return False
    signed = octets[:4] + authenticator + body[: at + 2] + bytes(16) + body[at + 18 :]
    return hmac.digest(SECRET.value, signed, "md5") == value


async def test_a_nas_that_answers_anything_raises_nothing_and_is_believed_only_when_it_signs() -> None:
    counters = dict.fromkeys(_COUNTERS, 0)
    lane, chance, believed = _Lane(counters), random.Random(1), 0
    corpus = saved("reply")
    for number in range(REPLIES):
        asked = chance.choice(ASKED)
        authenticator = request(asked, 5, a.attr(a.ACCT_SESSION_ID, "8000"), SECRET)[4:20]
        octets = corpus[number] if number < len(corpus) else resigned(chance, chance.choice(corpus), authenticator)
        answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        lane.waiting = {(NAS, octets[1] if len(octets) > 1 else 0): _Waiting(asked, authenticator, SECRET, answer)}
        lane.datagram_received(octets, NAS)
        assert answer.done() == (len(octets) >= 20 and earned(octets, asked, authenticator)), octets.hex()
        if answer.done():
            believed += 1
            assert isinstance(outcome(answer.result()).text, str)
    assert REPLIES * 0.05 < believed < REPLIES * 0.9 and counters["malformed"] and counters["bad_authenticator"]


def test_a_journal_that_has_rotted_is_read_to_its_end_and_folded(tmp_path: Path) -> None:
    """Whatever the octets, reading comes to the end, and every record it gives carries its checksum."""
    chance, corpus = random.Random(2), saved("journal")
    path, whole, cut = tmp_path / "00000001.log", 0, 0
    for _ in range(JOURNALS):
        frames = [chance.choice(corpus) for _ in range(chance.randrange(1, 8))]
        data = b"".join(frames)
        if chance.random() < 0.8:
            data = flipped(chance, data)
        path.write_bytes(data)
        reader, position, read = Reader(tmp_path), Position(1, 0), []
        durable = Position(1, len(data))
        while position < durable:
            records, position = reader.read(position, durable, chance.choice((1, 1 << 20)))
            read += records
        fold(read)
        whole, cut = whole + (len(read) == len(frames)), cut + (len(read) < len(frames))
    assert whole and cut


def forged(chance: random.Random, octets: bytes) -> bytes:
    """A frame whose contents are anything and whose checksum is right: what only a fault of ours could write."""
    payload = flipped(chance, octets[HEAD.size :])[:MAX_PAYLOAD]
    head = bytearray(octets[: HEAD.size])
    for _ in range(chance.randrange(3)):
        head[8 + chance.randrange(HEAD.size - 8)] = chance.randrange(256)
    struct.pack_into("<I", head, 4, len(payload))
    struct.pack_into("<I", head, 0, zlib.crc32(payload, zlib.crc32(head[4:])))
    return bytes(head) + payload


def test_a_record_that_says_anything_is_folded_without_a_word() -> None:
    chance, corpus, seen = random.Random(3), saved("journal"), 0
    for _ in range(JOURNALS):
        data = b"".join(forged(chance, chance.choice(corpus)) for _ in range(6))
        records, behind = parse(data)
        assert (len(records), behind) == (6, len(data))
        seen += sum(len(part) if isinstance(part, list) else 1 for part in fold(records).parts)
    assert seen


@given(st.binary(max_size=200))
def test_octets_that_are_no_packet_are_malformed_and_nothing_worse(octets: bytes) -> None:
    try:
        packet = Packet.parse(octets)
    except Malformed:
        return
    assert all(len(packet.get_all(kind)) == len(packet.offsets(kind)) for kind in packet.at)
    assert Shape.of(packet.raw).octets() == packet.raw


@given(st.binary(max_size=300))
def test_octets_that_are_no_record_are_passed_over(octets: bytes) -> None:
    records, behind = parse(octets)
    assert records == [] and behind == 0
    assert next_sound(octets) is None


@pytest.mark.parametrize("name", ["auth", "acct", "reply", "journal"])
def test_the_corpus_is_small(name: str) -> None:
    assert len(saved(name)) >= 4 and sum(map(len, saved(name))) < 8_000


def test_mutations_are_the_same_for_the_same_seed_and_mostly_not_the_original() -> None:
    one, other = random.Random(7), random.Random(7)
    corpus = saved("auth")
    made = [mutated(one, octets, Secret(b"s")) for octets in corpus]
    assert made == [mutated(other, octets, Secret(b"s")) for octets in corpus]
    assert sum(was == now for was, now in zip(corpus, made, strict=True)) < len(corpus) / 4
