"""The reader of the instruction stream: packets of a second writer (traces/packets.py), windows, and every kind of damage."""
import hashlib
import json
import pathlib
import random

import pytest

from traces import make, packets, tools
from traces.packets import Gap, Writer, run, transfer

LOOP = run(0x1000, "40 41 75fb")
AFTER = run(0x1004, "90 e800000000")
BODY = run(0x2000, "b801000000 c3")
STRING = run(0x3000, "31c0 f3aa", iterated=True)
PASS = run(0x3002, "f3aa", iterated=True)
LAST_PASS = run(0x3002, "f3aa")
STORE = run(0x4000, "8903", faulted=True)
FAULT = transfer("exception", 14, 2, from_ring=3, to_ring=0)
HANDLER = run(0xfc000000, "60 61 cf", mfn=0x7f000)
BACK = transfer("iret", from_ring=0, to_ring=3)
DATA = pathlib.Path(__file__).parent / "data"


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


def counted(directory, *options, status=tools.FINE):
    done = tools.run("stream", directory, "--json", *options)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def listed(directory, *options):
    return [line.split() for line in tools.run("stream", directory, "--list", *options).stdout.splitlines()]


def some_packets(count=12, epochs=(4, 9)):
    """Packets with the same things in each, and something new."""
    writer = Writer()
    for i in range(count):
        if i in epochs:
            writer.begin_epoch()
        writer.put(*[LOOP] * 50, AFTER, BODY, run(0x5000 + 16 * i, "40 c3"), *[LOOP, BODY] * 20).end_packet()
    return writer.packets


def bounds(packet):
    fields = packets.HEADER.unpack_from(packet)
    return fields[5], fields[6]


def test_what_was_written_is_read(tmp_path):
    writer = Writer(ring=3)
    writer.put(LOOP, LOOP, AFTER, STRING, PASS, PASS, LAST_PASS, STORE, FAULT, HANDLER, BACK, run(0x4000, "8903 c3")).end_packet()
    lines = listed(packets.write(tmp_path / "trace", writer.packets))
    assert [" ".join(words[1:]) for words in lines] == [
        "gap until=1000 recording had not begun",
        *["3 00001000 00100 40", "3 00001001 00100 41", "3 00001002 00100 75fb"] * 2,
        "3 00001004 00100 90", "3 00001005 00100 e800000000",
        "3 00003000 00100 31c0", *["3 00003002 00100 f3aa"] * 4,
        "3 00004000 00100 8903 faulted",
        "exception vector=14 error=0x2 ring=3->0 to=fc000000",
        "0 fc000000 7f000 60", "0 fc000001 7f000 61", "0 fc000002 7f000 cf",
        "iret vector=0 error=0 ring=0->3 to=00004000",
        "3 00004000 00100 8903", "3 00004002 00100 c3"]
    assert [int(words[0]) for words in lines if words[1].isdigit()] == list(range(1000, 1019))


def test_what_was_not_recorded_on_purpose_is_a_gap(tmp_path):
    """In the middle, after a transfer, at the end of a packet; the guesses go on behind it."""
    writer = Writer(ring=3)
    away = transfer("exception", 14, 2, from_ring=3, to_ring=0, to=0xfc000000)
    writer.put(*[LOOP] * 5, Gap(500, 0), *[LOOP] * 5, BACK, LOOP, away, Gap(1000, 3), LOOP, AFTER, Gap(7, 1)).end_packet()
    writer.put(LOOP, Gap(1 << 40, 2), AFTER).end_packet()
    trace = packets.write(tmp_path / "trace", writer.packets)
    lines = listed(trace)
    assert [" ".join(words[1:]) for words in lines if not words[1].isdigit()] == [
        "gap until=1000 recording had not begun", "gap until=1515 not recorded, as asked for",
        "iret vector=0 error=0 ring=0->3 to=00001000", "exception vector=14 error=0x2 ring=3->0 to=fc000000",
        "gap until=2533 not recorded, as asked for", "gap until=2545 not recorded, as asked for",
        f"gap until={2548 + (1 << 40)} not recorded, as asked for"]
    rings = [words[1] for words in lines if words[1].isdigit()]
    assert "".join(rings) == "3" * 15 + "0" * 15 + "3" * 3 + "3" * 5 + "1" * 3 + "2" * 2
    found = counted(trace)
    assert (found["instructions"], found["missing"], found["damage"]) == (43, 0, "")
    assert [" ".join(words) for words in listed(trace, "--from", "1014", "--until", "1020")] == [
        "1014 3 00001002 00100 75fb", "1015 gap until=1020 not recorded, as asked for"]


