"""TLBs in simulation: the emulator's own by each of its rules, and others whose misses can be counted by hand."""
import json

import pytest

from traces import make, streams, tools

ROOT_TABLE = 0x300000
KERNEL_CODE, USER_CODE = 0x10, 0x11          # pages
STACK = 0x20
GLOBAL, LARGE, KERNEL_ONLY = range(0x300, 0x400), range(0x800, 0xc00), range(0x40, 0x50)
CODE = {"r": "8b03", "w": "8903", "m": "0103", "p": "50", "q": "58", "s": "8b45fc", "x": "8b03", "y": "8903",
        "z": "f3a5", "F": "0f22d8", "A": "0f22e0", "i": "0f013b", "D": "0f23f8", "S": "8ed0", "N": "8ed8", "n": "8ed8"}
USES = {"r": "read", "w": "write", "m": "write", "p": "write", "q": "read", "s": "read", "x": "read", "y": "write",
        "z": "write"}


@pytest.fixture(scope="module", autouse=True)
def readers():
    streams.build()


class Machine:
    """A stream and records from a line of steps: a letter for what the instruction does, a page in hexadecimal, and *
    where the processor walks; U before it: in ring 3.

    r reads, w writes, m does both, p pushes, q pops, s reads through SS; x and y fail to read and to write, z reads and
    fails to write; F loads CR3, A changes
    CR4, i is INVLPG, D loads DR7, S loads SS, n loads DS, N loads it with nothing.
    """

    def __init__(self, steps):
        self.stream = streams.Stream(101)
        self.trace = make.Trace().event("hypervisor_start", time=50, domid=0x7ff0, cr3=ROOT_TABLE, classes=0xff)
        self.cr4 = 0x90
        self.trace.event("hw_tlb_control", time=60, means="mov_cr4", value=self.cr4)
        self.fetched = set()
        for step in steps.split():
            self.step(step)
        self.trace.time = self.stream.time
        self.trace.snapshot().event("hw_end", outcome="success")

    def control(self, means, value, cause="base_pointer_switch"):
        self.trace.event("flush", time=self.stream.time - 1, means=means, value=value, cause=cause)
        self.trace.event("hw_tlb_control", time=self.stream.time - 1, means=means, value=value)

    def walk(self, page, use, user=False, filled=True):
        flags = 0x67 | 0x100 * (page in GLOBAL) | 0x80 * (page in LARGE)
        flags &= ~4 if page in KERNEL_ONLY or page == KERNEL_CODE else ~0
        directory = ROOT_TABLE + 4 * (page >> 10)
        entries = [(directory, 0x500067), (0x500000 + 4 * (page & 0x3ff), page << 12 | flags if filled else 0)]
        if page in LARGE:
            entries = [(directory, page << 12 & 0xffc00000 | flags)]
        self.stream.walk(page << 12, *entries, use=use, user=user, filled=filled)

    def step(self, step):
        walks, step = step.endswith("*"), step.rstrip("*")
        user, step = step.startswith("U"), step.lstrip("U")
        what, page = step[0], int(step[1:] or "0", 16)
        offset = 0xffc if what in "pq" and page == STACK + 1 else 0x800
        code = USER_CODE if user else KERNEL_CODE
        if code not in self.fetched:
            self.walk(code, "fetch", user)
            self.fetched.add(code)
        self.stream.run(code << 12, CODE[what], ring=3 * user, mfn=code, faulted=what in "xyz")
        if walks:
            self.walk(page, USES[what], user, filled=what not in "xyz")
        if what == "n":
            self.stream.access("read", 0x30010, 0x30010, size=8)
        elif what in "xyz":
            if what == "z":
                self.stream.access("read", page << 12, page << 12).access("read", 0x30070, 0x30070, size=8)
            self.stream.transfer("exception", KERNEL_CODE << 12, from_ring=3 * user, vector=14)
        elif what in USES:
            kind = "both" if what == "m" else USES[what]
            self.stream.access(kind, page << 12 | offset, page << 12 | offset)
        if what == "F":
            cause = "base_pointer_switch" if page else "mmuext_tlb_flush_local"
            self.control("mov_cr3", page << 12 or ROOT_TABLE, cause)
        elif what == "A":
            self.cr4 ^= 0x10
            self.control("mov_cr4", self.cr4, "boot")
        elif what == "i":
            self.control("invlpg", page << 12, "mmuext_invlpg_local")
        if what in "FAD" or (what == "i" and page in self.fetched):
            self.fetched.clear()


