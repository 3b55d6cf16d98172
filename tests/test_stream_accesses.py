"""Data accesses and page walks of the instruction stream, in stock Bochs: against Bochs's own debugger, which
single-steps the same image and prints every access, and against what the repeated string instructions of the kernel
must have accessed by their definition."""
import re
import subprocess

import pytest

from stream_listing import Listing, build_lister
from trace_machine import Machine, build_assembly, build_libraries, symbol

# as in tests/trace/accesses.S
WINDOW, WINDOW_PAGES, WINDOW_FRAMES, ABSENT, LARGE, ITSELF = 0x300000, 16, 0x38f000, 0x340000, 0x800000, 0xc00000
READ, WRITE, BOTH = 1, 2, 3
PAGE = 4096
SET_DIRECTORY, SET_TABLE = 1, 2


def physical(linear):
    """Where the kernel's tables map a linear address to."""
    page = (linear - WINDOW) // PAGE
    if 0 <= page < WINDOW_PAGES:
        return WINDOW_FRAMES - page * PAGE + linear % PAGE
    return linear


class Run(Listing):
    """The kernel's run."""

    def __init__(self, program, trace, kernel):
        super().__init__(program, trace)
        self.kernel = kernel

    def piece(self, name):
        """The accesses of the instructions between two labels."""
        begin, end = symbol(self.kernel, name), symbol(self.kernel, name + "_end")
        address = dict(self.instructions())
        return [access for time, *access in self.accesses() if begin <= address[time] < end]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernel") / "accesses.elf"
    build_assembly(path, "tests/trace/accesses.S")
    return path


