"""analysis/insn on streams and records that are known."""
import csv
import io
import json

import pytest

from traces import make, streams, tools

KERNEL = {"start": "b801000000 cd82 c3", "handler": "50 e8f1ffffff cf"}           # mov, int 0x82, ret; push, call start, iret
HYPERVISOR = {"boot": "fa f3a5", "entry": "60 8b00 cf"}
PROGRAM = {"main": "90 cd80"}


@pytest.fixture(scope="module", autouse=True)
def readers():
    streams.build()


@pytest.fixture
def run(tmp_path):
    """A run in little: the hypervisor before paging and after, a guest kernel's hypercall, a program's system call."""
    hypervisor = streams.Elf(tmp_path / "penumbra.elf", 0xfd500000, HYPERVISOR, physical=0x100000)
    kernel = streams.Elf(tmp_path / "mini.elf", 0xc0100000, KERNEL)
    program = streams.Elf(tmp_path / "init", 0x8048000, PROGRAM)
    streams.write_images(tmp_path / "images", hypervisor, {1: kernel}, {(1, "init"): program})
    s = streams.Stream(1).run(0xfffffff0, "ea5be000f0", bits=16).transfer("far", 0xfe05b)
    s.run(0x100000, HYPERVISOR["boot"], passes=2, iterations=9)
    s.run(0xc0100000, "b801000000 cd82", ring=1).transfer("software_interrupt", 0xfd500003, 1, 0, 0x82)
    s.run(0xfd500003, "60 8b00", faulted=True).walk(0xc0200000, (0x301c00, 0x302067), (0x302800, 0), set_bits=1, use="write", filled=False)
    s.transfer("exception", 0xfd500003, 0, 0, 14, 2).run(0xfd500003, HYPERVISOR["entry"]).access("read", 0x1000, 0x2000)
    s.transfer("iret", 0x8048000, 0, 3).run(0x8048000, PROGRAM["main"], ring=3).access("write", 0xbffffffc, 0x2ffc)
    t = make.Trace().event("hypervisor_start", time=4, domid=0x7ff0, cr3=0x301000)
    t.event("base_pointer", time=4, domid=1, guest_mfn=0x2001).event("domain_start", time=4, domid=1)
    t.event("hw_exception", time=8, vector=14, error_code=2, eip=0xfd500004)
    t.event("marker", time=10, domid=1, kind="process", a=0x2001, b=7, text="init")
    t.snapshot().event("hw_end", time=13, outcome="success")
    return s.write(tmp_path / "trace", t)


def insn(run, *arguments):
    done = streams.run("insn", run, *arguments)
    assert (done.returncode, done.stderr) == (tools.FINE, "")
    return done.stdout


def instructions(run, *arguments):
    """(time, function+offset, disassembly) of each instruction."""
    rows = csv.DictReader(io.StringIO(insn(run, "--csv", "--show", "instructions", *arguments)))
    return [(int(row["time"]), f"{row['function']}+{row['offset']}", row["text"]) for row in rows]


def test_every_instruction_with_its_function(run):
    assert instructions(run) == [
        (1, "+", "jmp far 0xf000:0xe05b"), (2, "boot+0", "cli"),
        (3, "boot+1", "rep movsd  ; began 2 times  ; 9 repeats"), (5, "start+0", "mov eax, 0x1"), (6, "start+5", "int 0x82"),
        (7, "entry+0", "pushad"), (8, "entry+1", "mov eax, [eax]  ; faulted"), (9, "entry+0", "pushad"),
        (10, "entry+1", "mov eax, [eax]"), (11, "entry+3", "iretd"), (12, "main+0", "nop"), (13, "main+1", "int 0x80")]


def test_text_for_people(run):
    text = insn(run, "--from", 5, "--until", 10, "--show", "instructions,records,transfers,walks,accesses")
    assert text.splitlines() == [
        "            5  d1.0 mfn 0x2001      r1  c0100000  start+0x0                             b801000000            mov eax, 0x1",
        "            6  d1.0 mfn 0x2001      r1  c0100005  start+0x5                             cd82                  int 0x82",
        "            6  d1.0 mfn 0x2001      r1  -- transfer software interrupt 0x82 ring 1 -> 0 to fd500003 <entry>",
        "            7  d1.0 mfn 0x2001      r0  fd500003  entry+0x0                             60                    pushad",
        "            8  d1.0 mfn 0x2001      r0  fd500004  entry+0x1                             8b00"
        "                  mov eax, [eax]  ; faulted",
        "            8  d1.0 mfn 0x2001      r0  -- walk for write of c0200000: [301c00]=302067 (marked) [302800]=0 no entry",
        "            8  d1.0 mfn 0x2001      r0  -- transfer exception 0xe error 0x2 to fd500003 <entry>",
        "            8  d1.0 mfn 0x2001      r0  -- record cpu hw_exception vector=14 error_code=0x2 eip=0xfd500004 ring=0",
        "            9  d1.0 mfn 0x2001      r0  fd500003  entry+0x0                             60                    pushad"]


