"""analysis/profile on streams whose calls are known."""
import csv
import io
import json
import xml.etree.ElementTree as xml

import pytest

from traces import make, streams, tools

NOP, RET, IRET, CALL, JUMP, CALL_EAX, INT = "90", "c3", "cf", "e800000000", "eb00", "ffd0", "cd82"
# what the branches lead to is in the stream, not in their bytes
KERNEL = {"start": f"{NOP} {CALL} {NOP} {CALL} {NOP} {RET}", "a": f"{NOP} {CALL_EAX} {NOP} {RET}", "b": f"{NOP} {NOP} {NOP} {RET}",
          "c": f"{NOP} {JUMP}", "handler": f"{NOP} {NOP} {IRET}", "hypercall_page": f"{NOP} {INT} {RET}"}
HYPERVISOR = {"entry": f"{NOP} {CALL} {IRET}", "serve": f"{NOP} {NOP} {RET}", "serve.cold": f"{NOP} {NOP}", "fixup": f"{NOP} {RET}"}
PROGRAM = {"main": f"{NOP} {CALL} {NOP} cd80 {NOP} {RET}", "leaf": f"{NOP} {RET}"}
KERNEL_BASE, HYPERVISOR_BASE, PROGRAM_BASE = 0xc0100000, 0xfd500000, 0x8048000


@pytest.fixture(scope="module", autouse=True)
def readers():
    streams.build()


@pytest.fixture
def elves(tmp_path):
    kernel = streams.Elf(tmp_path / "mini.elf", KERNEL_BASE, KERNEL, objects=["hypercall_page"])
    hypervisor = streams.Elf(tmp_path / "penumbra.elf", HYPERVISOR_BASE, HYPERVISOR)
    program = streams.Elf(tmp_path / "init", PROGRAM_BASE, PROGRAM)
    streams.write_images(tmp_path / "images", hypervisor, {1: kernel}, {(1, "init"): program, (1, "sh"): program})
    return kernel, hypervisor, program


def records(end=100000):
    """Domain 1 runs from instruction 5 on, in process 1, init."""
    t = make.Trace().event("base_pointer", time=3, domid=1, guest_mfn=0x2001)
    t.event("marker", time=4, domid=1, kind="process", a=0x2001, b=1, text="init").event("domain_start", time=5, domid=1)
    return t


def ended(t, time=100000):
    return t.snapshot().event("hw_end", time=time, outcome="success")


def profile(tmp_path, stream, trace, *arguments, status=tools.FINE):
    directory = tmp_path / "trace"
    if not directory.exists():
        stream.write(directory, trace)
    done = streams.run("profile", directory, *arguments)
    assert done.returncode == status, done.stderr
    return done.stdout


def folded(tmp_path, stream, trace=None, **options):
    """{path: instructions} without the image in front, where it is the kernel."""
    lines = profile(tmp_path, stream, trace or ended(records()), "--folded", **options).splitlines()
    return {line.rpartition(" ")[0].removeprefix("kernel mini;"): int(line.rpartition(" ")[2]) for line in lines}


def test_calls_and_returns(tmp_path, elves):
    kernel, *_ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "a", 0, 2, ring=1).go(kernel, "b", ring=1)
    s.go(kernel, "a", 2, ring=1).go(kernel, "start", 2, 2, ring=1).go(kernel, "b", ring=1).go(kernel, "start", 4, ring=1)
    assert folded(tmp_path, s) == {"start": 6, "start;a": 4, "start;a;b": 4, "start;b": 4}
    rows = list(csv.DictReader(io.StringIO(profile(tmp_path, s, None, "--csv"))))
    assert [tuple(row.values()) for row in rows] == [
        ("kernel mini", "b", "2", "8", "8"), ("kernel mini", "start", "1", "6", "18"), ("kernel mini", "a", "1", "4", "8")]