@pytest.mark.parametrize("length", [8, 500, (1 << 64) - 1, (1 << 64) - 20])
def test_a_gap_longer_than_its_packet_is_damage(tmp_path, length):
    writer = Writer()
    writer.put(*[LOOP] * 5, Gap(length, 0)).end_packet(until=1000 + 15 + 7)
    writer.put(LOOP).end_packet()
    found = counted(packets.write(tmp_path / "trace", writer.packets), status=tools.INCOMPLETE)
    assert (found["instructions"], found["missing"]) == (18, 7)


def test_transfers_without_an_instruction_between_them(tmp_path):
    writer = Writer()
    writer.put(LOOP, transfer("iret", to_ring=3, to=0x5555), transfer("interrupt", 0x20, from_ring=3), HANDLER).end_packet()
    transfers = [words[1:] for words in listed(packets.write(tmp_path / "trace", writer.packets)) if not words[1].isdigit()][1:]
    assert [(words[0], words[3], words[4]) for words in transfers] == [
        ("iret", "ring=0->3", "to=00005555"), ("interrupt", "ring=3->0", "to=fc000000")]


def test_code_ends_with_its_page(tmp_path):
    writer = Writer().put(run(0x1ffd, "40 b801000000 41", mfn=0x10, second_mfn=0x20)).end_packet()
    assert [words[2:4] for words in listed(packets.write(tmp_path / "trace", writer.packets))[1:]] == [
        ["00001ffd", "00010"], ["00001ffe", "00010"], ["00002003", "00020"]]


def test_totals_over_packets_and_epochs(tmp_path):
    found = some_packets()
    totals = counted(packets.write(tmp_path / "trace", found))
    first, until = bounds(found[0])[0], bounds(found[-1])[1]
    assert (totals["first"], totals["until"], totals["instructions"], totals["missing"]) == (first, until, until - first, 0)


@pytest.mark.parametrize("seed", range(20))
def test_windows(tmp_path, seed):
    found = some_packets()
    trace = packets.write(tmp_path / "trace", found)
    whole = [words for words in listed(trace) if words[1].isdigit()]
    begin, end = sorted(random.Random(seed).sample(range(len(whole)), 2))
    window = [words for words in listed(trace, "--from", whole[begin][0], "--until", whole[end][0]) if words[1].isdigit()]
    assert window == whole[begin:end]


@pytest.mark.parametrize("tool", ["stream", "insn", "profile", "check", "tlbsim", "memory"])
@pytest.mark.parametrize("window", [("--until", "1000"), ("--from", "1006"), ("--from", "5", "--until", "7"), ("--from", "99999999999")])
def test_a_window_beside_the_stream(tmp_path, tool, window):
    trace = packets.write(tmp_path / "trace", Writer().put(LOOP, LOOP).end_packet().packets)
    done = tools.run(tool, trace, *window)
    assert (done.returncode, done.stdout) == (tools.NOTHING, "")
    assert "begins with instruction 1000 and ends with 1005" in done.stderr


@pytest.mark.parametrize("options", [("--from", "7", "--until", "7"), ("--from", "1e6"), ("--from", "9" * 30), ("--json", "--csv"),
                                     ("--list", "--json")])
def test_wrong_usage(tmp_path, options):
    done = tools.run("stream", packets.write(tmp_path / "trace", some_packets(1)), *options)
    assert (done.returncode, done.stdout) == (tools.USAGE, "") and "--help tells more" in done.stderr


def test_what_is_printed_of_a_window(tmp_path):
    trace = packets.write(tmp_path / "trace", Writer().put(*[LOOP] * 500, AFTER).end_packet().packets)
    window = "--from", "1100", "--until", "2200"
    table = [line.split() for line in tools.run("stream", trace, *window).stdout.splitlines()]
    assert table[0] == ["instructions", "1,100"] and table[-1] == "from instruction 1100 to 2199".split()
    rows = tools.run("stream", trace, *window, "--csv").stdout.splitlines()
    assert rows[:3] == ["what,count", "instructions,1100", "ring 0,1100"] and rows[-1] == "missing,0"
    assert [counted(trace, *window)[key] for key in ("first", "until", "instructions")] == [1100, 2200, 1100]


