"""Instruction stream and records merged by time (analysis/follow.h), on streams and traces whose order is known."""
import pytest

from traces import make, streams, tools

NOPS = "90 " * 10
NOBODY = "d7ff0.0"


@pytest.fixture(scope="module", autouse=True)
def readers():
    streams.build()


def follow(tmp_path, stream, trace, start=0, until=2**64 - 1):
    """(status, lines, complaints) of what was handed out."""
    directory = stream.write(tmp_path / "trace", trace)
    done = streams.run("follow_print", directory, start, until)
    return done.returncode, done.stdout.splitlines(), done.stderr


def started():
    """Records up to the guest's first instruction at 101, on page directory 0x2001; CR3 is 0x301000."""
    t = make.Trace().event("hypervisor_start", time=50, domid=0x7ff0, cr3=0x200000, classes=0xff)
    t.event("base_pointer", time=60, domid=1, guest_mfn=0x2001).event("hw_tlb_control", time=61, means="mov_cr3", value=0x301000)
    return t.event("domain_start", time=100, domid=1)


def ended(t, time):
    return t.snapshot().event("hw_end", time=time, outcome="success")


def test_a_run_is_parted_where_a_record_lies(tmp_path):
    stream = streams.Stream(101).run(0x1000, NOPS, ring=1)
    trace = started().event("audit_done", time=103, domid=1).event("sched_switch", time=105, next_domid=2, next_vcpu=1)
    trace.events.pop()                                     # the counters
    status, lines, complaint = follow(tmp_path, stream, ended(trace, 110), start=101)
    assert (status, complaint) == (tools.FINE, "")
    assert lines == [
        "101 run 0+3 x1 | d1.0 process 1 ring 1 cr3 301000",
        "103 audit_done | d1.0 process 1 ring 1 cr3 301000",
        "104 run 3+2 x1 | d1.0 process 1 ring 1 cr3 301000",
        "105 sched_switch | d2.1 process 0 ring 1 cr3 301000",
        "105 hw_counters | d2.1 process 0 ring 1 cr3 301000",
        "106 run 5+5 x1 | d2.1 process 0 ring 1 cr3 301000",
        "110 hw_end | d2.1 process 0 ring 1 cr3 301000",
    ]


def test_walks_and_accesses_lie_where_they_belong(tmp_path):
    stream = streams.Stream(101).run(0x1000, NOPS, ring=3).walk(0x1000, (0x301000, 1), (0x302004, 1), time=101)
    stream.access("write", 0x5000, time=104).access("read", 0x5004, time=104).walk(0x7000, (0x301000, 1), time=110)
    stream.transfer("exception", 0xfc100000, from_ring=3, to_ring=0, vector=14)
    trace = started().event("audit_done", time=104).event("hw_ring", time=110, **{"from": 3, "to": 0})
    status, lines, _ = follow(tmp_path, stream, ended(trace, 110), start=101)
    assert status == tools.FINE
    assert [line.split(" | ")[0] for line in lines] == [
        "101 run 0+1 x1", "101 walk", "102 run 1+3 x1", "104 access", "104 access", "104 audit_done", "105 run 4+6 x1", "110 walk",
        "110 transfer", "110 hw_ring", "110 hw_counters", "110 hw_end"]
    assert "ring 3" in lines[8] and "ring 0" in lines[9]


def test_a_walk_behind_a_flush_is_that_of_the_next_fetch(tmp_path):
    stream = streams.Stream(101).run(0x1000, NOPS).walk(0x1000, (0x302000, 1), time=104, use="fetch")
    stream.walk(0x5000, (0x302000, 1), time=106)
    trace = started().event("hw_tlb_control", time=104, means="mov_cr3", value=0x302000)
    trace.event("hw_ring", time=106).event("hw_tlb_control", time=107, means="mov_cr3", value=0x303000)
    status, lines, _ = follow(tmp_path, stream, ended(trace, 110), start=101)
    assert status == tools.FINE
    assert [line.split(" | ")[0] for line in lines[:8]] == [
        "101 run 0+4 x1", "104 hw_tlb_control", "104 walk", "105 run 4+2 x1", "106 walk", "106 hw_ring", "107 run 6+1 x1",
        "107 hw_tlb_control"]
    assert lines[2].endswith("cr3 302000")


def test_repeats_are_not_parted(tmp_path):
    stream = streams.Stream(101).run(0x1000, "90 f3a4", passes=5, iterations=40, faulted=True).access("read", 0x5000, time=103)
    status, lines, _ = follow(tmp_path, stream, ended(started().event("audit_done", time=103), 106), start=101)
    assert status == tools.FINE
    assert [line.split(" | ")[0] for line in lines] == [
        "101 run 0+2 x5 faulted", "103 access", "103 audit_done", "103 hw_counters", "106 hw_end"]


def test_a_window_knows_what_was_before_it(tmp_path):
    stream = streams.Stream(101).run(0x1000, NOPS, ring=1).run(0x2000, NOPS, ring=1)
    trace = started().event("audit_done", time=104).event("audit_done", time=108).event("audit_done", time=115)
    status, lines, complaint = follow(tmp_path, stream, ended(trace, 120), start=106, until=113)
    assert (status, complaint) == (tools.FINE, "")
    assert [line.split(" | ")[0] for line in lines] == ["106 run 5+3 x1", "108 audit_done", "109 run 8+2 x1", "111 run 0+2 x1"]
    assert all("d1.0 process 1 ring 1 cr3 301000" in line for line in lines)


def test_nobody_before_the_first_domain(tmp_path):
    stream = streams.Stream(1).run(0xfff0, "ea00000000", bits=16)
    status, lines, _ = follow(tmp_path, stream, ended(started(), 200))
    assert status == tools.FINE
    assert lines[0] == f"1 run 0+1 x1 | {NOBODY} process 0 ring 0 cr3 0"


def test_what_is_missing_is_said(tmp_path):
    stream = streams.Stream(101).run(0x1000, NOPS, ring=1).gap(150, asked=True).gap(170).damage("a packet is damaged")
    status, lines, complaint = follow(tmp_path, stream, ended(started(), 200))
    assert status == tools.INCOMPLETE
    assert [line.split(" | ")[0] for line in lines if "gap" in line] == ["111 gap", "150 gap"]
    assert "a packet is damaged" in complaint and "20 instructions are missing" in complaint


def test_a_trace_without_a_stream(tmp_path):
    started().write(tmp_path / "trace")
    done = streams.run("follow_print", tmp_path / "trace", 0, 100)
    assert done.returncode == tools.NOTHING and done.stdout == ""
    assert "it holds no instruction stream" in done.stderr


def test_records_that_are_cut_off_leave_the_stream(tmp_path):
    stream = streams.Stream(101).run(0x1000, NOPS, ring=1).run(0x2000, NOPS, ring=1)
    status, lines, complaint = follow(tmp_path, stream, started().event("audit_done", time=104), start=101)
    assert status == tools.INCOMPLETE and "it ends early" in complaint
    assert [line.split(" | ")[0] for line in lines] == ["101 run 0+4 x1", "104 audit_done", "105 run 4+6 x1", "111 run 0+10 x1"]