def test_recursion_counts_once(tmp_path, elves):
    kernel, *_ = elves
    s = streams.Stream(10)
    for _ in range(3):
        s.go(kernel, "a", 0, 2, ring=1)
    s.go(kernel, "b", ring=1)
    for _ in range(3):
        s.go(kernel, "a", 2, ring=1)
    assert folded(tmp_path, s) == {"a": 4, "a;a": 4, "a;a;a": 4, "a;a;a;b": 4}
    assert profile(tmp_path, s, None, "--csv").splitlines()[1] == "kernel mini,a,3,12,16"


def test_a_jump_takes_the_place(tmp_path, elves):
    kernel, *_ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "c", ring=1).go(kernel, "b", ring=1)
    s.go(kernel, "start", 2, 1, ring=1)
    assert folded(tmp_path, s) == {"start": 3, "start;c": 2, "start;b": 4}
    rows = csv.DictReader(io.StringIO(profile(tmp_path, s, None, "--csv")))
    assert {row["function"]: row["calls"] for row in rows} == {"start": "1", "c": "1", "b": "1"}


def test_a_return_over_several_frames(tmp_path, elves):
    """As longjmp does, or a stack that is thrown away: the frames between are forgotten."""
    kernel, *_ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "a", 0, 2, ring=1).go(kernel, "b", ring=1)
    s.go(kernel, "start", 2, 2, ring=1).go(kernel, "b", ring=1)
    assert folded(tmp_path, s) == {"start": 4, "start;a": 2, "start;a;b": 4, "start;b": 4}


def test_a_return_to_nowhere_known_begins_anew(tmp_path, elves):
    kernel, *_ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "b", ring=1).go(kernel, "a", 2, ring=1)
    s.go(kernel, "start", 2, 1, ring=1)
    assert folded(tmp_path, s) == {"start": 3, "start;b": 4, "a": 2}


def test_code_of_two_functions_in_a_row(tmp_path, elves):
    kernel, *_ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).run(kernel.at("b"), f"{NOP} {NOP} {NOP} {RET} {NOP} f3a4", ring=1, passes=5)
    assert folded(tmp_path, s) == {"start": 2, "start;b": 4, "start;c": 6}


def test_a_gap_begins_anew(tmp_path, elves):
    kernel, *_ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "a", 0, 2, ring=1).gap(50, asked=True)
    s.go(kernel, "b", ring=1).go(kernel, "a", 2, 1, ring=1)
    assert folded(tmp_path, s) == {"start": 2, "start;a": 2, "b": 4, "a": 1}


def test_depth_is_bounded(tmp_path, elves):
    kernel, *_ = elves
    s = streams.Stream(10)
    for _ in range(300):
        s.go(kernel, "a", 0, 2, ring=1)
    found = folded(tmp_path, s)
    assert sum(found.values()) == 600 and max(path.count(";") for path in found) == 128


def test_hypervisor_begins_at_each_entry(tmp_path, elves):
    """A hypercall, in it an exception that ends in a fix-up; then another entry."""
    kernel, hypervisor, _ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "hypercall_page", 0, 2, ring=1)
    s.transfer("software_interrupt", hypervisor.at("entry"), 1, 0, 0x82).go(hypervisor, "entry", 0, 2)
    s.go(hypervisor, "serve", 0, 2, faulted=True).transfer("exception", hypervisor.at("entry"), 0, 0, 14)
    s.go(hypervisor, "entry", 0, 2).go(hypervisor, "serve").go(hypervisor, "entry", 2).transfer("iret", hypervisor.at("fixup"))
    s.go(hypervisor, "fixup").go(hypervisor, "entry", 2).transfer("iret", kernel.at("hypercall_page", 2), 0, 1)
    s.go(kernel, "hypercall_page", 2, ring=1).go(kernel, "start", 2, 1, ring=1)
    s.transfer("interrupt", hypervisor.at("entry"), 1, 0, 0x20).go(hypervisor, "entry", 0, 2)
    assert folded(tmp_path, s) == {
        "start": 3, "start;hypercall_page": 3, "hypervisor;entry": 5, "hypervisor;entry;serve": 2,
        "hypervisor;entry;serve;entry": 3, "hypervisor;entry;serve;entry;serve": 3, "hypervisor;entry;fixup": 2}