def simulate(tmp_path, steps, *tlbs):
    """(status, report, complaints)"""
    machine = Machine(steps)
    directory = machine.stream.write(tmp_path / "trace", machine.trace)
    done = streams.run("tlbsim", directory, "--json", *(word for tlb in tlbs for word in ("--tlb", tlb)))
    return done.returncode, json.loads(done.stdout), done.stderr


EMULATOR = {
    "an entry is found again": "r5* r5 r5",
    "what a read loaded does not allow writes": "r5* w5* w5 m5 r5",
    "what a write loaded allows reads": "w5* r5 m5",
    "reading and writing needs both": "r5* m5* w5",
    "what the kernel loaded does not allow ring 3": "r5* Ur5* Ur5 r5 Uw5* w5 Uw5",
    "2048 entries for data, directly mapped": "r5* r805* r5* r6* r5",
    "a load of CR3 leaves what is global": "r5* r305* F r5* r305",
    "a change of CR4 leaves nothing": "r5* r305* A r5* r305*",
    "a load of DR7 leaves nothing": "r5* r305* D r5* r305*",
    "INVLPG drops a page": "r5* r6* i5 r5* r6",
    "INVLPG drops a global page": "r305* r5* i305 r305* r5",
    "INVLPG drops every piece of a large page": "r801* r802* rc03* r5* i850 r801* r802* rc03 r5",
    "INVLPG of another page leaves a large one": "r801* r802* i5 r801 r802",
    "a walk that fails drops what there was": "r5* y5* r5*",
    "a walk that fails leaves another page's entry": "r5* x805* r5",
    "what comes before a walk that fails still finds the entry": "r30* r5* z5* r5* r30",
    "ring 3 that fails at the kernel's page drops it": "r45* Ux45* r45*",
    "the stack's page needs no entry": "p20* p20 r820* p20 q20 s20 r20*",
    "but does behind another page of the stack": "p20* r820* p23* p20*",
    "and behind a load of SS": "p20* p20 r820* S p20*",
    "and behind a load of a segment with nothing": "p20* p20 r820* N p20*",
    "but not behind a load with a descriptor": "r30* p20* p20 r820* n p20 r30",
    "and behind a flush": "p20* F p20*",
    "and in its last bytes": "p21* p21 r821* p21*",
    "reads do not make it the stack's page": "q20* q20 r820* q20*",
}


@pytest.mark.parametrize("rule", EMULATOR)
def test_the_emulators_own_tlb(tmp_path, rule):
    steps = EMULATOR[rule].split()
    status, found, complaint = simulate(tmp_path, " ".join(steps))
    assert (status, complaint) == (tools.FINE, "")
    emulator = found["emulator"]
    assert emulator["walks"] == emulator["reproduced"] >= sum(step.endswith("*") for step in steps)
    for number, step in enumerate(steps[1:], 1):
        if step[0] in "FAiDSNnxyz" or step[:2] in ("Ux", "Uy"):
            continue
        other = step[:-1] if step.endswith("*") else step + "*"
        status, found, complaint = simulate(tmp_path / str(number), " ".join(steps[:number] + [other]))
        assert status == tools.OFFENCE, other
        assert (found["emulator"]["surplus"], found["emulator"]["unmade"]) == ((1, 0) if step.endswith("*") else (0, 1))
        assert "differs from its model in 1 walks; first at instruction" in complaint


