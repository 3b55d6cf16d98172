"""Every test guest (a folder guests/t_*), end to end in every paging mode, its memory scattered: it ends as its file
`expected` says, success without one.

Lines of `expected`: the outcome; then, where wanted, boot words of the hypervisor; then words for the guest. A file
`modes` lists the runs that say something, where those are not one in every mode: a line has the mode and words for the
guest; # begins a comment, which says why. A guest that is not alone, or wants more than a mode, has a file `domains.txt`, which
says of all domains what they are (docs/running.md); they have their words there.
"""
import pathlib
import re
import subprocess

import pytest

import verdict
from conftest import ROOT, SCATTER


def expectation(folder: pathlib.Path):
    """(outcome, boot words, guest words)"""
    file = folder / "expected"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    outcome, boot, cmdline = (lines + [""] * 3)[:3]
    return outcome.strip() or "success", boot.strip(), cmdline.strip()


# those that never end are for test_run_ends.py
TEST_GUESTS = [file.parent for file in sorted((ROOT / "guests").glob("t_*/main.c"))
               if expectation(file.parent)[0] != "timeout"]
MODES = ["shadow", "writable", "direct"]


def runs_of(folder: pathlib.Path):
    """[(mode, guest words)]"""
    file = folder / "modes"
    if not file.exists():
        return [(mode, "") for mode in MODES]
    lines = [line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line]


RUNS = [(folder, mode, words) for folder in TEST_GUESTS for mode, words in runs_of(folder)]


@pytest.mark.parametrize("folder,mode,words", RUNS, ids=lambda part: getattr(part, "name", part))
def test_guest_ends_as_expected(run_guest, run_domains, folder, mode, words):
    outcome, boot, cmdline = expectation(folder)
    options = {"mode": mode, "boot": f"{SCATTER} {boot}"}
    if (folder / "domains.txt").exists():
        run = run_domains(folder / "domains.txt", **options)
    else:
        run = run_guest(folder.name, cmdline=f"{cmdline} {words}".strip(), **options)
    assert run.status == verdict.outcome_numbers(ROOT)[outcome], run.explain()
    assert run.last_line.startswith(f"outcome: {outcome}")
    assert run.summary["outcome"] == outcome
    summary = run.summary
    assert (summary["tlb"]["unexplained"], summary["oracle"]["violations"], summary["trace"]["lost"]) == (0, 0, 0)


def test_the_privileged_domain_gets_extents_of_4_mib(run_guest):
    run = run_guest("t_superpages", privileged="yes", boot="scatter=off audit=full")
    assert run.status == 0, run.explain()
    summary = run.summary
    assert (summary["tlb"]["unexplained"], summary["oracle"]["violations"], summary["trace"]["lost"]) == (0, 0, 0)
    assert summary["shadow"]["superpages"] > 10 and summary["shadow"]["superpage_splits"] >= 5


@pytest.mark.parametrize("what", ["pcd", "global", "foreign", "table"])
def test_forbidden_entry_stored_in_writable_mode_ends_the_domain_and_is_named(run_guest, what):
    run = run_guest("t_writable", mode="writable", cmdline=f"forbidden={what}", boot=f"{SCATTER} audit=full")
    assert run.status == verdict.outcome_numbers(ROOT)["crash"], run.explain()
    stored = re.search(r"storing (\w{8}) at index 77 of page table (\w{5})\s+stored\s", run.console)
    assert stored, run.explain()
    assert f"{stored[1]} at index 77 of page table {stored[2]}" in run.console.split("stored", 1)[1]
    assert "forbidden entry was accepted" not in run.console
    assert (run.summary["tlb"]["unexplained"], run.summary["oracle"]["violations"]) == (0, 0)


@pytest.mark.parametrize("word,outcome", [
    ("success", "success"), ("skip", "skip"), ("error", "error"), ("failure", "failure"),
    ("none", "success"), ("crash", "crash"), ("reboot", "error"), ("suspend", "error")])
def test_outcome_of_the_guest_is_the_exit_status(run_guest, word, outcome):
    run = run_guest("t_outcome", cmdline=f"outcome={word}", trace="off")
    assert run.status == verdict.outcome_numbers(ROOT)[outcome], run.explain()
    assert run.last_line.startswith(f"outcome: {outcome}")
    assert f"ending as {word}" in run.console


def truncated(path):
    path.write_bytes((ROOT / "build/guests/t_hello/t_hello.elf").read_bytes()[:3000])


def not_paravirtual(path):
    program = "void _start(void) { for (;;); }\n"
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-Wl,--build-id=none", "-o", path, "-x", "c", "-"],
                   input=program, text=True, check=True)


@pytest.mark.parametrize("make,said", [(truncated, "truncated"), (not_paravirtual, "not a paravirtual kernel")])
def test_kernel_that_cannot_be_built_is_refused_with_a_reason(run_guest, tmp_path, make, said):
    kernel = tmp_path / "kernel.elf"
    make(kernel)
    run = run_guest(kernel)
    assert run.status == 4, run.explain()
    assert said in run.console and said in run.printed


def test_kernel_by_path_runs_like_its_folder(run_guest, tmp_path):
    kernel = tmp_path / "my kernel.elf"
    kernel.write_bytes((ROOT / "build/guests/t_hello/t_hello.elf").read_bytes())
    run = run_guest(kernel, cmdline="one two=2")
    assert run.status == 0, run.explain()
    assert 'command line: "one two=2"' in run.console


def test_hypervisor_panic_is_the_outcome(run_guest):
    run = run_guest("t_hello", boot="selftest=panic")
    assert run.status == 7, run.explain()
    assert run.last_line.startswith("outcome: panic") and "PANIC" in run.console
    assert run.summary["outcome"] == "panic"