def test_cold_parts_are_their_function(tmp_path, elves):
    _, hypervisor, _ = elves
    s = streams.Stream(10).go(hypervisor, "entry", 0, 2).go(hypervisor, "serve", 0, 1).go(hypervisor, "serve.cold")
    assert folded(tmp_path, s) == {"hypervisor;entry": 2, "hypervisor;entry;serve": 3}


def through_hypervisor(s, hypervisor, how, source, target, to, vector=14):
    """In and out of the hypervisor."""
    s.transfer(how, hypervisor.at("entry"), source, 0, vector).go(hypervisor, "entry", 0, 2).go(hypervisor, "serve")
    return s.go(hypervisor, "entry", 2).transfer("iret", to, 0, target)


def test_a_handler_in_the_kernel_is_called_from_there(tmp_path, elves):
    """A page fault in the kernel is delivered to it; its handler returns by iret, and the instruction is done again."""
    kernel, hypervisor, _ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "b", 0, 2, ring=1, faulted=True)
    through_hypervisor(s, hypervisor, "exception", 1, 1, kernel.at("handler"))
    s.go(kernel, "handler", ring=1).transfer("iret", kernel.at("b", 1), 1, 1)
    s.go(kernel, "b", 1, ring=1).go(kernel, "start", 2, 1, ring=1)
    found = folded(tmp_path, s)
    assert {path: count for path, count in found.items() if "hypervisor" not in path} == {
        "start": 3, "start;b": 5, "start;b;handler": 3}


def test_a_fault_that_the_hypervisor_repairs_leaves_the_path(tmp_path, elves):
    kernel, hypervisor, _ = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "a", 0, 1, ring=1, faulted=True)
    through_hypervisor(s, hypervisor, "exception", 1, 1, kernel.at("a"))
    s.go(kernel, "a", 0, 2, ring=1)
    through_hypervisor(s, hypervisor, "interrupt", 1, 1, kernel.at("b"), vector=0x20)   # between the call and what is called
    s.go(kernel, "b", ring=1)
    through_hypervisor(s, hypervisor, "interrupt", 1, 1, kernel.at("a", 2), vector=0x20)  # between a return and its target
    s.go(kernel, "a", 2, ring=1)
    found = folded(tmp_path, s)
    assert {path: count for path, count in found.items() if "hypervisor" not in path} == {"start": 2, "start;a": 5, "start;a;b": 4}


@pytest.mark.parametrize("call,handled", [("e801000000", False), ("e801000000", True), ("ffd0", False)])
def test_an_interrupt_between_a_call_and_what_is_called(tmp_path, elves, call, handled):
    """Only a call to an address that stands in it tells that another one is the handler's."""
    _, hypervisor, _ = elves
    kernel = streams.Elf(tmp_path / "k.elf", KERNEL_BASE, {"x": f"{call} c3", "y": "90 c3", "handler": "90 cf"})
    streams.write_images(tmp_path / "others", hypervisor, {1: kernel})
    s = streams.Stream(10).go(kernel, "x", 0, 1, ring=1)
    if handled:
        through_hypervisor(s, hypervisor, "interrupt", 1, 1, kernel.at("handler"), vector=0x20)
        s.go(kernel, "handler", ring=1).transfer("iret", kernel.at("y"), 1, 1)
    else:
        through_hypervisor(s, hypervisor, "interrupt", 1, 1, kernel.at("y"), vector=0x20)
    s.go(kernel, "y", ring=1).go(kernel, "x", 1, ring=1)
    s.write(tmp_path / "trace", ended(records()))
    lines = profile(tmp_path, s, None, "--folded", "--images", tmp_path / "others").splitlines()
    assert [line for line in lines if line.startswith("kernel") and "handler" not in line] == ["kernel k;x 2", "kernel k;x;y 2"]
    assert ("kernel k;x;handler 2" in lines) == handled