def misses(found, number=0):
    return found["tlbs"][number]["misses"]


def test_misses_by_entries_and_ways(tmp_path):
    steps = "r1* r2* r3* r4* r5* r1 r2 r3 r4 r5"
    tlbs = ["entries=8,ways=0", "entries=4,ways=0", "entries=4,ways=1", "entries=4,ways=1,split=yes",
            "entries=8,ways=2"]
    status, found, _ = simulate(tmp_path, steps, *tlbs)
    assert status == tools.FINE
    # the page of the code, 0x10, is one more: it shares a set with 4 of four sets, and is looked up once
    assert [misses(found, i) for i in range(5)] == [6, 11, 8, 8, 6]
    assert [tlb["fetch"] for tlb in found["tlbs"]] == [1] * 5
    assert [tlb["tlb"] for tlb in found["tlbs"]] == tlbs


def test_a_second_level(tmp_path):
    tlb = simulate(tmp_path, "r1* r2* r3* r1 r2 r3", "entries=2,ways=0,entries2=8,ways2=0,split=yes")[1]["tlbs"][0]
    assert (tlb["misses"], tlb["second_level"]) == (4, 3)


def test_flushes_have_their_refills(tmp_path):
    steps = "r5* r6* r305* F r5* r305 i5 r5* F r6* r5*"
    tlb = simulate(tmp_path, steps, "entries=16,ways=0")[1]["tlbs"][0]
    # the code's page comes with each
    assert tlb["refills"] == {"boot": 0, "mmuext_tlb_flush_local": 2 + 3, "mmuext_invlpg_local": 1}
    assert (tlb["cold"], tlb["other"]) == (4, 0)


def test_global_pages_may_be_ignored(tmp_path):
    found = simulate(tmp_path, "r305* F r305 F r305", "entries=16,ways=0", "entries=16,ways=0,global=no")[1]
    assert [misses(found, i) for i in range(2)] == [2 + 2, 4 + 2]


def test_tags_spare_refills(tmp_path):
    steps = "F300 r5* r6* F400 r5* F300 r5* r6* F400 r5* F300 r5* r6*"
    found = simulate(tmp_path, steps, "entries=32,ways=0,tags=2,split=yes", "entries=32,ways=0,tags=1,split=yes",
                     "entries=32,ways=0,split=yes")[1]
    data = [tlb["misses"] - tlb["fetch"] for tlb in found["tlbs"]]
    assert data == [3, 8, 8]
    assert found["tlbs"][0]["misses_without_tags"] == found["tlbs"][2]["misses"]
    assert found["tlbs"][2]["misses_without_tags"] is None
    assert [tlb["flushes_spared"] for tlb in found["tlbs"]] == [5, 1, None]


def test_tags_do_not_spare_a_flush_that_was_asked_for(tmp_path):
    found = simulate(tmp_path, "F300 r5* F300 r5* F300 r5*", "entries=32,ways=0,tags=4")[1]
    assert (found["tlbs"][0]["read"], found["tlbs"][0]["flushes_spared"]) == (3, 1)


def test_a_cache_of_directory_entries(tmp_path):
    found = simulate(tmp_path, "r5* r6* r405* r7* F r5*", "entries=1,ways=0,walks=4", "entries=1,ways=0")[1]
    assert [tlb["entries_read"] for tlb in found["tlbs"]] == [2 + 1 + 1 + 2 + 1 + 2 + 1, 14]


def test_a_large_page_has_one_entry(tmp_path):
    found = simulate(tmp_path, "r801* r802* rbff* i9ff r801*", "entries=16,ways=0", "entries=8,ways=2")[1]
    assert [tlb["read"] for tlb in found["tlbs"]] == [2, 2]


