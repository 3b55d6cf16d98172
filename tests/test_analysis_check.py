"""The trace checker: a stream that keeps every rule of analysis/check.h, and for each rule one that breaks it."""
import json

import pytest

from traces import make, streams, tools

ROOT_TABLE = 0x300000
PRESENT = 0x63                  # with writable, accessed and dirty
HYPERVISOR, GATE, FAULT, STACK = 0xfc100000, 0xfc100200, 0xfc100300, 0xfc200ff8
KERNEL, DATA = 0xc0001000, 0xc0005000
FRAMES = {0xfc100: 0x400, 0xfc200: 0x401, 0xc0001: 0x2001, 0xc0005: 0x2005}


@pytest.fixture(scope="module", autouse=True)
def readers():
    streams.build()


def walk(stream, address, root=ROOT_TABLE, value=PRESENT, **options):
    """A page walk through root to the page's frame; each directory entry has a table of its own."""
    directory, index = address >> 22, address >> 12 & 0x3ff
    table = 0x500000 + 0x1000 * directory
    entries = (root + 4 * directory, table | PRESENT), (table + 4 * index, FRAMES[address >> 12] << 12 | value)
    return stream.walk(address, *entries, **options)


def code(stream, address, instructions, ring=0, **options):
    return stream.run(address, instructions, ring=ring, mfn=options.pop("mfn", FRAMES[address >> 12]), **options)


def iret(stream, address):
    return code(stream, address, "cf").access("read", STACK - 4, 0x401ff4)


def sound(**change):
    """A stream that keeps the rules but for change: the hypervisor starts a guest, which makes a hypercall and faults."""
    def get(name, value):
        return change.get(name, value)
    s = streams.Stream(101)
    walk(s, HYPERVISOR, use="fetch", **get("walk", {}))
    code(s, HYPERVISOR, "90 55 e8f9000000")
    walk(s, STACK, time=102, **get("stack", {})).access("write", STACK, get("physical", 0x401ff8), time=102)
    s.access("write", STACK - 4, 0x401ff4)
    s.time += get("skip", 0)
    code(s, HYPERVISOR + get("target", 0x100), "85c0 7405")
    code(s, HYPERVISOR + 0x104, get("string", "f3a4"), passes=2, iterations=7)
    iret(s, HYPERVISOR + 0x106)
    if get("iret", True):
        s.transfer("iret", KERNEL, to_ring=1)
    walk(s, KERNEL, use="fetch")
    code(s, KERNEL, "90 cd82", ring=get("ring", 1), mfn=get("mfn", FRAMES[KERNEL >> 12]))
    s.transfer(get("kind", "software_interrupt"), GATE, from_ring=1, vector=0x82)
    iret(s, GATE)
    s.transfer("iret", get("back", KERNEL + 3), to_ring=1)
    resume = get("resume", KERNEL + 3)
    code(s, resume, "8b03", ring=1, faulted=True)
    if get("fault", True):
        s.transfer("exception", FAULT, from_ring=1, vector=14, error=4)
        iret(s, FAULT).transfer("iret", resume, to_ring=1)
    code(s, resume, "8b03 43", ring=1)
    walk(s, DATA, time=s.time - 2).access("read", DATA, 0x2005000, time=s.time - 2)
    code(s, resume + 3, f"eb{(KERNEL - resume - 5) & 0xff:02x}", ring=1)
    if get("written", False):
        s.access("write", KERNEL, FRAMES[KERNEL >> 12] << 12, size=1)
    code(s, KERNEL, get("again", "90"), ring=1)
    return s


def records(stream, **change):
    """Records that agree with the stream."""
    runs = [line.split() for line in stream.lines if line.startswith("run")]
    rings = [sum(int(r[4]) - 1 + int(r[6]) for r in runs if int(r[5]) == ring) for ring in range(4)]
    classes = change.get("classes", 0xff)
    t = make.Trace().event("hypervisor_start", time=50, domid=0x7ff0, cr3=ROOT_TABLE, classes=classes)
    t.event("hw_tlb_control", time=60, means="mov_cr4", value=0x90)
    t.event("hw_ring", time=108, **{"from": change.get("from_ring", 0), "to": 1})
    if "explained" in change:
        t.event(change["explained"], time=110, domid=0x7ff0)
    t.event("hw_exception", time=112, vector=change.get("vector", 14), ring=1)
    t.counters.update({f"ring{ring}": count for ring, count in enumerate(rings)}, instructions=sum(rings),
                      walks=sum(line.startswith("walk") for line in stream.lines))
    t.counters["ring0"] += change.get("more", 0)
    t.time = stream.time
    return t.snapshot().event("hw_end", outcome="success")


