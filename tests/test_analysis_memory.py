"""What analysis/memory says of streams in which every reference is known."""
import json
import random
import xml.etree.ElementTree

import pytest

from traces import make, streams, tools


@pytest.fixture(scope="module", autouse=True)
def readers():
    streams.build()


def trace(stream, *records):
    """Records of a machine with 0x4000 frames, of which domain 1 owns 0x2000 to 0x201f, and what else is given."""
    t = make.Trace().event("hypervisor_start", time=50, domid=0x7ff0, memory_frames=0x4000, cr3=0x300000, classes=0xff)
    t.event("domain_frames", time=60, domid=1, first_mfn=0x2000, owned=0xffffffff)
    for name, fields in records:
        t.event(name, **fields)
    t.time = stream.time
    return t.snapshot().event("hw_end", outcome="success")


def memory(tmp_path, stream, *options, records=()):
    directory = stream.write(tmp_path / "trace", trace(stream, *records))
    done = streams.run("memory", directory, "--json", *options)
    assert done.stderr == "" and done.returncode == tools.FINE
    return json.loads(done.stdout)


def uses(found, measure):
    return {use["use"]: use[measure] for use in found["uses"] if use[measure]}


def test_references_by_the_use_of_their_frame(tmp_path):
    s = streams.Stream(101).run(0x1000, "90 90 8b03", mfn=0x100).access("read", 0xc0005000, 0x2005000)
    s.run(0x1004, "f3a4", mfn=0x100, passes=3, iterations=9).access("write", 0xc0006000, 0x2006000)
    s.access("both", 0xc0007000, 0x101000)
    s.walk(0xc0005000, (0x300c00, 1), (0x2007014, 1), set_bits=2).run(0xc0003000, "90", mfn=0x2003, ring=1)
    found = memory(tmp_path, s, records=[
        ("shadow_make", dict(time=70, kind="l2", guest_mfn=0x2006, shadow_mfn=0x300)),
        ("table_type", dict(time=71, mfn=0x2007, type="l1")), ("table_type", dict(time=72, mfn=0x2005, type="none"))])
    assert uses(found, "instructions") == {"hypervisor": 6, "guest": 1}
    assert uses(found, "reads") == {"hypervisor": 1, "guest": 1}
    assert uses(found, "writes") == {"hypervisor": 1, "guest table": 1}
    assert uses(found, "walk_reads") == {"shadow table": 1, "guest table": 1}
    assert uses(found, "walk_sets") == {"guest table": 1}
    assert uses(found, "frames") == {"hypervisor": 2, "shadow table": 1, "guest": 2, "guest table": 2}
    assert [(frame["mfn"], frame["use"]) for frame in found["hottest"][:1]] == [(0x100, "hypervisor")]
    assert found["accesses"] == 3


def test_the_use_of_a_frame_changes(tmp_path):
    s = streams.Stream(101)
    for _ in range(6):
        s.run(0x1000, "8903", mfn=0x100).access("write", 0xc0005000, 0x2005000)
    shadow = dict(kind="l1", guest_mfn=0x2005, shadow_mfn=0x300)
    found = memory(tmp_path, s, records=[
        ("shadow_make", dict(time=102, **shadow)), ("shadow_make", dict(time=102, **dict(shadow, kind="l2"))),
        ("shadow_free", dict(time=103, **shadow)), ("shadow_free", dict(time=104, **dict(shadow, kind="l2"))),
        ("domain_frames", dict(time=105, domid=1, first_mfn=0x2000, owned=0))])
    assert uses(found, "writes") == {"guest": 2 + 1, "guest table": 2, "hypervisor": 1}


