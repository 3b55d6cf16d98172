"""The instruction stream in stock Bochs: instruction by instruction what Bochs's own debugger prints of the same image, in code that modifies
itself, is replaced, remapped, repeated and interrupted; and the agent's own counts."""
import csv
import json
import re
import subprocess

import pytest

from traces import tools
from trace_machine import ROOT, Machine, build_assembly, build_kernel, build_libraries, parse, symbol

STEPPED = re.compile(r"\(0\)\.\[\d+\] \[0x([0-9a-f]+)\] ([0-9a-f]{4}):[0-9a-f]+ .*; ([0-9a-f]+) *$", re.M)
PAGE = 4096


def listed(trace, *options):
    """What analysis/stream --list prints, as lists of words."""
    done = tools.run("stream", trace, "--list", *options)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def is_instruction(words):
    return words[1].isdigit()


def counted(trace, *options):
    done = tools.run("stream", trace, "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", autouse=True)
def build():
    build_libraries()
    tools.build()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernel") / "code.elf"
    build_assembly(path, "tests/trace/code.S")
    return path


@pytest.fixture(scope="module")
def run(kernel, tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("run") / "machine", kernel, "")
    status, printed = machine.run(traced="insn")
    assert status == 0, printed
    return machine


def stepped(kernel, directory, steps):
    """(frame, ring, bytes) of each instruction that Bochs's debugger prints, from the magic break on."""
    machine = Machine(directory, kernel, "")
    with open(machine.directory / "bochsrc", "a", encoding="ascii") as file:
        file.write("magic_break: enabled=1\n")
    (machine.directory / "bochs-commands").write_text(f"c\ntrace on\ns {steps}\nq\n")
    done = subprocess.run(machine.command, cwd=machine.directory, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=300, check=False)
    return [(int(physical, 16) // PAGE, int(selector, 16) & 3, code) for physical, selector, code in STEPPED.findall(done.stdout)]


@pytest.fixture(scope="module")
def executed(run, kernel):
    """(frame, ring, bytes, address) of each instruction of the stream, from behind the magic break to the end."""
    found = [(int(frame, 16), int(ring), code, int(address, 16))
             for _, ring, address, frame, code, *_ in filter(is_instruction, listed(run.out / "trace"))]
    addresses = [address for *_, address in found]
    return found[addresses.index(symbol(kernel, "begin")) + 1:addresses.index(symbol(kernel, "end"))]


def test_every_instruction_of_a_single_stepped_run(executed, kernel, tmp_path):
    """The debugger prints what lies in memory. Of an instruction on two pages Bochs keeps the decoded form although the second page was
    remapped meanwhile: what ran then shows in the flow."""
    # a step more, and one for the fetch behind a far jump that faults: the debugger counts it, and prints nothing
    printed = stepped(kernel, tmp_path / "stepped", len(executed) + 2)
    assert len(printed) == len(executed) > 60000
    different = [i for i, (a, b) in enumerate(zip(printed, executed)) if a != b[:3]]
    assert {executed[i][2] for i in different} == {"b844332211"}
    taken = symbol(kernel, "is_first_return")
    for i in different:                  # mov, inc, ret, call, cmp, je
        assert executed[i + 6][3] == taken, "it was the instruction that the stream says"


def test_the_agents_own_counts(run):
    events = [parse(line) for line in run.events() if " penumbra:" in line]
    counters = next(fields for _, name, fields in reversed(events) if name == "hw_counters")
    totals = counted(run.out / "trace")
    assert [totals["instructions"], *totals["rings"]] == [counters["instructions"], *(counters[f"ring{i}"] for i in range(4))]
    assert totals["until"] == run.status["clock"] + 1 and totals["missing"] == 0
    assert totals["rings"][3] > 100


def test_two_transfers_without_an_instruction_between_them(run):
    """A far jump into another segment, whose first instruction is not there: the address is of that segment."""
    lines = listed(run.out / "trace")
    pair, = [(words, behind) for words, behind in zip(lines, lines[1:]) if words[1] == "far" and behind[1] == "exception"]
    assert (pair[0][-1], pair[1][2]) == ("to=0036a000", "vector=14")
    back = next(words for words in lines[lines.index(pair[1]):] if words[1] == "iret")
    assert back[-1] == "to=0036a000"


def test_what_faulted_is_told_from_what_completed(run, kernel):
    """3 each of ud2, div and a segment load, 2 data accesses, 2 of rep stosb; what could not be fetched (3 times) never began."""
    faulted = [words[4] for words in listed(run.out / "trace") if words[-1] == "faulted"]
    assert sorted(faulted) == sorted(3 * ["0f0b", "f7f1", "8ee0"] + ["a100203600", "ff0500303600", "f3aa", "f3aa"])
    exceptions = [words for words in listed(run.out / "trace") if words[1] == "exception"]
    assert len(exceptions) == len(faulted) + 3


@pytest.mark.parametrize("begin, end", [(0, 1), (1, 2), (100, 101), (5000, 5003), (30000, 30200), (47000, 52000)])
def test_a_window_is_a_part_of_the_whole(run, begin, end):
    whole = [words for words in listed(run.out / "trace") if is_instruction(words)]
    first = int(whole[0][0])
    assert [int(words[0]) for words in whole] == list(range(first, first + len(whole)))
    window = [words for words in listed(run.out / "trace", "--from", first + begin, "--until", first + end) if is_instruction(words)]
    assert window == whole[begin:end]


def test_more_code_than_bochs_keeps_decoded(tmp_path):
    """Bochs has room for 589,824 decoded instructions, and begins anew where the first ones were: here three times."""
    kernel, rounds, random, expected = tmp_path / "pool.elf", 240000, 1, []
    build_assembly(kernel, "tests/trace/pool.S")
    machine = Machine(tmp_path / "machine", kernel, "")
    assert machine.run(traced="insn")[0] == 0
    done = tools.run("insn", machine.out / "trace", "--show", "instructions", "--address", "0x300000", "--csv")
    for _ in range(rounds):
        random = (random * 1103515245 + 12345) % (1 << 32)
        expected.append(f"b0{random >> 24:02x}")
    found = [row["bytes"] for row in csv.DictReader(done.stdout.splitlines()) if row["bytes"]]
    assert 8 * rounds > 3 * 589824 and found == expected


@pytest.fixture(scope="module")
def handover(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernel") / "handover.elf"
    build_kernel(path)
    return path


def test_nothing_is_changed_by_being_traced(handover, tmp_path):
    """Records of the hypervisor and of the hardware, the console and the status file, timer interrupts among what they tell."""
    seen = {}
    for depth in (False, "events", "insn", "mem"):
        machine = Machine(tmp_path / str(depth), handover, "good")
        status, printed = machine.run(traced=depth)
        assert status == 0, printed
        events = [line for line in machine.events() if " penumbra:" in line] if depth else None
        seen[depth] = (events, machine.console, machine.status)
    assert seen["insn"] == seen["mem"] == seen["events"] and len(seen["events"][0]) > 1000
    assert seen[False][1:] == seen["events"][1:]


def test_totals_with_interrupts_and_rings(handover, tmp_path):
    machine = Machine(tmp_path / "machine", handover, "good")
    assert machine.run(traced="insn")[0] == 0
    events = [parse(line) for line in machine.events() if " penumbra:" in line]
    counters = next(fields for _, name, fields in reversed(events) if name == "hw_counters")
    totals = counted(machine.out / "trace")
    assert [totals["instructions"], *totals["rings"]] == [counters["instructions"], *(counters[f"ring{i}"] for i in range(4))]
    kinds = [words[1:] for words in listed(machine.out / "trace") if words[1] in ("interrupt", "exception", "software_interrupt")]
    recorded = [(fields["vector"], name, fields.get("software")) for _, name, fields in events if name in ("hw_interrupt", "hw_exception")]
    names = {("hw_exception", None): "exception", ("hw_interrupt", 0): "interrupt", ("hw_interrupt", 1): "software_interrupt"}
    assert [(words[0], int(words[1].split("=")[1])) for words in kinds] == [
        (names[name, software], vector) for vector, name, software in recorded]
