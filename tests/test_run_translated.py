"""Translated domains: page tables and hypercalls hold numbers of the domain's own. What runs in shadow mode runs so as well;
guests/t_translated, whose kernel requires it, is among the test guests (test_run_guests.py)."""
import json
import subprocess

import pytest

import options
from conftest import ROOT, SCATTER

WORKLOADS = [name for name in options.workload_names("mini") if name not in ("all", "mode-hop")]
POLICIES = {name: ("oos", "emulate", "oos", "announce")[number % 4] for number, name in enumerate(WORKLOADS)}
GUESTS = ["t_hello", "t_pagetables", "t_policy", "t_random", "t_random_calls", "t_segments", "t_services"]


def passed(run):
    assert run.status == 0, run.explain()
    summary = run.summary
    assert summary["tlb"]["unexplained"] == 0 and summary["trace"]["lost"] == 0
    assert summary["oracle"]["checks"] > 0 and summary["oracle"]["violations"] == 0
    assert any(domain["translated"] for domain in summary["domains"])


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_workload(run_guest, workload):
    passed(run_guest("mini", workload=workload, translated="yes", policy=POLICIES[workload], boot=f"{SCATTER} audit=full"))


def test_processes_have_their_names(run_guest):
    """The guest names them by its numbers, the trace by machine frames: flushes and instructions belong to the programs."""
    run = run_guest("mini", workload="fork-cow", translated="yes", trace="insn", cmdline="rounds=1", boot=SCATTER)
    passed(run)
    told = subprocess.run([ROOT / "analysis" / "profile", run.out / "trace", "--json"], capture_output=True, text=True, check=True)
    assert {"program fork-cow", "program init"} <= {image["image"] for image in json.loads(told.stdout)["images"]}
    told = subprocess.run([ROOT / "analysis" / "tlb", run.out / "trace", "--csv", "--by", "process"], capture_output=True, text=True,
                          check=True)
    assert "fork-cow (" in told.stdout


@pytest.mark.parametrize("guest", GUESTS)
def test_guests_that_know_no_machine_frames(run_guest, guest):
    passed(run_guest(guest, translated="yes", prefetch="yes", boot=f"{SCATTER} audit=full"))


def test_vcpus_begin_on_page_tables_of_numbers(run_guest):
    passed(run_guest("t_vcpus", translated="yes", vcpus=4, boot=f"{SCATTER} audit=full"))


def test_no_other_mode(run_guest):
    """mode-hop finds that there is one mode only; a change by the clock is refused, and its record says why."""
    run = run_guest("mini", workload="mode-hop", translated="yes", boot=SCATTER)
    assert run.status == 3, run.explain()
    run = run_guest("mini", workload="fork-cow", translated="yes", hop=100, cmdline="rounds=1", boot=SCATTER)
    passed(run)
    told = subprocess.run([ROOT / "analysis" / "modes", run.out / "trace", "--json"], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["refused_switches"].keys() == {"translated"}


@pytest.mark.parametrize("kernel,words,said", [
    ("t_old_section", {"translated": "yes"}, "does not have the feature auto_translated_physmap"),
    ("t_translated", {"mode": "direct"}, "needs mode=shadow"),
    ("t_translated", {"privileged": "yes"}, "the privileged domain cannot be translated"),
])
def test_what_cannot_be_translated_is_refused_with_a_reason(run_guest, kernel, words, said):
    run = run_guest(kernel, **words)
    assert run.status == 4 and said in run.console, run.explain()


@pytest.mark.parametrize("words", [{"mode": "writable"}, {"privileged": "yes"}])
def test_wrong_words_are_named(run_guest, words):
    run = run_guest("mini", translated="yes", **words)
    assert run.status == 2 and "TRANSLATED=yes" in run.complaint


@pytest.mark.parametrize("guest,mode", [("t_foreign", "shadow"), ("t_foreign", "direct"), ("t_dirty", "shadow")])
def test_the_privileged_domain_beside_a_translated_one(run_domains, tmp_path, guest, mode):
    """It maps frames by the other's numbers, and watches them."""
    file = tmp_path / "domains.txt"
    file.write_text(f"kernel={guest} mem=16 privileged=yes mode={mode}\n"
                    f"kernel={guest} mem=16 mode=shadow pool=64 translated=yes\n", encoding="utf-8")
    passed(run_domains(file, boot=f"{SCATTER} audit=full"))