def test_working_sets(tmp_path):
    s = streams.Stream(0)
    for number in range(64):                               # 1024 instructions in each of 64 frames
        for _ in range(4):
            s.run(0x1000 * number, "90 " * 256, mfn=number)
        s.access("write", 0x5000, 0x2005000)
    found = memory(tmp_path, s, "--intervals", 4)
    assert found["interval"] == 16384
    assert [interval["from"] for interval in found["intervals"]] == [0, 16384, 32768, 49152]
    assert [interval["frames"]["hypervisor"] for interval in found["intervals"]] == [16] * 4
    assert [(interval["frames"]["guest"], interval["written"]) for interval in found["intervals"]] == [(1, 1)] * 4
    # 64 rows of 256 frames: the first has the code, that of frame 0x2005 the writes
    assert [interval["heat"][0] for interval in found["intervals"]] == [16384] * 4
    assert [interval["heat"][0x2005 // 256] for interval in found["intervals"]] == [16] * 4
    short = memory(tmp_path / "short", s, "--intervals", 256)
    assert short["interval"] == 4096 and len(short["intervals"]) == 16


def distances(order):
    """By the definition: other pages between two references to the same one; None for the first."""
    stack, result = [], []
    for page in order:
        result.append(stack.index(page) if page in stack else None)
        if page in stack:
            stack.remove(page)
        stack.insert(0, page)
    return result


def expected_buckets(order):
    buckets = {}
    for distance in distances(order):
        if distance is not None:
            first = 1 << (distance.bit_length() - 1) if distance else 0
            buckets[first] = buckets.get(first, 0) + 1
    return buckets


def test_reuse_distances_are_exact(tmp_path):
    chance = random.Random(5)
    order = [int(chance.expovariate(0.02)) for _ in range(3000)]
    s = streams.Stream(1)
    for page in order:
        s.run(0x1000 * page, "90", mfn=page)
    found = memory(tmp_path, s)["reuse"]
    counted = {entry["from"]: entry["references"] for entry in found["distances"] if entry["references"]}
    assert counted == expected_buckets(order)
    assert (found["references"], found["first"]) == (3000, len(set(order)))


@pytest.mark.parametrize("pages", [1, 2, 3, 50])
def test_reuse_distances_stay_exact_when_places_are_numbered_anew(pages):
    chance = random.Random(pages)
    order = [chance.randrange(pages) for _ in range(2000)]
    lines = streams.run("reuse_print", pages, input=" ".join(map(str, order))).stdout.splitlines()
    buckets = {int(first): int(count) for first, count in map(str.split, lines[:-1]) if int(count)}
    assert (buckets, lines[-1]) == (expected_buckets(order), f"first {len(set(order))}")


def test_what_is_printed(tmp_path):
    s = streams.Stream(101).run(0x1000, "90 8b03", mfn=0x100).access("read", 0xc0005000, 0x2005000)
    directory = s.write(tmp_path / "trace", trace(s))
    table = streams.run("memory", directory, "--top", 1).stdout
    assert "Working sets" in table and "0x100" in table and "0x2005" not in table
    rows = streams.run("memory", directory, "--csv").stdout.splitlines()
    assert rows[0] == "about,key,name,measure,count"
    assert "use,2,guest,reads,1" in rows and "frame,8197,guest,reads,1" in rows
    picture = xml.etree.ElementTree.fromstring(streams.run("memory", directory, "--svg").stdout)
    cells = [cell for cell in picture.iter("{http://www.w3.org/2000/svg}rect") if cell.get("fill", "none")[0] == "#"]
    assert len(cells) == 1 + 2
    plain = streams.Stream(101).run(0x1000, "90", mfn=0x100)
    assert "no data accesses" in streams.run("memory", plain.write(tmp_path / "plain", trace(plain))).stdout
    assert streams.run("memory", "--help").stdout.startswith("usage: memory DIRECTORY")
    for wrong in (["--intervals", 1], ["--intervals", 257], ["--top", "x"], ["--until", 0]):
        assert streams.run("memory", directory, *wrong).returncode == tools.USAGE
    assert streams.run("memory", tmp_path / "none").returncode == tools.NOTHING