def test_a_system_call_comes_back(tmp_path, elves):
    """From ring 3 straight into the kernel, and again by way of the hypervisor; each time its path begins anew."""
    kernel, hypervisor, program = elves
    s = streams.Stream(10).go(program, "main", 0, 2, ring=3).go(program, "leaf", ring=3).go(program, "main", 2, 2, ring=3)
    s.transfer("software_interrupt", kernel.at("handler"), 3, 1, 0x80).go(kernel, "handler", ring=1)
    s.transfer("iret", program.at("main", 4), 1, 3).go(program, "main", 4, 1, ring=3)
    through_hypervisor(s, hypervisor, "exception", 3, 1, kernel.at("handler"))
    s.go(kernel, "handler", 0, 1, ring=1)
    through_hypervisor(s, hypervisor, "software_interrupt", 1, 3, program.at("main", 5), vector=0x82)
    s.go(program, "main", 5, ring=3)
    found = folded(tmp_path, s)
    assert {path: count for path, count in found.items() if "hypervisor" not in path} == {
        "program init;main": 6, "program init;main;leaf": 2, "handler": 4}


def test_processes_have_stacks_of_their_own(tmp_path, elves):
    """init calls, sh runs, init returns; sh is another program of the same functions."""
    kernel, hypervisor, program = elves
    t = records()
    s = streams.Stream(10).go(program, "main", 0, 2, ring=3).go(program, "leaf", 0, 1, ring=3)
    through_hypervisor(s, hypervisor, "interrupt", 3, 3, program.at("main"), vector=0x20)
    t.event("base_pointer", time=s.time - 2, domid=1, guest_mfn=0x2002)
    t.event("marker", time=s.time - 2, domid=1, kind="process", a=0x2002, b=2, text="sh")
    s.go(program, "main", 0, 1, ring=3)
    through_hypervisor(s, hypervisor, "interrupt", 3, 3, program.at("leaf", 1), vector=0x20)
    t.event("base_pointer", time=s.time - 2, domid=1, guest_mfn=0x2001)
    s.go(program, "leaf", 1, ring=3).go(program, "main", 2, 1, ring=3)
    found = folded(tmp_path, s, ended(t))
    assert {path: count for path, count in found.items() if "hypervisor" not in path} == {
        "program init;main": 3, "program init;main;leaf": 2, "program sh;main": 1}


def test_a_child_goes_on_like_its_parent(tmp_path, elves):
    """Of a process of which nothing is known, the stack is that of another one of its program that was left there."""
    kernel, hypervisor, program = elves
    t = records()
    s = streams.Stream(10).go(program, "main", 0, 2, ring=3).go(program, "leaf", 0, 1, ring=3)
    through_hypervisor(s, hypervisor, "software_interrupt", 3, 3, program.at("leaf", 1), vector=0x80)
    t.event("base_pointer", time=s.time - 2, domid=1, guest_mfn=0x2002)
    t.event("marker", time=s.time - 2, domid=1, kind="process", a=0x2002, b=2, text="init")
    s.go(program, "leaf", 1, ring=3).go(program, "main", 2, 1, ring=3)
    found = folded(tmp_path, s, ended(t))
    assert {path: count for path, count in found.items() if "hypervisor" not in path} == {
        "program init;main": 3, "program init;main;leaf": 2}


def test_a_kernel_takes_its_stack_to_another_directory(tmp_path, elves):
    kernel, hypervisor, _ = elves
    t = records()
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "hypercall_page", 0, 2, ring=1)
    through_hypervisor(s, hypervisor, "software_interrupt", 1, 1, kernel.at("hypercall_page", 2), vector=0x82)
    t.event("base_pointer", time=s.time - 2, domid=1, guest_mfn=0x2002)
    s.go(kernel, "hypercall_page", 2, ring=1).go(kernel, "start", 2, 1, ring=1)
    found = folded(tmp_path, s, ended(t))
    assert {path: count for path, count in found.items() if "hypervisor" not in path} == {"start": 3, "start;hypercall_page": 3}


