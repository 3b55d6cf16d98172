"""Options of a run: a wrong value is named with what is allowed, before anything is written."""
import gzip
import re

import pytest

import options
import recording
from conftest import ROOT, RUN, call


def check(tmp_path, *arguments):
    """Ask for a check of options only; returns (exit status, complaint)."""
    done = call(RUN, "--check", "--out", tmp_path / "out", *arguments)
    assert not (tmp_path / "out").exists(), "a check must not write"
    return done.returncode, done.stderr


WRONG = [
    (["--mode", "fast"], ["MODE=fast", "shadow"]),
    (["--trace", "all"], ["TRACE=all", "off", "events"]),
    (["--mem", "7"], ["MEM=7", "8", "1024"]),
    (["--mem", "1025"], ["MEM=1025", "8", "1024"]),
    (["--mem", "64M"], ["MEM=64M", "MiB"]),
    (["--mem", ""], ["MEM=", "MiB"]),
    (["--timeout", "0"], ["TIMEOUT=0", "seconds"]),
    (["--timeout", "soon"], ["TIMEOUT=soon", "seconds"]),
    (["--guest", "nobody"], ["GUEST=nobody", "t_hello", "ELF"]),
    (["--guest", ""], ["GUEST=", "t_hello"]),
    (["--guest", "/no/such/kernel"], ["/no/such/kernel", "No such file"]),
    (["--guest", "/etc/passwd"], ["/etc/passwd", "not an ELF file"]),
    (["--guest", "/usr/bin/env"], ["/usr/bin/env", "not a 32-bit x86 ELF file"]),
    (["--guest", "t_hello", "--workload", "dance"], ["WORKLOAD=dance", "t_hello"]),
    (["--guest", "mini", "--workload", "dance"], ["WORKLOAD=dance", "fork-cow"]),
    (["--boot", "mem=9"], ["BOOT=mem=9", "MEM="]),
    (["--boot", "bogus=1"], ["BOOT=bogus=1", "scatter=", "audit="]),
    (["--boot", "scatter"], ["BOOT=scatter", "scatter="]),
    (["--boot", "a;reboot"], ["BOOT", "';'"]),
    (["--cmdline", "$x"], ["CMDLINE", "'$'"]),
    (["--until", "x" * 257], ["UNTIL=", "256"]),
    (["--until", "x", "--no-agent"], ["UNTIL=", "the agent"]),
    (["--ramdisk", "/no/such/ramdisk"], ["RAMDISK=/no/such/ramdisk"]),
    (["--trace", "events", "--trace-window", "ring=1"], ["TRACE_WINDOW=", "TRACE=insn"]),
    (["--trace", "insn", "--trace-window", "ring=4"], ["TRACE_WINDOW=ring=4", "ring=0..3", "domain=N or idle", "marker=N"]),
    (["--trace", "insn", "--trace-window", "ring=1,ring=3"], ["TRACE_WINDOW=ring=1,ring=3", "ring is there twice"]),
    (["--trace", "insn", "--trace-window", "marker=1+2"], ["marker=1+2 is not known"]),
    (["--trace", "mem", "--mem-window", "until=7,from=7"], ["MEM_WINDOW=until=7,from=7", "no instruction"]),
    (["--trace", "insn", "--trace-window", "domain=" + "+".join(map(str, range(17)))], ["TRACE_WINDOW=", "16 domains"]),
    (["--trace", "insn", "--trace-window", "ring=1,"], ["an empty word", "from=N"]),
    (["--trace", "insn", "--trace-window", "ring=1+idle"], ["TRACE_WINDOW=ring=1+idle"]),
    (["--trace", "insn", "--mem-window", "ring=1"], ["MEM_WINDOW=", "TRACE=mem"]),
    (["--trace", "mem", "--mem-window", "from=1,to=2"], ["MEM_WINDOW=from=1,to=2", "to=2 is not known", "until=N"]),
    (["--trace-window", "until=0"], ["TRACE_WINDOW=until=0", "no instruction"]),
    (["--trace", "events", "--flight", "5"], ["FLIGHT=", "TRACE=mem"]),
    (["--trace", "insn", "--flight", "4001"], ["FLIGHT=4001", "1 to 4000"]),
    (["--trace", "insn", "--flight-event", "crash"], ["FLIGHT_EVENT=", "FLIGHT="]),
    (["--trace", "insn", "--flight", "5", "--flight-event", "fire"], ["FLIGHT_EVENT=fire", "violation", "marker=N"]),
]
# and what is allowed
RECORDED = ["--trace-window from=1,until=2,ring=0+3,domain=0+idle+32751,marker=7", "--mem-window ring=1", "--flight 4000",
            "--flight 1 --flight-event marker=12", "--flight 1 --flight-event end"]


@pytest.mark.parametrize("words", RECORDED)
def test_what_is_recorded_may_be_chosen(tmp_path, words):
    assert check(tmp_path, "--trace", "mem", *words.split()) == (0, "")