def test_a_clean_page_walks_again_when_it_is_written(tmp_path):
    machine = Machine("r5*")
    machine.stream.lines = [line.replace("0x5067", "0x5027") for line in machine.stream.lines]
    machine.stream.run(0x10000, "8903", mfn=0x10)
    machine.stream.walk(0x5000, (ROOT_TABLE, 0x500067), (0x500014, 0x5027), use="write", set_bits=2)
    machine.stream.access("write", 0x5000, 0x5000).run(0x10000, "8903", mfn=0x10).access("write", 0x5000, 0x5000)
    directory = machine.stream.write(tmp_path / "trace", machine.trace)
    done = streams.run("tlbsim", directory, "--json", "--tlb", "entries=16,ways=0")
    tlb = json.loads(done.stdout)["tlbs"][0]
    assert (done.returncode, tlb["read"], tlb["write"], tlb["other"]) == (tools.FINE, 1, 1, 1)


def test_a_stale_entry_is_counted(tmp_path):
    machine = Machine("F300 r5* F400")
    machine.stream.lines.append(f"walk {machine.stream.time - 1} 0x10000 512 0x400000 0x500067 0x500040 0x10067")
    machine.stream.run(0x10000, "8b03", mfn=0x10)
    machine.trace.events = machine.trace.events[:-2]
    machine.control("mov_cr3", 0x300000)
    machine.stream.lines.append(f"walk {machine.stream.time - 1} 0x10000 512 {ROOT_TABLE:#x} 0x500067 0x500040 0x10067")
    machine.stream.run(0x10000, "8b03", mfn=0x10).walk(0x5000, (ROOT_TABLE, 0x500067), (0x500014, 0x7067))
    machine.stream.access("read", 0x5000, 0x7000)
    machine.trace.snapshot().event("hw_end", outcome="success")
    directory = machine.stream.write(tmp_path / "trace", machine.trace)
    tlb = json.loads(streams.run("tlbsim", directory, "--json", "--tlb", "entries=16,ways=0,tags=4").stdout)["tlbs"][0]
    assert (tlb["stale"], tlb["read"]) == (1, 2)


def test_an_entry_that_would_have_allowed_what_failed_is_stale(tmp_path):
    steps = "F300 w5* F400 r5* F300 y5* F300"
    tlbs = simulate(tmp_path, steps, "entries=32,ways=0,tags=4", "entries=32,ways=0")[1]["tlbs"]
    assert [tlb["stale"] for tlb in tlbs] == [1, 0]


def test_the_second_page_of_an_instruction(tmp_path):
    machine = Machine("r5*")
    machine.stream.walk(0x11000, (ROOT_TABLE, 0x500067), (0x500044, 0x11067), use="fetch")
    machine.stream.run(0x10ffe, "8b0500500000", mfn=0x10).access("read", 0x5000, 0x5000)
    machine.stream.run(0x11004, "8b03", mfn=0x11).access("read", 0x5000, 0x5000)
    directory = machine.stream.write(tmp_path / "trace", machine.trace)
    done = streams.run("tlbsim", directory, "--json")
    assert (done.returncode, json.loads(done.stdout)["emulator"]["alone_fetch"]) == (tools.FINE, 1)


def test_walks_whose_reference_is_not_recorded_are_counted_too(tmp_path):
    """Before a gap, and where the window ends."""
    machine = Machine("r5*")
    machine.walk(7, "read")
    machine.stream.gap(200, asked=True).run(0x10000, "8b03", mfn=0x10)
    machine.walk(8, "read")
    walks = sum(line.startswith("walk") for line in machine.stream.lines)
    done = streams.run("tlbsim", machine.stream.write(tmp_path / "trace", machine.trace), "--json")
    assert (done.returncode, json.loads(done.stdout)["emulator"]["walks"]) == (tools.FINE, walks)


