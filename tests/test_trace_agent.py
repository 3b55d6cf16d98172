"""The agent in stock Bochs, without a session: counting, the hand-over, the oracle, every way a run can end, and what it refuses."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from conftest import tcp_sockets, wait_until
from trace_machine import BUILD, SECONDS, Machine, build_kernel, build_libraries

BOCHS = "/usr/bin/bochs-bin"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    build_libraries()
    path = tmp_path_factory.mktemp("kernel") / "handover.elf"
    build_kernel(path)
    return path


@pytest.fixture
def boot(kernel, tmp_path):
    return lambda words: Machine(tmp_path / "machine", kernel, words)


# words of the kernel: exit status, outcome, what the machine said, and what the agent prints
ENDINGS = {
    "good": (0, "success", "success", ""),
    "skip": (3, "skip", "skip", ""),
    "gap": (9, "lost", "success", "records were lost"),
    "root": (10, "violation", "success", "root_is_guest_frame: frame 0x800"),
    "table": (10, "violation", "success", "table_is_guest_frame: frame 0x800"),
    "table is=l1": (0, "success", "success", ""),
    "table is=l2": (0, "success", "success", ""),
    "table is=l1 is=none": (10, "violation", "success", "table_is_guest_frame: frame 0x800"),
    "table is=l1 is=given-back": (10, "violation", "success", "table_is_guest_frame: frame 0x800"),
    "root is=l2": (0, "success", "success", ""),
    "root is=l1": (10, "violation", "success", "root_is_guest_frame: frame 0x800"),
    "root is=l2 is=none": (10, "violation", "success", "root_is_guest_frame: frame 0x800"),
    "root is=l2 is=given-back": (10, "violation", "success", "root_is_guest_frame: frame 0x800"),
    "triple": (7, "panic", "panic", "triple fault"),
    "pae": (4, "error", "error", "PAE paging is not known here"),
    "reset": (7, "panic", "panic", "the machine was reset"),
    "outcome": (4, "error", "error", "unknown outcome"),
}


# words of the kernel: the rule that the oracle finds broken, or None. Domain 1 owns frame 0x800, domain 2 frame 0x810.
MAPPINGS = {
    "own": None,
    "others": "mapping_of_other_domain: frame 0x810",
    "nobodys": "mapping_of_other_domain: frame 0x840",
    "others read": "mapping_not_writable: frame 0x810",
    "others read unwritable": None,
    "nobodys read": "mapping_not_writable: frame 0x840",
    "others read write": None,
    "others write none": "mapping_of_other_domain: frame 0x810",
    "others trusted": None,
    "own reborn": "mapping_of_other_domain: frame 0x800",
    "own switch": None,                     # the switch alone changes nothing before CR3 has been loaded
    "own idle": None,
    "own idle load": None,
    "own switch flush": None,
    "others switch flush": "mapping_of_other_domain: frame 0x810",
    "own switch load": "mapping_of_other_domain: frame 0x800",
    "others switch load": None,
    "own table-of-1": None,
    "own table-of-2": "table_of_other_domain: frame 0x811",
    "own large": "mapping_of_other_domain: frame 0x810",
    "own other-root": "table_of_other_domain: frame 0x812",
    "own other-root trusted": "table_of_other_domain: frame 0x812",
}


@pytest.mark.parametrize("words", MAPPINGS)
def test_domains_map_what_is_theirs(boot, words):
    machine = boot(f"maps {words}")
    status, printed = machine.run()
    rule, found = MAPPINGS[words], machine.status["oracle"]
    assert machine.status["bad"] == 0
    assert (status, found["violations"] > 0) == ((10, True) if rule else (0, False)), printed
    assert (rule or "") in printed
    assert (found["unchecked"] > 0) == ("trusted" in words)


def test_a_run_that_maps_one_wrong_frame_has_one_violation(boot):
    machine = boot("maps others")
    machine.run()
    assert machine.status["oracle"]["violations"] == 1


@pytest.mark.parametrize("words", ENDINGS)
def test_endings(boot, words):
    machine = boot(words)
    status, printed = machine.run()
    expected, outcome, reported, text = ENDINGS[words]
    assert (status, machine.status["outcome"], machine.status["reported"]) == (expected, outcome, reported), printed
    assert text in printed


def test_counts(boot):
    machine = boot("good")
    machine.run()
    status, rings = machine.status, machine.status["instructions"]
    # 300 rounds of 500 times loop and 5 more, the tail, and what is run again after a fault or an interrupt
    assert 300 * 505 <= rings["ring3"] <= 300 * 505 + 100
    assert rings["total"] == rings["ring0"] + rings["ring3"] and rings["ring1"] == rings["ring2"] == 0
    assert (status["lost"], status["bad"], status["oracle"]["violations"]) == (0, 0, 0)
    assert status["records"] >= 8 + 302 and status["walks"] > 0 and status["oracle"]["checks"] > status["walks"]
    assert machine.console == "hello\ngood bye\n"


def test_domains_and_idle_are_the_whole(boot):
    machine = boot("good")
    machine.run()
    status = machine.status
    [domain] = status["domains"]
    assert (domain["id"], domain["mode"], domain["outcome"], domain["reason"], domain["text"]) == (
        1, "trusted", "success", "poweroff", "the end")
    for ring in ("total", "ring0", "ring1", "ring3"):
        assert domain["instructions"][ring] + status["idle"]["instructions"][ring] == status["instructions"][ring]
    assert domain["walks"] + status["idle"]["walks"] == status["walks"] and status["idle"]["instructions"]["total"] == 0


def test_gap_counts_the_missing_records(boot):
    machine = boot("gap")
    machine.run()
    assert (machine.status["lost"], machine.status["bad"]) == (2, 0)


def test_garbage_is_counted_and_named(boot):
    machine = boot("garbage")
    status, printed = machine.run()
    assert (status, machine.status["outcome"]) == (9, "lost")
    assert machine.status["bad"] == 7 + len(range(0, 0x10000, 61))
    for complaint in ("not in memory", "unknown id (0x4242)", "unknown id (0x807)", "no more of these are shown"):
        assert complaint in printed
    assert printed.count("bad record") == 5


@pytest.mark.parametrize("words, rules", [("root is=l1", {"root_is_guest_frame"}),
                                          ("root", {"root_is_guest_frame", "table_is_guest_frame"})])
def test_a_directory_that_is_no_root_is_walked_like_any_table(boot, words, rules):
    """CR3 names the frame, and every walk begins in it: an L1 is wrong as the root and right in a walk."""
    machine = boot(words)
    _, printed = machine.run()
    assert {rule for rule in ("root_is_guest_frame", "table_is_guest_frame") if rule in printed} == rules
    assert (machine.status["oracle"]["violations"] == 1) == (words == "root is=l1")


def test_types_that_there_are_not_are_counted_and_named(boot):
    machine = boot("types")
    status, printed = machine.run()
    assert (status, machine.status["outcome"], machine.status["bad"]) == (9, "lost", 4)
    for mfn in ("0x800", "0x100000", "0xffffffff"):
        assert f"table_type: there is no such frame, or no such type of it ({mfn})" in printed


UNTIL = {"hello": ("hello", 0, "success"), "good bye\n": ("hello\ngood bye\n", 0, "success"), "good byf": ("hello\ngood bye\n", 3, "skip")}


@pytest.mark.parametrize("text", UNTIL)
def test_the_console_ends_a_run(boot, text):
    machine = boot("skip")
    status, printed = machine.run(PENUMBRA_UNTIL=text)
    console, *ending = UNTIL[text]
    assert (machine.console, status, machine.status["outcome"]) == (console, *ending), printed


def test_the_console_ends_an_endless_run_at_the_same_instruction(boot):
    machine, clocks = boot("endless"), set()
    for _ in range(2):
        (machine.directory / "disk.img.lock").unlink(missing_ok=True)
        assert machine.run(PENUMBRA_UNTIL="endless")[0] == 0
        clocks.add(machine.status["clock"])
    assert len(clocks) == 1


@pytest.mark.parametrize("words", ["endless", "halt"])
@pytest.mark.parametrize("number, status, outcome", [(signal.SIGTERM, 8, "timeout"), (signal.SIGINT, 130, "interrupted")])
def test_signals_end_the_run_in_order(boot, words, number, status, outcome):
    machine = boot(words)
    process = machine.start()
    wait_until(lambda: "hello" in machine.console)
    time.sleep(0.2)
    process.send_signal(number)
    printed, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, machine.status["outcome"]) == (status, outcome), printed


def is_idle(pid):
    """Whether a process that may have ended does nothing for half a second."""
    states = set()
    for _ in range(25):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            states.add(file.read().rsplit(")", 1)[1].split()[0])
        time.sleep(0.02)
    return states <= {"S", "Z"}


def test_the_machine_begins_when_something_is_typed(boot):
    """However late that is."""
    machine = boot("skip")
    with socket.create_server(("localhost", 0), family=socket.AF_INET) as listener:
        listener.settimeout(SECONDS)
        text = (machine.directory / "bochsrc").read_text()
        client = f"mode=socket-client, dev=localhost:{listener.getsockname()[1]}"
        (machine.directory / "bochsrc").write_text(re.sub(r"mode=file, dev=\S+", client, text))
        process = machine.start()
        with listener.accept()[0] as line:
            wait_until(lambda: is_idle(process.pid))
            assert process.poll() is None and machine.console == ""
            line.sendall(b"x")
            process.communicate(timeout=SECONDS)
    assert process.returncode == 3 and machine.console == "hello\ngood bye\n"


def test_bochs_that_gives_up_is_an_error(boot):
    machine = boot("good")
    (machine.directory / "disk.img").unlink()
    status, printed = machine.run()
    assert status == 4 and machine.status["outcome"] == "error"
    assert "Bochs ended by itself" in printed


def altered(tmp_path, change):
    """A copy of Bochs with its bytes changed. A program of another name, so that only the hooks tell what it is."""
    path = tmp_path / "altered"
    with open(BOCHS, "rb") as file:
        data = bytearray(file.read())
    change(data)
    path.write_bytes(data)
    path.chmod(0o755)
    return str(path)


def hook_offset(name):
    """Where in the program's file the code of a hook is."""
    symbols = subprocess.run(["nm", "-D", BOCHS], capture_output=True, text=True, check=True).stdout
    address = next(int(line.split()[0], 16) for line in symbols.splitlines() if line.endswith(" " + name))
    sections = subprocess.run(["readelf", "-SW", BOCHS], capture_output=True, text=True, check=True).stdout
    text = next(line.split("]")[1].split() for line in sections.splitlines() if "] .text " in line)
    return address - int(text[2], 16) + int(text[3], 16)