def check(tmp_path, stream, trace=None, *options):
    """(status, {rule: offences}, report, complaints)."""
    directory = stream.write(tmp_path / "trace", trace or records(stream))
    done = streams.run("check", directory, "--json", *options)
    found = json.loads(done.stdout)
    return done.returncode, {r["rule"]: r["offences"] for r in found["rules"] if r["offences"]}, found, done.stderr


def test_a_sound_stream_keeps_every_rule(tmp_path):
    status, offences, found, complaint = check(tmp_path, sound())
    assert (status, offences, complaint) == (tools.FINE, {}, "")
    assert {rule["rule"] for rule in found["rules"] if rule["checked"] == 0} == set()


BROKEN = {
    "the clock jumps": (1, {"skip": 5}),
    "a run begins elsewhere than behind the last": (2, {"resume": KERNEL + 4}),
    "a call goes elsewhere": (3, {"target": 0x101}),
    "another ring without a transfer": (4, {"ring": 3}),
    "a fault without an exception": (5, {"fault": False}),
    "an iret without a transfer": (6, {"iret": False}),
    "a transfer of another kind": (6, {"kind": "far"}),
    "repeats of an instruction that has none": (7, {"string": "8bc0"}),
    "a return elsewhere": (8, {"back": KERNEL + 5, "resume": KERNEL + 5}),
    "a walk of other tables": (9, {"walk": {"root": 0x380000}}),
    "a walk that sets what is set": (9, {"walk": {"set_bits": 2}}),
    "code in a frame that no walk found": (10, {"mfn": 0x2fff}),
    "data in a frame that no walk found": (11, {"physical": 0x500ff8}),
    "data written to a page that was found read-only": (11, {"stack": {"value": 0x61}}),
    "data written to a page that was found clean": (11, {"stack": {"value": 0x23}}),
    "other bytes in the same place": (12, {"again": "40"}),
}


@pytest.mark.parametrize("change", [{"again": "40", "written": True},
                                    {"stack": {"value": 0x23, "use": "write", "set_bits": 2}}])
def test_what_is_allowed(tmp_path, change):
    assert check(tmp_path, sound(**change))[:2] == (tools.FINE, {})


@pytest.mark.parametrize("instructions", ["cd03", "cc", "f1", "ce"])
def test_interrupts_by_instruction(tmp_path, instructions):
    def found(name, stream):
        stream.run(stream.to, "90", mfn=2)
        return check(tmp_path / name, stream, make.Trace().event("hypervisor_start").event("hw_end"))[1]
    taken, passed = streams.Stream(101).run(0x1000, instructions), streams.Stream(101).run(0x1000, instructions)
    taken.transfer("software_interrupt", 0x2000, vector=3).to, passed.to = 0x2000, 0x1000 + len(instructions) // 2
    assert found("taken", taken) == {}
    assert found("passed", passed) == ({} if instructions == "ce" else {6: 1})


@pytest.mark.parametrize("explained", ["pv_trap", "pv_page_fault", "pv_event", "pv_hypercall", "pv_emulate_privop",
                                       "domain_built"])
def test_a_return_elsewhere_that_a_record_explains(tmp_path, explained):
    stream = sound(back=KERNEL + 5, resume=KERNEL + 5)
    assert 8 not in check(tmp_path, stream, records(stream, explained=explained))[1]


def test_on_the_bare_machine_returns_are_not_checked(tmp_path):
    stream = sound(back=KERNEL + 5, resume=KERNEL + 5)
    trace = records(stream, classes=0xff)
    trace.events.insert(2, make.Trace().event("domain_built", time=60, domid=1, mode="native").events[0])
    assert 8 not in check(tmp_path, stream, trace)[1]