# ---- damage ------------------------------------------------------------------------------------------------------

def test_a_missing_packet_is_a_gap_and_the_rest_of_its_epoch_needs_it(tmp_path):
    found = some_packets()
    del found[5]                          # what it defines appears nowhere else
    trace = packets.write(tmp_path / "trace", found)
    totals = counted(trace, status=tools.INCOMPLETE)
    first, until = bounds(some_packets()[5])
    assert totals["missing"] == until - first and "missing" in totals["damage"] and f"{first} to {until - 1}" in totals["damage"]


def test_lost_definitions_cost_what_needs_them(tmp_path):
    found = some_packets()
    del found[4]                          # the first of its epoch
    totals = counted(packets.write(tmp_path / "trace", found), status=tools.INCOMPLETE)
    assert totals["missing"] == bounds(some_packets()[8])[1] - bounds(some_packets()[4])[0]


@pytest.mark.parametrize("offset, what", [(packets.HEADER_BYTES + 20, "checksum"), (-3, "checksum"), (20, "beginnings of 1 packets")])
def test_a_damaged_byte_costs_its_packet(tmp_path, offset, what):
    found = some_packets(epochs=range(12))
    packet = bytearray(found[6])
    packet[offset] ^= 0x40
    found[6] = bytes(packet)
    totals = counted(packets.write(tmp_path / "trace", found), status=tools.INCOMPLETE)
    first, until = bounds(some_packets(epochs=range(12))[6])
    assert totals["missing"] == until - first and what in totals["damage"]


def beside_records(directory, found, end, name="stream_0"):
    """The packets in a trace whose last record is of instruction `end`."""
    trace = make.Trace()
    trace.event("hypervisor_start", time=1000)
    trace.event("hw_end", time=end, outcome="success")
    (trace.write(directory, nested="deep") / name).write_bytes(b"".join(found))
    return directory


def test_packets_that_are_missing_at_the_end(tmp_path):
    """Nothing of the stream says so, but the run went on."""
    found = some_packets()
    end = bounds(found[-1])[1]
    whole = counted(beside_records(tmp_path / "whole", found, end - 1))
    assert (whole["missing"], whole["gaps"], whole["damage"]) == (0, [], "")
    first = bounds(found[-2])[0]
    cut = beside_records(tmp_path / "cut", found[:-2], end - 1)
    totals = counted(cut, status=tools.INCOMPLETE)
    assert totals["gaps"] == [{"first": first, "until": end, "why": "the stream ends here, the run went on"}]
    assert (totals["missing"], totals["instructions"]) == (end - first, first - bounds(found[0])[0])
    assert f"{first} to {end - 1}" in totals["damage"]
    assert counted(cut, "--until", first)["damage"] == ""
    assert counted(cut, "--from", first + 5, "--until", first + 7, status=tools.INCOMPLETE)["missing"] == 2


def test_every_place_where_something_is_missing_is_named(tmp_path):
    found = some_packets(40, epochs=range(40))
    lost = [bounds(found[i]) for i in range(1, 39, 2)]
    trace = packets.write(tmp_path / "trace", found[::2] + found[-1:])
    totals = counted(trace, status=tools.INCOMPLETE)
    assert [(gap["first"], gap["until"]) for gap in totals["gaps"]] == lost
    told = tools.run("stream", trace).stderr
    assert all(f"{first} to {until - 1}" in told for first, until in lost[:16]) and "3 places more" in told
    assert f"{sum(until - first for first, until in lost)} instructions are missing" in told


def test_a_packet_of_another_version_is_told(tmp_path):
    writer = Writer().put(LOOP).end_packet()
    writer.put(LOOP).end_packet(version=packets.VERSION + 1)
    totals = counted(packets.write(tmp_path / "trace", writer.packets), status=tools.INCOMPLETE)
    assert f"version {packets.VERSION + 1}" in totals["damage"] and totals["instructions"] == 3


@pytest.mark.parametrize("again", [slice(None), slice(None, 200)])
@pytest.mark.parametrize("place", [0, 1, 3, 7])
def test_remains_of_a_packet_in_a_buffer_that_was_used_again(tmp_path, place, again):
    found = some_packets()
    totals = counted(packets.write(tmp_path / "trace", found[:place] + [found[2][again]] + found[place:]))
    assert (totals["missing"], totals["damage"]) == (0, "")
    assert totals["instructions"] == bounds(found[-1])[1] - bounds(found[0])[0]