@pytest.mark.parametrize("trace,chosen,status,said", [
    ("insn", {"window": "domain=9"}, {"recorded": 0}, "none lay in TRACE_WINDOW=domain=9"),
    ("mem", {"flight": "1", "flight_event": "crash"}, {"recorded": 9, "flight_event": False}, "FLIGHT_EVENT=crash never came"),
    ("mem", {"window": "ring=1"}, {"recorded": 9, "flight_event": True}, ""), ("events", {}, {}, ""), ("insn", {}, None, "")])
def test_a_choice_that_came_to_nothing_is_told(trace, chosen, status, said):
    told = recording.complaint(trace, recording.Recording(**chosen), status)
    assert said in told and bool(said) == bool(told)


@pytest.mark.parametrize("arguments,said", WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_wrong_value_is_named(tmp_path, arguments, said):
    status, complaint = check(tmp_path, *arguments)
    assert status == 2
    for words in said:
        assert words in complaint
    assert len(complaint.splitlines()) == 1


def elf_head(machine=3):
    return b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x02\0" + bytes([machine, 0]) + bytes(32)


def test_compressed_kernel_is_checked_as_what_is_in_it(tmp_path):
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(gzip.compress(elf_head()))
    assert check(tmp_path, "--guest", str(kernel)) == (0, "")
    kernel.write_bytes(gzip.compress(elf_head(machine=62)))
    status, complaint = check(tmp_path, "--guest", str(kernel))
    assert status == 2 and "32-bit x86" in complaint


# the same bytes whenever they are made, for they are the test's name, which several workers must agree on
@pytest.mark.parametrize("damage", [b"\x1f\x8b" + bytes(30), gzip.compress(elf_head(), mtime=0)[:20]])
def test_damaged_compressed_kernel_is_refused(tmp_path, damage):
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(damage)
    status, complaint = check(tmp_path, "--guest", str(kernel))
    assert status == 2 and "damaged" in complaint and len(complaint.splitlines()) == 1


def test_right_values_pass(tmp_path):
    words = "--guest t_hello --mem 512 --trace off --timeout 1 --boot scatter=3"
    assert check(tmp_path, *words.split()) == (0, "")


def test_empty_out_is_refused():
    done = call(RUN, "--check", "--out", "")
    assert done.returncode == 2 and "OUT=" in done.stderr


@pytest.mark.parametrize("option,value", [("MODE", "fast"), ("GUEST", "it's nobody"), ("TRACE", "$(x)")])
def test_make_run_names_a_wrong_value_before_it_builds(option, value):
    done = call("make", "-s", "run", f"{option}={value.replace('$', '$$')}", cwd=ROOT)
    assert done.returncode != 0
    assert f"{option}={value} is not known" in done.stderr
    assert done.stdout == ""


def test_user_boot_words_replace_the_runners(tmp_path):
    arguments = options.parser().parse_args(["--guest", "t_hello", "--boot", "classes=flush scatter=2", "--mem", "32"])
    assert options.boot_words(options.check(arguments)) == "mem=32 mode=shadow trace=agent classes=flush scatter=2"


def test_the_command_that_repeats_a_run():
    arguments = options.parser().parse_args(["--guest", "t_hello", "--boot", "classes=flush scatter=2", "--mem", "32", "--out", "x",
                                             "--quiet", "--report", "--trace", "insn"])
    assert options.check(arguments).command == "bochs-config/run --guest t_hello --mem 32 --boot 'classes=flush scatter=2'"


def test_boot_keys_are_those_of_the_hypervisor():
    source = (ROOT / "xen" / "boot" / "options.c").read_text(encoding="utf-8")
    known = set(re.findall(r'\{ "([a-z]+)", [a-z_]+ \}', source))
    assert known == set(options.BOOT_KEYS) | set(options.RESERVED_BOOT_WORDS)


PROGRAMS = ["bochs-config/bench", "bochs-config/compare", "bochs-config/compare_job", "bochs-config/disk.py",
            "bochs-config/fuzz", "bochs-config/machine.py", "bochs-config/run", "bochs-config/setup",
            "guests/linux/ramdisk", "analysis/compare", "analysis/report",
            *(f"analysis/{source.stem}" for source in sorted((ROOT / "analysis" / "tools").glob("*.c")))]


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_has_an_example_and_a_page_names_the_program(program):
    done = call(ROOT / program, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(rf"^(Example:|   ) {program}\b", done.stdout, re.MULTILINE)
    pages = [ROOT / "README.md", ROOT / "bochs-config" / "help.txt", *(ROOT / "docs").glob("*.md")]
    assert any(program in page.read_text(encoding="utf-8") for page in pages)


def test_make_help_lists_every_option_and_target():
    text = call("make", "-s", "help", cwd=ROOT).stdout
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    variables = set(re.findall(r"^([A-Z_]+) \?=", makefile, re.MULTILINE)) - {"STATUS_FILE"}    # for whatever calls make
    assert "compare" in targets and "TRACE_WINDOW" in variables
    assert [name for name in targets if f"    make {name} " not in text] == []
    assert [name for name in variables if not re.search(rf"\b{name}=", text)] == []