@pytest.mark.parametrize("classes", [0xf7, 0xfb])
def test_without_their_records_returns_are_not_checked(tmp_path, classes):
    stream = sound(back=KERNEL + 5, resume=KERNEL + 5)
    assert 8 not in check(tmp_path, stream, records(stream, classes=classes))[1]


def test_a_gap_forgives(tmp_path):
    stream = sound().gap(200, asked=True)
    code(stream, HYPERVISOR, "90")
    status, offences, found, _ = check(tmp_path, stream)
    assert (status, offences) == (tools.FINE, {})
    stream = sound().gap(200)
    assert check(tmp_path / "missing", stream)[0] == tools.INCOMPLETE


def test_a_transfer_that_is_lost_in_a_gap(tmp_path):
    """Of the instruction before it the records tell more than what is left of the stream."""
    lost = iret(streams.Stream(101), HYPERVISOR).gap(200)
    code(lost, KERNEL, "90", ring=1)
    trace = make.Trace().event("hypervisor_start", time=50, domid=0x7ff0, cr3=ROOT_TABLE)
    trace.event("hw_ring", time=101, **{"from": 0, "to": 1}).event("hw_end", time=200)
    assert check(tmp_path / "lost", lost, trace)[:2] == (tools.INCOMPLETE, {})
    kept = iret(streams.Stream(101), HYPERVISOR)
    code(kept, HYPERVISOR + 1, "90")
    assert check(tmp_path / "kept", kept, trace)[1][14] == 1


def test_what_records_say_within_a_gap(tmp_path):
    """Counters, a flush and a walk that nobody saw; behind the gap the flush is as unknown as the walk."""
    stream = sound()
    trace = records(stream)
    trace.events = trace.events[:-2]                     # the last counters and the end
    stream.gap(300, asked=True)
    trace.event("hw_counters", time=200, ring0=100).event("hw_tlb_control", time=210, means="mov_cr4", value=0x80)
    trace.event("hw_counters", time=220, ring0=110)
    code(stream, HYPERVISOR, "90 90")
    trace.counters["ring0"] = 1000
    trace.time = 300
    trace.snapshot()
    trace.counters["ring0"] += 1
    trace.event("hw_counters", time=301, **trace.counters).event("hw_end", time=301)
    assert check(tmp_path, stream, trace)[:2] == (tools.FINE, {})


def test_a_window_begins_anew(tmp_path):
    status, offences, found, _ = check(tmp_path, sound(), None, "--from", "106", "--until", "113")
    assert (status, offences, found["instructions"]) == (tools.FINE, {}, 7)


def test_what_is_printed(tmp_path):
    stream = sound()
    directory = stream.write(tmp_path / "trace", records(stream))
    table, csv = streams.run("check", directory).stdout, streams.run("check", directory, "--csv").stdout
    assert table.splitlines()[0] == "Instructions: 17" and "8     return" in table
    assert csv.splitlines()[0] == "rule,name,checked,offences" and len(csv.splitlines()) == 15
    assert streams.run("check", "--help").stdout.startswith("usage: check DIRECTORY")
    for wrong in ([], ["--from", "5", "--until", "5", directory], ["--bogus", directory], [directory, directory]):
        assert streams.run("check", *wrong).returncode == tools.USAGE
    assert streams.run("check", tmp_path / "none").returncode == tools.NOTHING


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_stream(tmp_path, what):
    rule, change = BROKEN[what]
    status, offences, found, complaint = check(tmp_path, sound(**change))
    assert status == tools.OFFENCE and rule in offences
    first = [offence for offence in found["first"] if offence["rule"] == rule][0]
    assert f"rule {rule} ({first['name']}) broken at instruction {first['instruction']}" in complaint


def test_totals_that_differ_from_the_records(tmp_path):
    stream = sound()
    status, offences, _, complaint = check(tmp_path, stream, records(stream, more=1))
    assert (status, offences) == (tools.OFFENCE, {13: 1}) and "of ring 0 since the last" in complaint


@pytest.mark.parametrize("change", [{"from_ring": 2}, {"vector": 13}])
def test_a_record_without_its_transfer(tmp_path, change):
    stream = sound()
    assert check(tmp_path, stream, records(stream, **change))[:2] == (tools.OFFENCE, {14: 1})