@pytest.fixture(scope="module")
def run(kernel, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    build_libraries()
    machine = Machine(directory / "machine", kernel, "")
    status, printed = machine.run(traced="mem")
    assert status == 0, printed
    listed = Run(build_lister(directory), machine.out / "trace", kernel)
    assert listed.damage == ""
    return listed


@pytest.fixture(scope="module")
def stepped(run, kernel, tmp_path_factory):
    """What Bochs's debugger prints when it executes the same instructions one by one."""
    machine = Machine(tmp_path_factory.mktemp("stepped") / "machine", kernel, "")
    end = symbol(kernel, "end")
    steps = next(number for number, (_, address) in enumerate(run.instructions()) if address == end) - 1
    with open(machine.directory / "bochsrc", "a", encoding="ascii") as file:
        file.write("magic_break: enabled=1\n")
    (machine.directory / "bochs-commands").write_text("c\ntrace-mem on\n" + "s\n" * steps + "q\n")
    done = subprocess.run(machine.command, cwd=machine.directory, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=300, check=False)
    return done.stdout


LINEAR = re.compile(r"\[CPU0 (RD|WR|RW)\]: LIN 0x(\w+) PHY 0x(\w+) \(len=(\d+)")
PHYSICAL = re.compile(r"\[CPU0 (RD|WR)\]: PHY 0x(\w+) \(len=4, \w+\): 0x(\w+)\t; (PDE|PTE)")


def test_every_access_of_a_single_stepped_run(run, stepped):
    kinds = {"RD": READ, "WR": WRITE, "RW": BOTH}
    printed = [[kinds[kind], int(linear, 16), int(to, 16), int(size)] for kind, linear, to, size in LINEAR.findall(stepped)]
    assert len(printed) > 40000
    # before and behind the stepped instructions nothing is accessed
    assert [access for _, *access in run.accesses()] == printed


def walks_printed(stepped):
    """The debugger's lines put together to walks: [entries read, what was set]."""
    walks = []
    for kind, address, value, level in PHYSICAL.findall(stepped):
        if kind == "RD" and level == "PDE":
            walks.append(([], set()))
        entries, was_set = walks[-1]
        if kind == "RD":
            entries.append((int(address, 16), int(value, 16)))
        else:
            was_set.add(SET_DIRECTORY if level == "PDE" else SET_TABLE)
    return [(entries, sum(was_set)) for entries, was_set in walks]


def test_every_walk_of_a_single_stepped_run(run, stepped):
    walks = [([tuple(int(part, 0) for part in entry.split("=")) for entry in entries], int(was_set))
             for _, _time, _address, _purpose, _user, _filled, was_set, *entries in run.of("walk")]
    printed = walks_printed(stepped)
    assert len(printed) > 30
    assert walks[len(walks) - len(printed):] == printed      # the debugger begins an instruction later
    assert len(walks) - len(printed) <= 1


def test_walks_say_what_for(run):
    faults = [words for words in run.of("walk") if words[5] == "0"]
    assert [int(words[2], 0) - ABSENT for words in faults] == [0, 0x1000, 0x2000, 0x8000, 0x9000]
    assert [int(words[3]) for words in faults] == [1, 1, 1, 0, 1]        # writes, but for one read
    large = [words for words in run.of("walk") if LARGE <= int(words[2], 0) < ITSELF]
    assert [int(words[2], 0) - LARGE for words in large] == [0, 0x1000, 0x2000]
    assert all(len(words) == 8 for words in large)                       # one entry each
    first, second = [words for words in run.of("walk") if int(words[2], 0) >= ITSELF]
    assert first[7] == first[8] and first[6] == "3"      # one entry read twice, and accessed set for the sake of either
    assert second[6] == "2"                              # for writing: dirty, in the table's role


def whole(kind, linear, size):
    """One access as Bochs makes it: in two pieces when it lies on two pages."""
    first = min(size, PAGE - linear % PAGE)
    pieces = [(linear, first)] + ([(linear + first, size - first)] if first < size else [])
    return [[kind, at, physical(at), length] for at, length in pieces]


def moved(source, target, count, size, step=1):
    return [access for i in range(count) for access in
            whole(READ, source + i * size * step, size) + whole(WRITE, target + i * size * step, size)]


def swept(kind, target, count, size, step=1):
    return [access for i in range(count) for access in whole(kind, target + i * size * step, size)]


def compared(source, target, count):
    return [access for i in range(count) for access in whole(READ, source + i, 1) + whole(READ, target + i, 1)]


PIECES = {
    "rep_movsb": moved(WINDOW + 0x123, WINDOW + 0x4777, 5000, 1),
    "rep_movsl": moved(WINDOW + 0x1ffe, WINDOW + 0x5001, 1500, 4),
    "rep_stosb": swept(WRITE, WINDOW + 0x2fff, 4099, 1),
    "rep_stosl": swept(WRITE, WINDOW + 0x3ffd, 1100, 4),
    "rep_lodsl": swept(READ, WINDOW + 0xffc, 700, 4),
    "repe_cmpsb": compared(WINDOW + 0x7000, WINDOW + 0x9000, 4200),
    "rep_none": [],
    "rep_movsw_down": moved(WINDOW + 0x6003, WINDOW + 0x9ffd, 2500, 2, -1),
    "rep_stosl_down": swept(WRITE, WINDOW + 0x8ffe, 1300, 4, -1),
    "rep_insb": swept(BOTH, WINDOW + 0xaffd, 20, 1),
    "rep_insw": swept(BOTH, WINDOW + 0xb000, 900, 2),
    "rep_insl": swept(BOTH, WINDOW + 0xbfff, 30, 4),
    "rep_outsb": swept(READ, WINDOW + 0xaffd, 20, 1),
    "rep_outsw": swept(READ, WINDOW + 0xb000, 2100, 2),
    "rep_outsl": swept(READ, WINDOW + 0xbfff, 30, 4),
    "movsb_once": moved(WINDOW, WINDOW + 0x4000, 1, 1),
    "rep_movsb_large": moved(LARGE, LARGE + 0x1ff0, 300, 1),
    "add_across": whole(BOTH, WINDOW + 0x2ffe, 4),
}


@pytest.mark.parametrize("name", PIECES)
def test_string_instructions(run, name):
    assert run.piece(name) == PIECES[name]


ITERATIONS = {"rep_movsb": 5000, "rep_movsl": 1500, "rep_stosb": 4099, "rep_stosl": 1100, "rep_lodsl": 700, "repe_cmpsb": 4200,
              "rep_none": 0, "rep_movsw_down": 2500, "rep_stosl_down": 1300, "rep_insb": 20, "rep_insw": 900, "rep_insl": 30,
              "rep_outsb": 20, "rep_outsw": 2100, "rep_outsl": 30, "rep_movsl_fault": 1500, "rep_movsb_large": 300}


@pytest.mark.parametrize("name", ITERATIONS)
def test_repeat_counts(run, name):
    """What did not complete, and the pass that finds a count of zero, are no iterations."""
    address, found, iterations, last = symbol(run.kernel, name), [], 0, None
    for words in [*run.lines, ["end"]]:
        if words[0] == "i":
            last = int(words[2], 0)             # an instruction of the run before
            continue
        if last == address:
            found.append(iterations)            # they are the last one's
        last, iterations = None, int(words[6]) if words[0] == "run" else 0
    assert found and sum(found) == ITERATIONS[name]


def test_a_string_instruction_that_faults(run):
    """Each page of the target is absent at first: what had been read is read again when the instruction goes on."""
    expected = []
    for i in range(1500):
        source, target = WINDOW + 4 * i, ABSENT + 0xff0 + 4 * i
        if i == 0 or target % PAGE == 0:
            expected += whole(READ, source, 4)
        expected += whole(READ, source, 4) + whole(WRITE, target, 4)
    found = [access for access in run.piece("rep_movsl_fault") if access[1] >= WINDOW]
    assert found == expected