def test_json_says_the_same_as_csv(run):
    options = ["--show", "instructions,records,transfers,walks,accesses"]
    objects = json.loads(insn(run, "--json", *options))
    rows = list(csv.DictReader(io.StringIO(insn(run, "--csv", *options))))
    assert len(objects) == len(rows) == 12 + 10 + 4 + 1 + 2
    for item, row in zip(objects, rows):
        for key, value in item.items():
            assert row[key] == ("" if value is None else f"0x{value:x}" if key == "address" else str(value))


def test_images_and_processes(run):
    rows = list(csv.DictReader(io.StringIO(insn(run, "--csv", "--show", "instructions"))))
    assert [(row["image"], row["domain"], row["process"]) for row in (rows[0], rows[1], rows[3], rows[9], rows[10])] == [
        ("firmware", "", "-"), ("hypervisor", "", "-"), ("kernel mini", "1", "mfn 0x2001"),
        ("hypervisor", "1", "init (7)"), ("program init", "1", "init (7)")]


@pytest.mark.parametrize("options,times", [
    (["--ring", "1,3"], [5, 6, 12, 13]),
    (["--function", "start,mai*"], [5, 6, 12, 13]),
    (["--function", "boot"], [2, 3]),
    (["--address", "0xfd500003"], [7, 9]),
    (["--address", "fd500003"], [7, 9]),                  # as it is printed
    (["--process", "init (7)"], [11, 12, 13]),
    (["--process", "mfn 0x2001,init", "--ring", "1,3"], [5, 6, 12, 13]),
    (["--address", "0xfd500003-0xfd500004"], [7, 8, 9, 10]),
    (["--domain", "1", "--ring", "0"], [7, 8, 9, 10, 11]),
    (["--process", "init"], [11, 12, 13]),
    (["--from", "8", "--count", "2"], [8, 9]),
    (["--around", "8", "--context", "1"], [7, 8, 9]),
    (["--around", "hw_exception", "--context", "1"], [7, 8, 9]),
    (["--around", "3", "--context", "99", "--until", "6"], [1, 2, 3, 5]),
])
def test_filters(run, options, times):
    assert [time for time, _, _ in instructions(run, *options)] == times


def test_rows_go_with_their_instruction(run):
    text = insn(run, "--function", "entry", "--show", "records,transfers")
    assert [line.split(" -- ")[1].split()[:2] for line in text.splitlines()] == [
        ["transfer", "exception"], ["record", "cpu"], ["record", "d1.0"], ["record", "cpu"], ["record", "cpu"],
        ["transfer", "iret"]]


def test_call_targets_have_names(tmp_path):
    kernel = streams.Elf(tmp_path / "k.elf", 0xc0100000, {"start": "90 c3", "caller": "e8f9ffffff e8faffffff"})
    streams.write_images(tmp_path / "images", None, {1: kernel})
    s = streams.Stream(10).run(kernel.at("caller"), kernel.functions["caller"], ring=1)
    t = make.Trace().event("domain_start", time=5, domid=1).snapshot().event("hw_end", time=20)
    assert [text for _, _, text in instructions(s.write(tmp_path / "trace", t))] == [
        "call 0xc0100000 <start>", "call 0xc0100006 <caller+0x4>"]


def test_without_images(run):
    (run.parent / "images").rename(run.parent / "elsewhere")
    done = streams.run("insn", run, "--ring", "1")
    assert done.returncode == tools.FINE and "no folder images lies beside the trace" in done.stderr
    assert "c0100000  [kernel]" in done.stdout
    assert "start+0x0" in insn(run, "--ring", "1", "--images", run.parent / "elsewhere")