def test_a_gap_is_forgiven_and_what_was_flushed_in_it(tmp_path):
    machine = Machine("r5* r6*")
    machine.stream.gap(200, asked=True)
    machine.trace.events = machine.trace.events[:-2]
    machine.trace.event("hw_tlb_control", time=150, means="mov_cr4", value=0x80)
    machine.stream.run(0x10000, "8b03", mfn=0x10).access("read", 0x5000, 0x5000)
    machine.walk(6, "read")
    machine.stream.run(0x10000, "8b03", mfn=0x10).access("read", 0x6000, 0x6000)
    machine.trace.time = machine.stream.time
    machine.trace.snapshot().event("hw_end", outcome="success")
    directory = machine.stream.write(tmp_path / "trace", machine.trace)
    done = streams.run("tlbsim", directory, "--json", "--tlb", "entries=16,ways=0")
    found = json.loads(done.stdout)
    assert done.returncode == tools.FINE
    assert (found["emulator"]["unknown"], found["tlbs"][0]["cold"]) == (1, 4)


def test_a_page_of_the_stack_that_was_known_before_the_trace(tmp_path):
    machine = Machine("S p20 r820* r20* p20 w20* p20 r820* p20")
    assert machine.trace.events.pop(2)[0] == 60         # the load of CR4 that leaves nothing unknown
    directory = machine.stream.write(tmp_path / "trace", machine.trace)
    emulator = json.loads(streams.run("tlbsim", directory, "--json").stdout)["emulator"]
    assert (emulator["unmade"], emulator["surplus"]) == (0, 0)


def test_accesses_that_are_not_traced_leave_the_stack_unknown(tmp_path):
    def simulated(name, accesses, steps):
        machine = Machine("r5* p20* p20 r820*")
        machine.stream.run(0x10000, "50", mfn=0x10, accesses=accesses)
        for step in steps.split():
            machine.step(step)
        directory = machine.stream.write(tmp_path / name, machine.trace)
        return json.loads(streams.run("tlbsim", directory, "--json").stdout)["emulator"]["surplus"]
    assert simulated("seen", True, "p20") == 0          # the stack's page is still the last one
    assert simulated("unseen", False, "p20") == 0       # nobody knows
    assert simulated("other", True, "r20") == 1
    assert simulated("other_unseen", False, "r20") == 1


def test_what_is_printed(tmp_path):
    machine = Machine("r5* r6* F r5*")
    directory = machine.stream.write(tmp_path / "trace", machine.trace)
    tlbs = ["--tlb", "entries=16,ways=0,tags=2,name=tagged", "--tlb", "entries=16,ways=4"]
    table, csv = streams.run("tlbsim", directory, *tlbs).stdout, streams.run("tlbsim", directory, *tlbs, "--csv").stdout
    assert [line.split()[-1] for line in table.splitlines()[:6]] == ["5", "5", "5", ".", ".", "."]
    assert "saved by tags" in table and "mmuext_tlb_flush_local" in table
    assert '"tagged",references,5' in csv.splitlines()
    assert "--tlb TEXT" in streams.run("tlbsim", "--help").stdout
    assert streams.run("tlbsim", tmp_path / "none").returncode == tools.NOTHING


@pytest.mark.parametrize("wrong", ["entries=0", "entries=12,ways=4", "ways=3", "bogus=1", "entries", "entries=x",
                                   "split=maybe", "entries=2000000", "name=", "entries2=6,ways2=2", "tags=5000",
                                   "entries=0,ways=0", "split=yes,entries=0,ways=0"])
def test_descriptions_that_are_none(tmp_path, wrong):
    done = streams.run("tlbsim", tmp_path, "--tlb", wrong)
    assert done.returncode == tools.USAGE and "--tlb" in done.stderr


@pytest.mark.parametrize("wrong,allowed", [("tags=5000", "tags is a number up to 4096"), ("split=maybe", "split is yes or no"),
                                           ("entries", "entries is a number up to 1048576"), ("size=64", "entries, ways")])
def test_what_is_allowed_is_named(tmp_path, wrong, allowed):
    assert allowed in streams.run("tlbsim", tmp_path, "--tlb", wrong).stderr
