"""A decoder of the instruction stream, written from docs/stream.md alone: what it needs and is not there is a mistake of
the document. It decodes sound packets, for comparison with the library; see analysis/stream.h for a reader to use.

Callers: tests/test_stream_document.py.
"""
import ctypes
import dataclasses
import pathlib
import struct
import zlib

MAGIC, VERSION = b"PENUFLOW", 1
HEADER = struct.Struct("<8sHHIQQQIIII")
SECTIONS = struct.Struct("<24I")
WORD = (1 << 32) - 1
GOLDEN = 0x9e3779b1
KINDS = ["exception", "interrupt", "software_interrupt", "iret", "far", "hlt"]
LIBRARY = ctypes.CDLL("libzstd.so.1")
LIBRARY.ZSTD_decompress.restype = ctypes.c_size_t


class Bytes:
    """Bytes that are taken one after another."""

    def __init__(self, content):
        self.content, self.at = content, 0

    def more(self):
        return self.at < len(self.content)

    def take(self, count):
        assert self.at + count <= len(self.content), "it ends too early"
        self.at += count
        return self.content[self.at - count:self.at]

    def byte(self):
        return self.take(1)[0]

    def word(self):
        return int.from_bytes(self.take(4), "little")

    def number(self):
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value


@dataclasses.dataclass
class Packet:
    """A header that is what its checksum says, and the sections, unpacked."""
    number: int
    first: int
    until: int
    epoch: int
    first_symbol: int
    symbols: int
    ring: int
    sections: list


def unpacked(frame, length):
    out = ctypes.create_string_buffer(max(length, 1))
    got = LIBRARY.ZSTD_decompress(out, ctypes.c_size_t(length), frame, ctypes.c_size_t(len(frame)))
    assert got == length
    return out.raw[:length]


def packet_at(content, at):
    magic, version, header_bytes, check, *fields = HEADER.unpack_from(content, at)
    header = bytearray(content[at:at + header_bytes])
    header[12:16] = bytes(4)
    assert (magic, version, header_bytes) == (MAGIC, VERSION, 152) and zlib.crc32(header) == check
    words, place, sections = SECTIONS.unpack_from(content, at + HEADER.size), at + header_bytes, []
    for length, packed, crc in zip(words[::3], words[1::3], words[2::3]):
        frame = content[place:place + packed]
        assert zlib.crc32(frame) == crc
        sections.append(unpacked(frame, length) if packed else b"")
        place += packed
    return Packet(*fields, sections)


def packets(folder):
    """Those in all files of a folder, in their order."""
    found = []
    for path in pathlib.Path(folder).glob("stream_*"):
        content, at = path.read_bytes(), -1
        while (at := content.find(MAGIC, at + 1)) >= 0:
            found.append(packet_at(content, at))
    return sorted(found, key=lambda packet: packet.number)


# ---- definitions -------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Run:
    """instructions: (address, frame, bytes) of each."""
    faulted: bool
    iterated: bool
    instructions: list


@dataclasses.dataclass
class Transfer:
    """to: null, or the address of the instruction that was not run."""
    kind: str
    vector: int
    error: int
    from_ring: int
    to_ring: int
    to: int = None


def run_of(content):
    flags, address, frame = content.byte(), content.word(), content.number()
    second = content.number() if flags & 8 else None
    lengths, instructions, page = content.take(content.byte()), [], address >> 12
    for length in lengths:
        instructions.append((address, frame if address >> 12 == page else second, content.take(length).hex()))
        address = (address + length) & WORD
    return Run(bool(flags & 2), bool(flags & 4), instructions)


def transfer_of(content):
    kind, vector, rings, error = content.byte(), content.byte(), content.byte(), content.word()
    return Transfer(KINDS[kind], vector, error, rings & 3, rings >> 2 & 3, content.word() if rings & 16 else None)


def define(symbols, packet):
    content = Bytes(packet.sections[0])
    for number in range(packet.first_symbol, packet.first_symbol + packet.symbols):
        symbols[number] = transfer_of(content) if content.byte() else run_of(content)
    assert not content.more()


# ---- flow --------------------------------------------------------------------------------------------------------


def flow(packet):
    """Numbers of symbols, and (instructions, ring) of gaps."""
    content, guesses, second, history, last = Bytes(packet.sections[1]), {}, {}, 0, 0

    while content.more():
        hits, token = content.number(), content.number()
        for hit in range(hits + (token not in (0, 2))):
            index = (history * 0x85ebca6b & WORD) >> 18
            if hit < hits:
                symbol = guesses[index]
            else:
                symbol = second[last] if token == 1 else token - 2
                guesses[index] = second[last] = symbol
            yield symbol
            history, last = (history << 3 & WORD) ^ (symbol * GOLDEN & WORD) >> 7, symbol
        if token == 2:
            yield content.number(), content.number()
            history = last = 0


