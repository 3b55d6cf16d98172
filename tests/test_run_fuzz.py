"""Hypercalls at random, for a short while in each paging mode; `make fuzz` does it for longer."""
import importlib.machinery
import importlib.util
import re
import sys

import pytest

import verdict
from conftest import ROOT, SCATTER, call

FUZZ = ROOT / "bochs-config" / "fuzz"
MODES = ["shadow", "direct", "writable"]


@pytest.mark.parametrize("mode", MODES)
def test_every_rule_is_kept(run_guest, mode):
    """The audit runs all the time, so the bound does not count."""
    run = run_guest("fuzz", mode=mode, boot=f"{SCATTER} audit=full", cmdline="seed=5 steps=3000 bound=100000000")
    assert run.status == 0, run.explain()
    summary = run.summary
    assert (summary["tlb"]["unexplained"], summary["oracle"]["violations"], summary["trace"]["lost"]) == (0, 0, 0)


@pytest.mark.parametrize("mode,beside", [*[(mode, []) for mode in MODES], ("direct", ["--alone"])])
def test_every_call_is_short(built, tmp_path, mode, beside):
    """An innocent guest is beside it."""
    done = call(FUZZ, "--mode", mode, "--seed", "11", "--seconds", "0", "--steps", "20000", "--out", tmp_path / "out", *beside)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "first seed 11" in done.stdout
    calls, changes = re.search(rf"{mode}: seeds 11 to 11, ([0-9,]+) hypercalls, (\d+) changes", done.stdout).groups()
    assert int(calls.replace(",", "")) > 10000 and int(changes) > 10
    for what in ["hypercall", "change of mode"]:
        assert f"longest {what}: " in done.stdout
    console = (tmp_path / "out" / mode / "console.log").read_text()
    assert ("(d2) workload fork-cow: success" in console) == (not beside)


def test_an_innocent_guest_that_does_not_succeed_is_found(built, tmp_path, monkeypatch, capsys):
    loader = importlib.machinery.SourceFileLoader("fuzz", str(FUZZ))
    fuzz = importlib.util.module_from_spec(importlib.util.spec_from_loader("fuzz", loader))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(fuzz)
    monkeypatch.setattr(fuzz, "INNOCENT", "context-switch")        # what it does, and not what it must say
    monkeypatch.setattr(sys, "argv", ["fuzz", "--mode", "shadow", "--seconds", "0", "--steps", "2000", "--out",
                                      str(tmp_path / "out")])
    assert fuzz.main() == 1
    assert "again: bochs-config/run --domains" in capsys.readouterr().err


def test_a_call_over_the_bound_is_a_failure(run_guest):
    run = run_guest("fuzz", cmdline="steps=2000 bound=50", trace="off")
    assert run.status == verdict.outcome_numbers(ROOT)["failure"], run.explain()
    assert "FAILED" in run.console


def test_wrong_options_are_refused():
    done = call(FUZZ, "--mode", "sideways")
    assert done.returncode == 2 and "writable" in done.stderr
    assert call(FUZZ, "--seed", "0").returncode == 2
