"""docs/stream.md says all that a decoder must know: one that was written from it alone (traces/stream_decoder.py) finds
in a kept trace, and in one with windows, what the library finds."""
import pytest

from stream_listing import Listing, build_lister
from trace_machine import ROOT
from traces import packets, stream_decoder, tools

KEPT = ROOT / "tests" / "data" / "stream-1"


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


def line(item):
    """As analysis/stream --list prints it; null: it does not."""
    if item[0] == "i":
        _, time, ring, address, frame, code, faulted = item
        return f"{time} {ring} {address:08x} {frame:05x} {code}{' faulted' if faulted else ''}"
    if item[0] == "t":
        _, time, transfer, to = item
        error = hexadecimal(transfer.error)
        rings = f"{transfer.from_ring}->{transfer.to_ring}"
        return f"{time} {transfer.kind} vector={transfer.vector} error={error} ring={rings} to={to:08x}"
    return None


def check_flow(trace):
    """Returns how many lines were the same."""
    printed = [text for text in tools.run("stream", trace, "--list").stdout.splitlines() if " gap " not in text]
    found = list(filter(None, map(line, stream_decoder.decode(trace))))
    assert found == printed
    return len(found)


def test_instructions_and_transfers():
    assert check_flow(KEPT) > 60000


def test_gaps(tmp_path):
    there, elsewhere = packets.run(0x1000, "40 41 75fb"), packets.run(0x7000, "90 c3", second_mfn=9)
    writer = packets.Writer().put(*[there] * 30, packets.Gap(1000, 3), elsewhere, there, packets.Gap(7, 0)).end_packet()
    interrupt = packets.transfer("interrupt", 32, from_ring=0, to_ring=1)
    writer.put(there, packets.transfer("hlt", to=0x1004), interrupt, elsewhere).end_packet()
    trace = packets.write(tmp_path / "trace", writer.packets)
    assert check_flow(trace) == 30 * 3 + 2 + 3 + 3 + 2 + 2
    assert [item[1:] for item in stream_decoder.decode(trace) if item[0] == "gap"] == [(1090, 2090), (2095, 2102)]


def hexadecimal(value):
    """As C prints it with %#x."""
    return f"{value:#x}" if value else "0"


def walk_words(item):
    """As tests/unit/stream/list.c prints it."""
    _, time, page, purpose, root, directory, table, outcome = item
    entries = [(root << 12 | page >> 10 << 2, directory)]
    if outcome & 4:
        entries.append((directory & ~0xfff | (page & 0x3ff) << 2, table))
    numbers = time, purpose & 3, purpose >> 2, outcome >> 3, outcome & 3
    words = ["walk", *map(str, numbers), *(f"{hexadecimal(address)}={hexadecimal(value)}" for address, value in entries)]
    return [*words[:2], hexadecimal(page << 12), *words[2:]]


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """Walks and accesses of the kept trace: as the library finds them, and as the decoder does."""
    return Listing(build_lister(tmp_path_factory.mktemp("list")), KEPT), list(stream_decoder.decode(KEPT))


def test_walks(sides):
    found = [walk_words(item) for item in sides[1] if item[0] == "walk"]
    assert found == sides[0].of("walk") and len(found) == 55


def test_accesses(sides):
    found = [(time, direction, linear, physical, size)
             for _, time, size, direction, linear, physical in (item for item in sides[1] if item[0] == "access")]
    assert found == sides[0].accesses() and len(found) == 15780