def set_byte(offset, value):
    def change(data):
        data[offset] = value
    return change


def rename(data):
    old = b"_Z18bx_instr_tlb_cntrljjm\0"
    at = data.index(old)
    data[at:at + len(old)] = old.replace(b"tlb", b"xlb")


def test_refuses_a_hook_that_does_something(boot, tmp_path):
    offset = hook_offset("_Z18bx_instr_exceptionjjj")
    program = altered(tmp_path, set_byte(offset, 0x90))
    status, printed = boot("good").run(program=program)
    assert status == 2
    assert "_Z18bx_instr_exceptionjjj is not an empty hook with room for a jump" in printed and "found: 90 66" in printed


def test_refuses_a_hook_without_room(boot, tmp_path):
    offset = hook_offset("_Z18bx_instr_exceptionjjj")
    program = altered(tmp_path, set_byte(offset + 4, 0xcc))
    status, printed = boot("good").run(program=program)
    assert status == 2 and "not an empty hook with room" in printed


def test_refuses_a_missing_hook(boot, tmp_path):
    status, printed = boot("good").run(program=altered(tmp_path, rename))
    assert status == 2
    assert "does not export _Z18bx_instr_tlb_cntrljjm" in printed


def test_refuses_a_page_walk_that_begins_otherwise(boot, tmp_path):
    name = "_ZN8BX_CPU_C23translate_linear_legacyEmRjjj"
    program = altered(tmp_path, set_byte(hook_offset(name) + 2, 0xe8))        # a call names a place
    status, printed = boot("good").run(program=program, traced="insn")
    assert status == 2 and f"{name} is not a function whose beginning can be moved" in printed