def test_exec_begins_anew(tmp_path, elves):
    kernel, hypervisor, program = elves
    t = records()
    s = streams.Stream(10).go(program, "main", 0, 2, ring=3)
    through_hypervisor(s, hypervisor, "exception", 3, 3, program.at("leaf"))
    t.event("marker", time=s.time - 2, domid=1, kind="process", a=0x2001, b=1, text="sh")
    s.go(program, "leaf", 0, 1, ring=3)
    found = folded(tmp_path, s, ended(t))
    assert {path: count for path, count in found.items() if "hypervisor" not in path} == {"program init;main": 2, "program sh;leaf": 1}


def test_a_kernel_on_the_bare_machine(tmp_path):
    """Without a hypervisor ring 0 is the kernel, also before there is paging; the loads of CR3 say whose address space it is."""
    kernel = streams.Elf(tmp_path / "mini.elf", KERNEL_BASE, KERNEL, physical=0x100000)
    program = streams.Elf(tmp_path / "init", PROGRAM_BASE, PROGRAM)
    streams.write_images(tmp_path / "images", None, {0: kernel}, {(0, "init"): program, (0, "sh"): program})
    s = streams.Stream(10).run(0xfffffff0, "ea5be000f0", bits=16).transfer("far", 0x100000).run(0x100000, NOP)
    s.go(kernel, "start", 0, 2).go(kernel, "b", 0, 2)
    t = make.Trace().event("domain_built", time=5, domid=0, mode="native").event("domain_start", time=6, domid=0)
    t.event("marker", time=7, kind="process", a=0x2001, b=1, text="init").event("marker", time=8, kind="process", a=0x2002, b=2, text="sh")
    t.event("flush", time=s.time - 1, cause="base_pointer_switch", means="mov_cr3", value=0x2001000)
    s.go(kernel, "b", 2).go(kernel, "start", 2, 1).transfer("iret", program.at("main"), 0, 3).go(program, "main", 0, 2, ring=3)
    s.transfer("exception", kernel.at("handler"), 3, 0, 14).go(kernel, "handler", 0, 2)
    t.event("flush", time=s.time - 1, cause="base_pointer_switch", means="mov_cr3", value=0x2002000)
    s.go(kernel, "handler", 2).transfer("iret", program.at("main"), 0, 3).go(program, "main", 0, 1, ring=3)
    assert folded(tmp_path, s, ended(t)) == {
        "firmware;[unknown]": 1, "start": 4, "start;b": 4, "program init;main": 2, "handler": 3, "program sh;main": 1}


# ---- on whose behalf ------------------------------------------------------------------------------------------------

def entry(s, t, hypervisor, how, vector, instructions, *events, source=1):
    """An entry of so many instructions (4 or more) with records at its last but one."""
    s.transfer(how, hypervisor.at("entry"), source, 0, vector).go(hypervisor, "entry", 0, 2)
    for _ in range(instructions - 4):
        s.go(hypervisor, "serve", 0, 1)
    s.go(hypervisor, "serve", 2)
    for name, fields in events:
        t.event(name, time=s.time - 1, domid=1, **fields)
    return s.go(hypervisor, "entry", 2)


def behalf(tmp_path, elves, entries):
    """A stream and trace of entries: (how, vector, instructions, records...), a guest instruction between two."""
    kernel, hypervisor, _ = elves
    s, t = streams.Stream(10), records()
    for how, vector, instructions, *events in entries:
        s.go(kernel, "start", 0, 1, ring=1)
        entry(s, t, hypervisor, how, vector, instructions, *events)
        s.transfer("iret", kernel.at("start"), 0, 1)
    s.go(kernel, "start", 0, 1, ring=1)
    s.write(tmp_path / "trace", ended(t))
    return s


def kinds(tmp_path, by):
    rows = csv.DictReader(io.StringIO(profile(tmp_path, None, None, "--by", by, "--csv")))
    return {row["kind"]: tuple(int(row[key]) for key in ("entries", "instructions", "least", "median", "p90", "most", "writes"))
            for row in rows if not row["function"]}


def call(number, **fields):
    return "pv_hypercall", {"number": number, **fields}