@pytest.mark.parametrize("kept", [10, 151, 152, 160, 260])
def test_a_file_that_ends_within_a_packet(tmp_path, kept):
    found = some_packets(epochs=range(12))
    end = found[-1][:kept]
    totals = counted(packets.write(tmp_path / "trace", found[:-1] + [end]), status=tools.INCOMPLETE)
    assert totals["instructions"] == bounds(found[-2])[1] - bounds(found[0])[0]


@pytest.mark.parametrize("section, lost", [(0, True), (1, True), (2, True), (3, False)])
def test_a_damaged_section(tmp_path, section, lost):
    """Without walks nothing of the packet can be checked: it is a gap. Without accesses it is as if none had been recorded."""
    data = bytearray((DATA / "stream-1" / "stream_0").read_bytes())
    at = data.index(b"PENUFLOW")
    packed = [int.from_bytes(data[at + 60 + 12 * i:at + 64 + 12 * i], "little") for i in range(section + 1)]
    data[at + packets.HEADER_BYTES + sum(packed) - 2] ^= 0x10
    (tmp_path / "stream_0").write_bytes(data)
    totals = counted(tmp_path, status=tools.INCOMPLETE)
    assert "checksum" in totals["damage"] and (totals["missing"] > 0) == lost
    assert tools.run("check", tmp_path).returncode == tools.INCOMPLETE


def test_another_version_is_refused(tmp_path):
    writer = Writer().put(LOOP).end_packet(version=packets.VERSION + 1)
    done = tools.run("stream", packets.write(tmp_path / "trace", writer.packets))
    assert done.returncode == tools.NOTHING and "another version" in done.stderr


def test_no_stream(tmp_path):
    done = tools.run("stream", packets.write(tmp_path / "trace", []))
    assert done.returncode == tools.NOTHING and "TRACE=insn" in done.stderr
    (tmp_path / "trace" / "metadata").write_text('/* CTF 1.8 */ event { name = "penumbra_stream:packet"; };')
    done = tools.run("stream", tmp_path / "trace")
    assert done.returncode == tools.NOTHING and "its instruction stream is lost" in done.stderr


@pytest.mark.parametrize("seed", range(60))
def test_anything_may_be_in_it(tmp_path, seed):
    """Bytes of the content are changed and the checksums made right: nothing crashes, and no instruction is there twice."""
    found = some_packets(4)
    first, until = bounds(found[0])[0], bounds(found[-1])[1]
    packets.spoil(found, random.Random(seed))
    done = tools.run("stream", packets.write(tmp_path / "trace", found), "--json")
    assert done.returncode in (tools.FINE, tools.INCOMPLETE), done.stderr
    totals = json.loads(done.stdout)
    assert totals["instructions"] + totals["missing"] == until - first


def test_a_trace_that_has_lost_its_metadata(tmp_path):
    """The stream needs none; of what comes beside it nothing can be read."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "stream_0").write_bytes((DATA / "stream-1" / "stream_0").read_bytes())
    assert counted(tmp_path)["instructions"] == 68428
    done = tools.run("insn", tmp_path, "--show", "instructions", "--count", 10)
    assert done.returncode == tools.INCOMPLETE and len(done.stdout.splitlines()) == 10
    assert "its records cannot be read: its metadata is missing" in done.stderr and "error" not in done.stderr


# ---- traces of earlier versions -----------------------------------------------------------------------------------

# of each version: the digest of the listing, and the counts, as the version's own reader found them (tests/trace/code.S, TRACE=mem)
KEPT = {"stream-1": ("66de87647bae73df70807d459f671a10fc9ac7af0da33f8a59c62a7ea69b92d3",
                     {"first": 55864274, "until": 55932702, "instructions": 68428, "rings": [68308, 0, 0, 120], "faulted": 13,
                      "transfers": 80, "walks": 55, "accesses": 15780, "missing": 0, "damage": ""})}


@pytest.mark.parametrize("name", KEPT)
def test_kept_traces_can_still_be_read(name):
    digest, counts = KEPT[name]
    done = tools.run("stream", DATA / name, "--list")
    assert hashlib.sha256(done.stdout.encode()).hexdigest() == digest
    assert counts.items() <= counted(DATA / name).items()