@pytest.mark.parametrize("code, what", [
    (b"\x49\x83\x86", "counts instructions"), (b"\x49\x01\x86", "adds an instruction's length"),
    (b"\x48\x83\xc3\x38", "goes to the next instruction"), (b"\xff\xff\xff\x7f\x89\x81", "takes back that it shall stop"),
    (b"\x8b\x50\x0c\x48\x8b\x58", "gets the next instructions")])
def test_refuses_another_main_loop(boot, tmp_path, code, what):
    """The agent reads in the loop's code where Bochs keeps what it needs."""
    def change(data):
        begin = hook_offset("_ZN8BX_CPU_C8cpu_loopEv")
        at = data.index(code, begin, begin + 0x220)
        data[at + 1] ^= 0x10

    status, printed = boot("good").run(program=altered(tmp_path, change))
    assert status == 2 and f"does not recognize how this Bochs {what}" in printed


@pytest.mark.parametrize("name", ["getICacheEntryEv", "handleAsyncEventEv"])
def test_refuses_functions_of_the_main_loop_that_begin_otherwise(boot, tmp_path, name):
    symbol = next(line.split()[-1] for line in subprocess.run(["nm", "-D", BOCHS], capture_output=True, text=True,
                                                              check=True).stdout.splitlines() if line.endswith(name))
    status, printed = boot("good").run(program=altered(tmp_path, set_byte(hook_offset(symbol) + 2, 0xe8)))
    assert status == 2 and f"{symbol} is not a function whose beginning can be moved" in printed