def fault(*path):
    flags = make.SCHEMA["flags"]["fault_path"]["values"]
    return "shadow_fault", {"path": sum(flags[name] for name in path)}


def test_hypercalls(tmp_path, elves):
    behalf(tmp_path, elves, [("software_interrupt", 0x82, n, call(29)) for n in range(10, 30)]
           + [("software_interrupt", 0x82, 7, call(13), ("pv_hypercall_subcall", {"number": 26})), ("software_interrupt", 0x82, 5),
              ("exception", 14, 50, fault("to_guest")), ("software_interrupt", 0x82, 9, call(99))])
    assert kinds(tmp_path, "hypercall") == {
        "sched_op": (20, 390, 10, 19, 27, 29, 0), "multicall of mmuext_op": (1, 7, 7, 7, 7, 7, 0), "hypercall 99": (1, 9, 9, 9, 9, 9, 0),
        "not recorded": (1, 5, 5, 5, 5, 5, 0)}


def test_functions_of_a_kind(tmp_path, elves):
    behalf(tmp_path, elves, [("software_interrupt", 0x82, 10, call(29)), ("software_interrupt", 0x82, 20, call(29))])
    found = json.loads(profile(tmp_path, None, None, "--by", "hypercall", "--json"))
    assert found["by"] == "hypercall" and found["ring0"] == 30
    kind, = found["kinds"]
    assert kind["instructions"] == {"total": 30, "least": 10, "median": 10, "p90": 20, "most": 20}
    assert kind["functions"] == [{"function": "serve", "instructions": 24, "entries": 2},
                                 {"function": "entry", "instructions": 6, "entries": 2}]
    text = profile(tmp_path, None, None, "--by", "hypercall")
    assert "serve" in text and "12.0" in text and "80.00 %" in text


def test_faults(tmp_path, elves):
    behalf(tmp_path, elves, [
        ("exception", 14, 10, fault("fill_l1", "set_accessed")), ("exception", 14, 20, fault("fill_l1", "set_accessed")),
        ("exception", 14, 6, fault("to_guest"), ("pv_page_fault", {})), ("exception", 13, 7, ("pv_emulate_privop", {"what": "hlt"})),
        ("exception", 7, 8, ("pv_math_state_restore", {})), ("exception", 14, 9, ("writable_disconnect", {})),
        ("exception", 14, 12, ("writable_reconnect", {})),
        ("exception", 6, 11, ("pv_trap", {"vector": 6})), ("interrupt", 0x20, 99)])
    assert {kind: found[:2] for kind, found in kinds(tmp_path, "fault").items()} == {
        "page fault: fill_l1|set_accessed": (2, 30), "page fault: to_guest": (1, 6), "general protection: hlt carried out": (1, 7),
        "device not available: FPU state loaded": (1, 8), "page fault: table disconnected": (1, 9),
        "page fault: table connected": (1, 12),
        "invalid opcode: delivered to the guest": (1, 11)}


def test_page_table_writes(tmp_path, elves):
    write = ("shadow_guest_write", {"via": "emulate"})
    behalf(tmp_path, elves, [
        ("exception", 14, 10, write, fault("emulated")), ("exception", 14, 12, fault("fill_l1", "out_of_sync")),
        ("exception", 14, 14, fault("fill_l1", "unshadowed")), ("exception", 14, 16, fault("fill_l1")),
        ("software_interrupt", 0x82, 30, call(1, arg0=0xc0200000, arg1=3)), ("software_interrupt", 0x82, 8, call(14)),
        ("software_interrupt", 0x82, 20, ("pv_hypercall_subcall", {"number": 14}), ("pv_hypercall_subcall", {"number": 14}), call(13)),
        ("software_interrupt", 0x82, 40, ("shadow_guest_write", {"via": "resync"}), ("shadow_resync", {"changed": 1}), call(26)),
        ("exception", 14, 18, ("writable_disconnect", {})), ("exception", 14, 22, ("writable_reconnect", {"changed": 5}))])
    assert {kind: (found[0], found[1], found[6]) for kind, found in kinds(tmp_path, "pte-write").items()} == {
        "store carried out": (1, 10, 1), "store to a table that goes out of sync": (1, 12, 0),
        "store to a table whose shadow is dropped": (1, 14, 0), "mmu_update": (1, 30, 3), "update_va_mapping": (1, 8, 1),
        "multicall of update_va_mapping": (1, 20, 2), "tables out of sync compared": (1, 40, 1),
        "store to a table that is disconnected": (1, 18, 0), "disconnected table connected": (1, 22, 5)}


