"""The machine layer, from outside: what the hypervisor says to a bad boot line, and how it ends when it breaks."""
import re
import statistics
import subprocess

import pytest

from conftest import LONGEST_WAIT, ROOT, call

PANIC = 7
GUEST = "t_hello"

BAD_WORDS = [
    ("pool=15", "boot option pool=15: allowed is a number from 16 to 4096"),
    ("pool=4294967312", "boot option pool=4294967312: allowed is a number"),
    ("scatter=some", "boot option scatter=some: allowed is off or a number (the seed)"),
    ("audit=some", "boot option audit=some: allowed is off, cheap, full"),
    ("classes=flush,flash", "boot option classes=flash: allowed is all, marker, hypercall, fault, shadow, flush"),
    ("console=vga", "boot option console=vga: allowed is e9, com1, both"),
    ("timer=0", "boot option timer=0: allowed is a number from 1 to 1000"),
    ("phase=1000001", "boot option phase=1000001: allowed is a number from 0 to 1000000"),
]


@pytest.mark.parametrize("word,message", BAD_WORDS, ids=[word for word, _ in BAD_WORDS])
def test_bad_boot_word(run_guest, word, message):
    run = run_guest(GUEST, boot=word)
    assert run.status == PANIC, run.explain()
    assert f"PANIC: {message}" in run.console


# What the runner would not pass on: the hypervisor has to stand on its own feet.
BAD_WORDS_PLAIN = [
    ("colour=blue", "boot option 'colour' is unknown: allowed are mem=, mode=, scatter=, trace="),
    ("verbose", "boot option 'verbose' is unknown"),
    ("mode=fast", "boot option mode=fast: allowed is shadow"),
    ("mem=7", "boot option mem=7: allowed is a number from 8 to 1024"),
    ("mem=300", "300 MiB of domains (mem=) do not fit: the machine has 48 MiB and needs 332 MiB for them"),
    ("", "no guest kernel"),
]


@pytest.mark.parametrize("word,message", BAD_WORDS_PLAIN, ids=[word or "no module" for word, _ in BAD_WORDS_PLAIN])
def test_bad_boot_in_plain_bochs(built, root, tmp_path, word, message):
    command = [root / "bochs-config" / "machine.py", "--directory", tmp_path, "--mem", "16", "--boot", word or "mem=16",
               "--kernel", root / "build" / "xen" / "penumbra.elf"]
    booted = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=LONGEST_WAIT)
    assert message in booted.stdout, booted.stdout[-2000:]


# What breaks, what the panic must say, and the functions that must stand in the stack trace, innermost first.
SELFTESTS = [
    ("panic", r"selftest: a panic on purpose", ["selftest_panic", "selftest_run"]),
    ("assert", r"xen/boot/selftest\.c:\d+: assertion failed: boot_options\.selftest ==",
     ["assertion_failed", "selftest_assert"]),
    ("fault", r"page fault at address 12345678, error code 0002", ["selftest_fault"]),
    ("stack", r"double fault: the hypervisor's stack overflowed", ["selftest_stack"] * 3),
]


def stack_trace(console):
    """Names of the functions in the stack trace, innermost first."""
    lines = console.split("stack trace:\n")[1].splitlines()
    names = []
    for line in lines:
        place = re.fullmatch(r"  [0-9a-f]{8} ([A-Za-z_0-9.]+)\+0x[0-9a-f]+", line)
        if not place:
            break
        names.append(place.group(1).split(".")[0])
    return names


@pytest.mark.parametrize("word,message,functions", SELFTESTS, ids=[word for word, _, _ in SELFTESTS])
def test_panic(run_guest, word, message, functions):
    run = run_guest(GUEST, boot=f"selftest={word}")
    assert run.status == PANIC, run.explain()
    assert re.search(r"^PANIC: " + message, run.console, re.MULTILINE), run.console
    assert re.search(r"^eax [0-9a-f]{8} ebx [0-9a-f]{8} ", run.console, re.MULTILINE)
    trace = stack_trace(run.console)
    assert trace[:len(functions)] == functions
    # the calls before may be jumps, the optimizer permitting; the beginning stays
    assert "boot_main" in trace or word == "stack"
    assert re.search(r"last trace records:\n  #0 d32752 v0 hypervisor_start memory_frames=\d+ ", run.console)
    assert run.summary["outcome"] == "panic"


@pytest.mark.parametrize("memory", [8, 1024])
def test_smallest_and_largest_domain(run_guest, memory):
    run = run_guest(GUEST, mem=memory)
    assert run.status == 0, run.explain()
    assert f"Penumbra: {memory + 32} MiB of memory, mem={memory} " in run.console


@pytest.mark.parametrize("choice,on_e9,on_com1", [("e9", True, False), ("com1", False, True), ("both", True, True)])
def test_console(run_guest, choice, on_e9, on_com1):
    run = run_guest(GUEST, boot=f"console={choice}")
    assert run.status == 0, run.explain()
    log = run.out / "machine" / "com1.log"
    com1 = log.read_bytes() if log.exists() else b""
    assert ("Penumbra: 96 MiB of memory" in run.console) == on_e9
    assert (b"Penumbra: 96 MiB of memory, mem=64 mode=shadow\r\n" in com1) == on_com1


TLB_INSTRUCTION = re.compile(r"mov\w*\s+%*\w+,\s*%+cr[034]\b|\binvlpg\s|\blmsw\b")
TLB_ROOMS = {"xen/boot/start.S", "xen/mm/paging.c", "xen/mm/tlb.c"}


def test_only_three_files_control_the_tlb(root):
    sources = [path for folder in ("xen", "shadow", "trace") for path in (root / folder).rglob("*.[chS]")
               if "agent" not in path.parts]
    found = {str(path.relative_to(root)) for path in sources
             if any(TLB_INSTRUCTION.search(line) and ("asm" in line or path.suffix == ".S")
                    for line in path.read_text(encoding="utf-8").splitlines())}
    assert found == TLB_ROOMS


def usual_tick(run):
    """Where in a period of the timer (40,000 instructions) the middle one of the first alarms comes, from the domain's start."""
    lines = call(ROOT / "analysis" / "events", run.out / "trace", "--only", "domain_start,hw_interrupt").stdout.splitlines()
    start, *alarms = (int(line.split()[0]) for line in lines if "software=1" not in line)
    return statistics.median((alarm - start) % 40000 for alarm in alarms[:21])


def test_the_phase_moves_every_tick(run_guest):
    runs = [run_guest("mini", workload="collect", boot=f"scatter=7 phase={phase}", trace="events", name=f"{phase}")
            for phase in (0, 3000)]
    first, later = map(usual_tick, runs)
    assert abs((later - first) % 40000 - 12000) < 400          # 3 ms are 12,000 instructions