def test_a_damaged_image_is_named(run):
    for path in (run.parent / "images").glob("mini*"):
        path.write_bytes(b"\x7fELF and then nothing")
    done = streams.run("insn", run, "--ring", "1")
    assert done.returncode == tools.FINE and "it is no ELF file of 32 bits" in done.stderr and "[kernel mini]" in done.stdout


def test_what_is_missing_is_shown_and_said(tmp_path):
    s = streams.Stream(10).run(0xc0100000, "90", ring=1).gap(50).run(0xc0100000, "90", ring=1)
    t = make.Trace().event("domain_start", time=5, domid=1).snapshot().event("hw_end", time=60)
    done = streams.run("insn", s.write(tmp_path / "trace", t), "--function", "nothing")
    assert done.returncode == tools.INCOMPLETE and "39 instructions are missing" in done.stderr
    assert done.stdout == "           11  d1.0 -               r1  -- gap of 39 instructions: a packet is damaged\n"


@pytest.mark.parametrize("options,complaint", [
    ([], "which trace"), (["--ring", "4"], "rings are"), (["--show", "all"], "it can be"), (["--around", "nothing"], "no such record"),
    (["--from", "9", "--until", "9"], "must be less"), (["--csv", "--json"], "one of"), (["--address", "0x10-"], "no address"),
    (["--address", "20-10"], "no address"), (["--address", "123456789"], "no address"), (["--address", ""], "wants"),
    (["--show", ""], "wants"), (["--function", ""], "wants"), (["--process", ""], "wants"), (["--around", ""], "wants"),
    (["--frm", "1"], "unknown option"),
])
def test_wrong_usage(run, options, complaint):
    done = streams.run("insn", *([run] if options else []), *options)
    assert done.returncode == tools.USAGE and complaint in done.stderr and done.stdout == ""


def test_names_without_what_the_compiler_put_behind(tmp_path):
    kernel = streams.Elf(tmp_path / "k.elf", 0xc0100000, {"start": "90 c3", "start.lto_priv.1": "90", "start.part": "40", "starts": "41"})
    streams.write_images(tmp_path / "images", None, {1: kernel})
    s = streams.Stream(10)
    for name in kernel.functions:
        s.go(kernel, name, ring=1)
    t = make.Trace().event("domain_start", time=5, domid=1).snapshot().event("hw_end", time=20)
    trace = s.write(tmp_path / "trace", t)
    assert [time for time, _, _ in instructions(trace, "--function", "start")] == [10, 11, 12, 13]
    assert [time for time, _, _ in instructions(trace, "--function", "start.part")] == [13]


@pytest.mark.parametrize("options,complaint", [
    (["--function", "strat"], "no row of --function strat"), (["--ring", "2"], "no row of --ring 2"), (["--domain", "7", "--ring", "1"],
     "no row of --domain 7 --ring 1"), (["--address", "c0000000"], "no row of --address c0000000"),
    (["--process", "nobody", "--until", "9"], "no row of --process nobody"), (["--show", "walks", "--until", "5"], "no row of --show walks")])
def test_nothing_passes(run, options, complaint):
    done = streams.run("insn", run, *options)
    assert (done.returncode, done.stdout) == (tools.NOTHING, "") and complaint in done.stderr


def test_what_was_before_the_recording_is_no_row(tmp_path):
    s = streams.Stream(0).gap(100, asked=True).run(0xc0100000, "90 40", ring=1).gap(150, asked=True).run(0xc0100000, "90", ring=1)
    t = make.Trace().event("domain_start", time=5, domid=1).snapshot().event("hw_end", time=160)
    trace = s.write(tmp_path / "trace", t)
    streams.write_images(tmp_path / "images")
    assert [line.split()[0] for line in insn(trace, "--count", "1", "--show", "instructions").splitlines()] == ["100"]
    assert [line.split()[0] for line in insn(trace, "--count", "3", "--show", "instructions").splitlines()] == ["100", "101", "102", "150"]
    assert [line.split()[0] for line in insn(trace, "--from", "5", "--count", "1", "--show", "instructions").splitlines()] == ["5", "100"]


def test_nothing_to_read(tmp_path, run):
    make.golden().write(tmp_path / "events")
    for options in (["--csv"], ["--json"], []):
        done = streams.run("insn", tmp_path / "events", *options)
        assert done.returncode == tools.NOTHING and "no instruction stream" in done.stderr and done.stdout == ""
    done = streams.run("insn", run, "--around", "panic")
    assert done.returncode == tools.NOTHING and "has no record panic" in done.stderr