def decode(folder):
    """Yields ("i", time, ring, address, frame, bytes, faulted), ("t", time, Transfer, address that it led to) and
    ("gap", time, until) in their order; and, after those of each packet, its walks and accesses."""
    symbols, epoch, waiting = {}, None, None
    for packet in packets(folder):
        if packet.epoch != epoch:
            symbols, epoch = {}, packet.epoch
        define(symbols, packet)
        time, ring, addresses = packet.first, packet.ring, {}
        for token in flow(packet):
            symbol = symbols.get(token)
            if isinstance(token, tuple):
                yield "gap", time, time + token[0]
                time, ring = time + token[0], token[1]
            elif isinstance(symbol, Transfer):
                if waiting:
                    yield *waiting, waiting[2].to
                waiting, ring = ("t", time - 1, symbol), symbol.to_ring
            else:
                if waiting:
                    yield *waiting, waiting[2].to if waiting[2].to is not None else symbol.instructions[0][0]
                waiting = None
                for i, (address, frame, code) in enumerate(symbol.instructions):
                    addresses[time] = address
                    yield "i", time, ring, address, frame, code, symbol.faulted and i + 1 == len(symbol.instructions)
                    time += 1
        assert time == packet.until
        yield from walks(packet)
        yield from accesses(packet, addresses)
    if waiting:
        yield *waiting, waiting[2].to


# ---- walks and accesses ------------------------------------------------------------------------------------------


def columns(content, count):
    """The columns of a section; None: it is empty."""
    content = Bytes(content)
    lengths = [content.number() for _ in range(count)]
    return [Bytes(content.take(length)) for length in lengths]


def wrongs(tokens, count, bits):
    """For each of count walks or accesses, what is predicted wrongly."""
    done, most = 0, (1 << 8 - bits) - 1
    while tokens.more():
        token = tokens.byte()
        right = token >> bits
        right += tokens.number() if right == most else 0
        yield from [0] * right
        yield token & (1 << bits) - 1
        done += right + 1
    yield from [0] * (count - done)


def walk_outcome(purpose, directory, table):
    """Of a walk with these entries; table: null when the directory's entry leads to none."""
    write, user = purpose & 3 == 1, purpose & 4
    both = directory if table is None else directory & table
    if not both & 1 or write and not both & 2 or user and not both & 4:
        return 0 if table is None else 4
    leaf = 0x60 if write else 0x20
    outcome = 8 | (1 if (leaf if table is None else 0x20) & ~directory else 0)
    return outcome if table is None else outcome | 4 | (2 if leaf & ~table else 0)


def walks(packet):
    """Yields ("walk", time, page, purpose, directory's frame, its entry, the table's entry or 0, outcome)."""
    if not packet.sections[2]:
        return
    count, tokens, pages, gaps, roots, entries, outcomes = columns(packet.sections[2], 7)
    count, after, memory = count.number(), {}, {}
    time, page, purpose, root = packet.first, 0, 0, 0

    def entry_place(address):
        return (address // 4 * GOLDEN & WORD) >> 16

    for wrong in wrongs(tokens, count, 6):
        place = ((8 * page + purpose + 1) * GOLDEN & WORD) >> 16
        next_page, next_gap = after.get(place, (0, 0))
        next_page = pages.number() if wrong & 1 else next_page
        gap = gaps.number() if wrong & 2 else next_gap
        after[place] = next_page, gap
        page, purpose, time = next_page >> 3, next_page & 7, time + gap
        root = roots.number() if wrong & 4 else root
        directory_place = entry_place(root << 12 | page >> 10 << 2)
        directory = entries.number() << 12 | entries.number() if wrong & 8 else memory.get(directory_place, 0)
        outcome = outcomes.byte() if wrong & 32 else None
        goes_on = outcome & 4 if wrong & 32 else directory & 1 and not directory & 0x80
        table = None
        if goes_on:
            table_place = entry_place(directory & ~0xfff | (page & 0x3ff) << 2)
            table = entries.number() << 12 | entries.number() if wrong & 16 else memory.get(table_place, 0)
        if outcome is None:
            outcome = walk_outcome(purpose, directory, table)
        leaf = 0x60 if purpose & 3 == 1 else 0x20
        memory[directory_place] = directory | (0 if not outcome & 1 else 0x20 if goes_on else leaf)
        if goes_on:
            memory[table_place] = table | (leaf if outcome & 2 else 0)
        yield "walk", time, page, purpose, root, directory, table or 0, outcome


def signed(folded):
    return folded >> 1 ^ -(folded & 1)


def accesses(packet, addresses):
    """Yields ("access", time, bytes, direction, linear address, physical address), and ("quiet", first, until).
    addresses: of the instructions, by time."""
    if not packet.sections[3]:
        return
    count, tokens, gaps, shapes, linears, frames, quiet = columns(packet.sections[3], 7)
    sites, memory, time, nth, last = {}, {}, packet.first, 0, {"gap": 0}
    for wrong in wrongs(tokens, count.number(), 4):
        gap = gaps.number() if wrong & 1 else last["gap"]
        last["gap"] = min(gap, 65535)
        time, nth = time + gap, 0 if gap else nth + 1
        instruction = addresses[time]
        site = ((instruction + nth * GOLDEN) * GOLDEN & WORD) >> 16
        last = sites.setdefault(site, {"gap": 0, "shape": 0, "address": 0, "further": 0})
        shape = shapes.number() if wrong & 2 else last["shape"]
        further = signed(linears.number()) if wrong & 4 else last["further"]
        address = (last["address"] + further) & WORD
        page = (address >> 12) * GOLDEN % (WORD + 1) >> 18
        memory[page] = frame = frames.number() if wrong & 8 else memory.get(page, 0)
        last.update(shape=shape, address=address, further=further)
        yield "access", time, shape >> 2, shape & 3, address, frame << 12 | address & 0xfff
    end = packet.first
    while quiet.more():
        first = end + quiet.number()
        end = first + quiet.number()
        yield "quiet", first, end