def test_entries_are_all_of_ring_0_and_a_switch_parts_them(tmp_path, elves):
    behalf(tmp_path, elves, [("software_interrupt", 0x82, 10, call(29), ("sched_switch", {"next_domid": 1, "next_vcpu": 0})),
                             ("interrupt", 0x20, 6), ("exception", 14, 5, fault("fill_l2"))])
    found = kinds(tmp_path, "entry")
    assert {kind: entries[:2] for kind, entries in found.items()} == {
        "hypercall sched_op": (1, 9), "switched to": (1, 1), "interrupt 0x20": (1, 6), "page fault: fill_l2": (1, 5)}


def test_an_entry_right_behind_another(tmp_path, elves):
    """The guest's first instruction faults when it is fetched, or an interrupt waits: no instruction of the guest is between."""
    kernel, hypervisor, program = elves
    s, t = streams.Stream(10), records()
    s.go(kernel, "start", 0, 1, ring=1)
    entry(s, t, hypervisor, "interrupt", 0x20, 6).transfer("iret", program.at("main"), 0, 3)
    entry(s, t, hypervisor, "exception", 14, 8, fault("fill_l1"), source=3).transfer("iret", program.at("main"), 0, 3)
    s.go(program, "main", 0, 1, ring=3).write(tmp_path / "trace", ended(t))
    assert {kind: found[:2] for kind, found in kinds(tmp_path, "entry").items()} == {
        "interrupt 0x20": (1, 6), "page fault: fill_l1": (1, 8)}


def test_parts_of_entries_do_not_count(tmp_path, elves):
    kernel, hypervisor, _ = elves
    s, t = streams.Stream(10), records()
    s.go(hypervisor, "serve").transfer("iret", kernel.at("start"), 0, 1).go(kernel, "start", 0, 1, ring=1)
    s.transfer("interrupt", hypervisor.at("entry"), 1, 0, 0x20).go(hypervisor, "entry", 0, 1).gap(s.time + 9, asked=True)
    s.go(hypervisor, "serve").transfer("iret", kernel.at("start"), 0, 1).go(kernel, "start", 0, 1, ring=1)
    s.transfer("interrupt", hypervisor.at("entry"), 1, 0, 0x20).go(hypervisor, "entry", 0, 1)
    s.write(tmp_path / "trace", ended(t))
    assert kinds(tmp_path, "entry") == {}


def test_spread_of_large_numbers(tmp_path, elves):
    """Least, most and sum are exact; the rest within one part in 128."""
    kernel, hypervisor, _ = elves
    s, t = streams.Stream(10), records()
    for passes in (10000, 20000, 30000, 40001):
        s.go(kernel, "start", 0, 1, ring=1).transfer("interrupt", hypervisor.at("entry"), 1, 0, 0x20)
        s.run(hypervisor.at("entry"), "f3a4", passes=passes)
    s.go(kernel, "start", 0, 1, ring=1).write(tmp_path / "trace", ended(t, 200000))
    (count, total, least, median, p90, most, _), = kinds(tmp_path, "entry").values()
    assert (count, total, least, most) == (4, 100001, 10000, 40001)
    assert 20000 * 127 / 128 < median <= 20000 and 40001 * 127 / 128 < p90 <= 40001


# ---- forms ----------------------------------------------------------------------------------------------------------

@pytest.fixture
def small(tmp_path, elves):
    kernel, hypervisor, program = elves
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1).go(kernel, "a", ring=1)
    through_hypervisor(s, hypervisor, "interrupt", 1, 3, program.at("main"), vector=0x20)
    s.go(program, "main", 0, 3, ring=3)
    return s.write(tmp_path / "trace", ended(records()))


