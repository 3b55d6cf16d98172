"""Packets of an instruction stream, written from docs/stream.md alone: a second writer, so that a reader that misunderstands the agent's
agrees with neither.

Callers: tests/test_analysis_stream.py, tests/test_stream_sanitized.py.
"""
import dataclasses
import struct
import zlib

VERSION, HEADER_BYTES, SECTIONS = 1, 152, 8
HEADER = struct.Struct("<8sHHIQQQIIII")
WORD = 1 << 32
KINDS = ["exception", "interrupt", "software_interrupt", "iret", "far", "hlt"]


def number(value):
    """A number of variable length."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def frame(content):
    """A frame of zstd with the content as it is (RFC 8878, 3.1.1: one segment, content size of 4 bytes, raw blocks)."""
    if not content:
        return b""
    out = struct.pack("<IBI", 0xfd2fb528, 0xa0, len(content))
    for at in range(0, len(content), 1 << 17):
        block = content[at:at + (1 << 17)]
        out += (len(block) << 3 | (at + len(block) == len(content))).to_bytes(3, "little") + block
    return out


def run(address, code, mfn=0x100, bits=32, faulted=False, iterated=False, second_mfn=None):
    """Definition of a run; code: the instructions' bytes in hexadecimal, separated by blanks."""
    instructions = [bytes.fromhex(word) for word in code.split()]
    flags = (bits == 32) | faulted << 1 | iterated << 2 | (second_mfn is not None) << 3
    return (bytes([0, flags]) + struct.pack("<I", address) + number(mfn) + (b"" if second_mfn is None else number(second_mfn))
            + bytes([len(instructions), *map(len, instructions)]) + b"".join(instructions))


def transfer(kind, vector=0, error=0, from_ring=0, to_ring=0, to=None):
    """Definition of a transfer."""
    rings = from_ring | to_ring << 2 | (to is not None) << 4
    return bytes([1, KINDS.index(kind), vector, rings]) + struct.pack("<I", error) + (b"" if to is None else struct.pack("<I", to))


@dataclasses.dataclass(frozen=True)
class Gap:
    """Among symbols: nothing was recorded for so many instructions; the next one runs in this ring."""
    instructions: int
    ring: int


def instructions_of(definition):
    if isinstance(definition, Gap):
        return definition.instructions
    at = 6
    for _ in range(2 if definition[1] & 8 else 1):
        while definition[at] & 0x80:
            at += 1
        at += 1
    return definition[at] if definition[0] == 0 else 0


@dataclasses.dataclass
class Writer:
    """Collects symbols, by their definitions, into packets."""
    time: int = 1000
    ring: int = 0
    epoch: int = 1
    packets: list = dataclasses.field(default_factory=list)
    numbers: dict = dataclasses.field(default_factory=dict)
    symbols: list = dataclasses.field(default_factory=list)     # of the packet under way

    def put(self, *definitions):
        self.symbols += definitions
        return self

    def begin_epoch(self):
        self.epoch += 1
        self.numbers = {}
        return self

    def flow(self):
        """The symbols as tokens; defines what is new."""
        guesses, second, history, last, hits, out = {}, {}, 0, 0, 0, b""
        for definition in self.symbols:
            if isinstance(definition, Gap):
                out += number(hits) + b"\2" + number(definition.instructions) + number(definition.ring)
                history, last, hits = 0, 0, 0
                continue
            symbol = self.numbers.setdefault(definition, len(self.numbers) + 1)
            place = history * 0x85ebca6b % WORD >> 18
            if guesses.get(place) == symbol:
                hits += 1
            else:
                out += number(hits) + (b"\1" if second.get(last) == symbol else number(symbol + 2))
                hits, guesses[place], second[last] = 0, symbol, symbol
            history = (history << 3) % WORD ^ (symbol * 0x9e3779b1 % WORD >> 7)
            last = symbol
        return out + (number(hits) + b"\0" if hits else b"")

    def end_packet(self, version=VERSION, until=None):
        """The packet is made of the symbols since the last one. until: the time that it says it ends at, when that is not theirs."""
        known = len(self.numbers)
        flow = self.flow()
        definitions = b"".join(list(self.numbers)[known:])
        until = until or self.time + sum(map(instructions_of, self.symbols))
        sections = [(definitions, frame(definitions)), (flow, frame(flow))] + [(b"", b"")] * (SECTIONS - 2)
        words = b"".join(struct.pack("<III", len(content), len(packed), zlib.crc32(packed)) for content, packed in sections)
        fields = [b"PENUFLOW", version, HEADER_BYTES, 0, len(self.packets), self.time, until, self.epoch, known + 1,
                  len(self.numbers) - known, self.ring]
        fields[3] = zlib.crc32(HEADER.pack(*fields) + words)
        self.packets.append(HEADER.pack(*fields) + words + b"".join(packed for _, packed in sections))
        for definition in self.symbols:
            if isinstance(definition, Gap):
                self.ring = definition.ring
            elif definition[0] == 1:
                self.ring = definition[3] >> 2 & 3
        self.time, self.symbols = until, []
        return self


def spoil(found, chance):
    """Change some bytes of what two of these packets hold, definitions and flow, and make the checksums right."""
    for at in chance.sample(range(len(found)), 2):
        fields = list(HEADER.unpack_from(found[at]))
        words, content = bytearray(found[at][HEADER.size:HEADER_BYTES]), bytearray(found[at][HEADER_BYTES:])
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        packed = int.from_bytes(words[4:8], "little")
        words[8:12] = zlib.crc32(content[:packed]).to_bytes(4, "little")
        words[20:24] = zlib.crc32(content[packed:]).to_bytes(4, "little")
        fields[3] = 0
        fields[3] = zlib.crc32(HEADER.pack(*fields) + words)
        found[at] = HEADER.pack(*fields) + words + content


def write(directory, packets, between=b"LTTng's own\0"):
    """A trace directory with these packets; returns it."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "metadata").write_bytes(b"/* CTF 1.8 */\n")
    (directory / "stream_0").write_bytes(between + between.join(packets))
    return directory