def test_refuses_to_silence_a_hook_that_does_something(boot, tmp_path):
    program = altered(tmp_path, set_byte(hook_offset("_Z24bx_instr_after_executionjP15bxInstruction_c"), 0x90))
    status, printed = boot("good").run(program=program)
    assert status == 2 and "after_executionjP15bxInstruction_c is not an empty hook" in printed


def test_refuses_accesses_of_which_some_are_not_reported(boot, tmp_path):
    """A Bochs without the debugger has the fast paths of string instructions."""
    def hide(data):
        at = data.index(b"\0_Z11bx_dbg_mainv\0")
        data[at + 1:at + 2] = b"x"

    program = altered(tmp_path, hide)
    status, printed = boot("good").run(program=program, traced="mem")
    assert status == 2 and "has a fast path for repeated string instructions that reports no access" in printed
    assert boot("good").run(program=program)[0] == 0


def test_refuses_another_program_called_bochs(tmp_path):
    build_libraries()
    program = tmp_path / "bochs-bin"
    program.write_bytes(open("/bin/true", "rb").read())
    program.chmod(0o755)
    done = subprocess.run([program], env={**os.environ, "LD_PRELOAD": str(BUILD / "agent.so")}, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "does not export" in done.stderr


def test_leaves_other_programs_alone():
    build_libraries()
    done = subprocess.run(["/bin/sh", "-c", "echo unharmed"], env={**os.environ, "LD_PRELOAD": str(BUILD / "agent.so")},
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "unharmed\n", "")


@pytest.mark.parametrize("name, value, message", [
    ("PENUMBRA_TRACE", "some", "must be off, events, insn or mem"),
    ("PENUMBRA_CLOCK", "/nowhere/clock", "cannot open the clock page"),
    ("PENUMBRA_CLOCK", "/dev/null", "shorter than"),
    ("PENUMBRA_CONSOLE", "/nowhere/console", "cannot open the console file"),
    ("PENUMBRA_UNTIL", "", "must have 1 to 256 bytes"),
    ("PENUMBRA_UNTIL", "x" * 257, "must have 1 to 256 bytes"),
])
def test_refuses_a_bad_environment(boot, name, value, message):
    status, printed = boot("good").run(**{name: value})
    assert status == 2 and message in printed


def test_refuses_events_without_a_session(boot, tmp_path):
    private = {"LD_PRELOAD": f"{BUILD / 'agent.so'}:{BUILD / 'private.so'}", "PENUMBRA_PRIVATE": str(tmp_path)}
    status, printed = boot("good").run(PENUMBRA_TRACE="events", LTTNG_HOME=str(tmp_path), **private)
    assert status == 2 and "no LTTng session records" in printed


def test_display_listens_on_the_loopback_interface_only(boot):
    machine = boot("endless")
    process = machine.start()
    seen = {}
    wait_until(lambda: seen.update(tcp_sockets(process.pid)) or seen)         # a thread of its own begins to listen
    process.terminate()
    process.communicate(timeout=SECONDS)
    assert [address.split(":")[0] for address in seen.values()] == ["0100007F"], "one socket, at 127.0.0.1"