def test_forms_agree(tmp_path, small):
    found = json.loads(profile(tmp_path, None, None, "--json"))
    assert found["instructions"] == {"total": 15, "ring0": 6, "ring1": 6, "ring2": 0, "ring3": 3}
    assert found["images"] == [{"image": "hypervisor", "instructions": 6}, {"image": "kernel mini", "instructions": 6},
                               {"image": "program init", "instructions": 3}]
    rows = list(csv.DictReader(io.StringIO(profile(tmp_path, None, None, "--csv"))))
    assert [{key: str(value) for key, value in function.items()} for function in found["functions"]] == rows
    table = profile(tmp_path, None, None)
    for function in found["functions"]:
        assert any(line.split()[-7:-6] == [function["function"]] or function["function"] in line for line in table.splitlines())
    short = profile(tmp_path, None, None, "--top", "2")
    assert f"and {len(rows) - 2} functions more" in short and len(short.splitlines()) == len(table.splitlines()) - len(rows) + 2 + 1


def test_the_picture(tmp_path, small):
    root = xml.fromstring(profile(tmp_path, None, None, "--svg"))
    space = "{http://www.w3.org/2000/svg}"
    bars = {bar.find(f"{space}title").text: float(bar.find(f"{space}rect").get("width")) for bar in root.iter(f"{space}g")}
    assert "kernel mini: 6 instructions, 40.00 %" in bars and "serve: 3 instructions, 20.00 %, 1 calls" in bars
    whole = bars["all: 15 instructions, 100.00 %"]
    assert abs(bars["kernel mini: 6 instructions, 40.00 %"] / whole - 0.4) < 0.01
    for text in root.iter(f"{space}text"):
        assert not text.text or len(text.text) < 70
    assert not [element for element in root.iter() if element.tag.endswith(("script", "image", "a"))]


def test_a_window(tmp_path, small):
    found = json.loads(profile(tmp_path, None, None, "--json", "--from", "11", "--until", "14"))
    assert found["instructions"]["total"] == 3 and {f["function"] for f in found["functions"]} == {"start", "a"}


def test_without_symbols_images_are_told_apart(tmp_path, small):
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    done = streams.run("profile", small, "--csv")
    assert done.returncode == tools.FINE and "no folder images" in done.stderr
    assert [line.split(",")[:2] for line in done.stdout.splitlines()[1:]] == [
        ["hypervisor", "[unknown]"], ["kernel", "[unknown]"], ["program init", "[unknown]"]]


@pytest.mark.parametrize("options,complaint", [
    ([], "which trace"), (["--by", "cause"], "it can be"), (["--by", "fault", "--svg"], "neither folded stacks"),
    (["--csv", "--folded"], "one of"), (["--top", "x"], "not a number"), (["--from", "5", "--until", "5"], "must be less"),
])
def test_wrong_usage(small, options, complaint):
    done = streams.run("profile", *([small] if options else []), *options)
    assert done.returncode == tools.USAGE and complaint in done.stderr and done.stdout == ""


def test_nothing_to_read_and_something_missing(tmp_path, elves):
    make.golden().write(tmp_path / "events")
    done = streams.run("profile", tmp_path / "events")
    assert done.returncode == tools.NOTHING and "no instruction stream" in done.stderr and done.stdout == ""
    s = streams.Stream(10).go(elves[0], "b", ring=1).gap(60)
    profile(tmp_path, s, ended(records()), status=tools.INCOMPLETE)


@pytest.mark.parametrize("tool", ["insn", "profile", "check", "memory", "tlbsim"])
def test_a_window_of_which_nothing_was_recorded(tmp_path, tool):
    trace = records().snapshot().event("hw_end", time=300)
    done = streams.run(tool, streams.Stream(1).gap(301, asked=True).write(tmp_path / "trace", trace))
    assert done.returncode == tools.FINE and "no instruction was recorded there" in done.stderr
