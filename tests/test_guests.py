"""The guests' own parts: those that need no machine under sanitizers, and what the small kernel says to wrong words.

That every test guest and every workload ends as it should is in test_run_guests.py and test_run_workloads.py.
"""
import re
import tarfile

import pytest

import verdict
from conftest import ROOT
from hosted import compile_program, run_program

SOURCES = ["tests/unit/guest_parts.c", "guests/lib/format.c", "guests/lib/string.c", "guests/mini/archive.c", "guests/mini/region.c",
           "guests/mini/update_queue.c"]
# string.c's functions get names of their own in the guests' files, so that they do not replace the host's under the sanitizers' feet
FLAGS = ["-Wno-format", "-fno-builtin", "-fsanitize=address,undefined",
         *(f"-D{name}=guest_{name}" for name in "memcpy memmove memset memcmp strlen strnlen strcmp strncmp".split())]
RAMDISK = ROOT / "build" / "guests" / "mini" / "ramdisk.img"
PROGRAM = ROOT / "build" / "guests" / "workloads" / "bin" / "fork-cow"
ERROR = verdict.outcome_numbers(ROOT)["error"]


def test_parts_that_need_no_machine(built, tmp_path):
    program = compile_program(tmp_path / "guest_parts", *FLAGS, *SOURCES, cwd=ROOT)
    ran = run_program(program, RAMDISK, "fork-cow", str(PROGRAM.stat().st_size))
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_ramdisk_holds_every_workload_and_nothing_of_the_builder(built):
    with tarfile.open(RAMDISK) as archive:
        members = archive.getmembers()
    programs = sorted(path.stem for path in (ROOT / "guests" / "workloads").glob("*.c"))
    assert sorted(member.name for member in members) == sorted([*programs, *(f"file-{number:02}" for number in range(32))])
    assert all((member.uid, member.gid, member.mtime, member.uname) == (0, 0, 0, "") for member in members)
    listed = re.sub(r"#.*", "", (ROOT / "guests" / "mini" / "workloads.list").read_text()).split()
    helpers = ["init", "shell", "true"]      # which init or workloads run
    assert sorted([*listed, *helpers]) == sorted([*programs, "all"])


@pytest.mark.parametrize("cmdline,said", [
    ("frobnicate=3", ['at "frobnicate=3": unknown word', "workload=NAME", "mem_limit=NUMBER"]),
    ("rounds=abc", ['at "rounds=abc"', "decimal number"]),
    ("rounds=", ['at "rounds="']),
    ("mem_limit=31", ["at least 32 frames"]),
    ("pages=0", ["needs pages=1.."]),
    ("processes=13", ["processes=1..12"]),
    ("x" * 300, ["too long"]),
])
def test_wrong_words_are_named(run_guest, cmdline, said):
    run = run_guest("mini", cmdline=cmdline, trace="off")
    assert run.status == ERROR, run.explain()
    for words in said:
        assert words in run.console


def test_unknown_workload_is_named_with_those_there_are(run_guest):
    run = run_guest(str(ROOT / "build/guests/mini/mini.elf"), ramdisk=str(RAMDISK), cmdline="workload=nonsense", trace="off")
    assert run.status == ERROR, run.explain()
    assert 'unknown workload "nonsense"; allowed: fork-cow' in run.console


def test_kernel_without_programs_says_so(run_guest, built, tmp_path):
    kernel = str(ROOT / "build/guests/mini/mini.elf")
    run = run_guest(kernel, trace="off")
    assert run.status == ERROR, run.explain()
    assert "cannot start the program init" in run.console
    damaged = tmp_path / "damaged.img"
    damaged.write_bytes(RAMDISK.read_bytes()[:700])
    run = run_guest(kernel, ramdisk=str(damaged), trace="off")
    assert run.status == ERROR, run.explain()
    assert "cannot start the program init" in run.console


def test_limit_makes_every_workload_swap(run_guest):
    run = run_guest("mini", workload="fork-cow", cmdline="mem_limit=40 rounds=1 pages=32", boot="scatter=3 audit=full", trace="off")
    assert run.status == 0, run.explain()
    assert int(re.search(r"fork-cow: .* swapped out (\d+)", run.console)[1]) > 100


def test_full_swap_area_kills_the_process_not_the_kernel(run_guest):
    run = run_guest("mini", workload="demand-swap", cmdline="swap=50", trace="off")
    assert run.status == verdict.outcome_numbers(ROOT)["failure"], run.explain()
    assert re.search(r"process \d+ \(demand-swap\) killed: out of memory", run.console)
    assert "workload demand-swap: killed" in run.console


def test_mode_hop_refuses_too_many_at_a_time(run_guest):
    run = run_guest("mini", workload="mode-hop", cmdline="together=5", trace="off")
    assert run.status == ERROR, run.explain()
    assert "mode-hop needs together=1..4" in run.console


def test_mode_hop_goes_every_way(run_guest):
    run = run_guest("mini", workload="mode-hop", mode="direct", cmdline="switches=400 pause=2 rounds=1 pages=200 seed=3 together=2", trace="off")
    assert run.status == 0, run.explain()
    made = {(line[1], line[2]): int(line[3]) for line in re.finditer(r"mode-hop: (\w+) to (\w+): (\d+)", run.console)}
    modes = ["shadow", "writable", "direct", "emulated"]
    assert sorted(made) == sorted((before, after) for before in modes for after in modes if before != after)
    assert min(made.values()) > 0 and sum(made.values()) >= 400
    assert re.search(r"mode-hop: (\d+) changes of the paging mode, (\d+) runs", run.console)[1] == str(sum(made.values()))


@pytest.mark.parametrize("workload,rounds", [("fork-cow", 4), ("demand-swap", 4000)])
def test_clock_changes_the_mode_under_a_workload(run_guest, workload, rounds):
    run = run_guest("mini", workload=workload, cmdline=f"hop=3 seed=11 rounds={rounds}", trace="off")
    assert run.status == 0, run.explain()
    assert int(re.search(rf"{workload}: .* mode changes (\d+)", run.console)[1]) > 100


@pytest.mark.parametrize("mode,how", [
    ("shadow", "written with plain stores"),
    ("writable", "written with plain stores that the hypervisor catches"),
    ("direct", "written by mmu_update"),
    ("trusted", "written with plain stores"),
])
def test_kernel_says_how_it_writes_its_page_tables(run_guest, mode, how):
    run = run_guest("mini", mode=mode, cmdline="rounds=1 pages=8", trace="off")
    assert run.status == 0, run.explain()
    assert f"mini: paravirtual, {mode} mode, page tables {how}; " in run.console


def test_trusted_mode_has_no_way_out(run_guest):
    run = run_guest("mini", mode="trusted", workload="mode-hop", trace="off")
    assert run.status == verdict.outcome_numbers(ROOT)["skip"], run.explain()
    run = run_guest("mini", mode="trusted", workload="fork-cow", cmdline="hop=1", trace="off")
    assert run.status == ERROR, run.explain()
    assert "hop= cannot go from trusted mode to" in run.console


@pytest.mark.parametrize("how", ["ud2", "fault", "stack", "pointer"])
def test_fatal_deeds_end_the_domain_alone(run_guest, how):
    run = run_guest("t_crash", cmdline=f"how={how}")
    assert run.status == verdict.outcome_numbers(ROOT)["crash"], run.explain()
    assert f"about to crash: {how}" in run.console and "still here" not in run.console
    assert run.summary["trace"]["lost"] == 0 and run.summary["tlb"]["unexplained"] == 0
