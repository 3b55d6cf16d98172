"""Domains beside each other: what a bad neighbour may not take. The attacks themselves are guests/t_intruder, which
test_run_guests.py runs beside two others in every mode.
"""
import json
import subprocess

import pytest

import verdict
from conftest import ROOT, SCATTER

STORMS = """\
kernel=t_intruder mem=16 cmdline="attack=event-storm ms=20000"
kernel=mini mem=16 workload=fork-cow cmdline="rounds=3"
kernel=t_intruder mem=16 cmdline="attack=event-storm ms=20000"
"""
WEIGHTS = """\
kernel=mini mem=16 workload=fork-cow weight=768
kernel=mini mem=16 workload=fork-cow weight=256
"""


def schedule(run):
    """{domain: its line of analysis/schedule}"""
    done = subprocess.run([ROOT / "analysis" / "schedule", run.out / "trace", "--json"], capture_output=True, text=True, check=True)
    return {line["domain"]: line for line in json.loads(done.stdout)["vcpus"]}


def share(line):
    """Of the time, in instructions, in which it wanted the processor."""
    time = line["time"]
    return time["running"] / (time["running"] + time["runnable"])


def test_event_storms_take_no_more_than_their_share(run_domains, tmp_path):
    file = tmp_path / "storms.txt"
    file.write_text(STORMS, encoding="utf-8")
    run = run_domains(file, boot=SCATTER)
    assert run.status == 0, run.explain()
    lines = schedule(run)
    assert share(lines[2]) >= 1 / 3 - 0.01          # a third, to a slice
    assert lines[2]["longest_wait"] < 1_000_000     # instructions: a quarter of a second, with two others before it


def test_weights_decide_while_both_want_the_processor(run_domains, tmp_path):
    file = tmp_path / "weights.txt"
    file.write_text(WEIGHTS, encoding="utf-8")
    run = run_domains(file, boot=SCATTER)
    assert run.status == 0, run.explain()
    assert 0.70 <= share(schedule(run)[1]) <= 0.80


@pytest.mark.parametrize("mode", ["shadow", "direct"])
def test_domain_built_again_and_again_leaves_nothing(run_domains, tmp_path, mode):
    file = tmp_path / "again.txt"
    file.write_text('kernel=t_outcome mem=8 restarts=25 cmdline="outcome=reboot"\n', encoding="utf-8")
    run = run_domains(file, boot=SCATTER, mode=mode, trace="off")
    assert run.status == verdict.outcome_numbers(ROOT)["error"], run.explain()
    assert run.console.count("it asked for a reboot") == 26 and "have not come back" not in run.console
