"""A run of several domains: what the agent counted, what is computed from the trace, and each table by domain agree, and
are the whole."""
import csv
import io
import json

import pytest

from conftest import ROOT, RUN, call

DOMAINS = """\
kernel=t_hello mode=shadow mem=16
kernel=t_switch mode=direct mem=16 weight=512
kernel=t_hello mode=writable mem=16
"""
RINGS = ("total", "ring0", "ring1", "ring3")


@pytest.fixture
def run(built, tmp_path):
    """Run the domains; returns (summary.json, status.json, directory, what was printed)."""
    def start(trace):
        description, out = tmp_path / "domains.txt", tmp_path / trace
        description.write_text(DOMAINS)
        done = call(RUN, "--domains", description, "--out", out, "--trace", trace)
        assert done.returncode == 0, done.stdout + done.stderr
        return (json.loads((out / "summary.json").read_text()), json.loads((out / "machine" / "status.json").read_text()),
                out, done.stdout)
    return start


def parts(found):
    return [*found["domains"], found["idle"]]


def assert_whole(summary, status):
    assert [domain["id"] for domain in summary["domains"]] == [1, 2, 3]
    assert [domain["mode"] for domain in summary["domains"]] == ["shadow", "direct", "writable"]
    for ring in RINGS:
        assert sum(part["instructions"][ring] for part in parts(summary)) == summary["instructions"][ring]
        assert sum(part["instructions"][ring] for part in parts(status)) == status["instructions"][ring]
    assert sum(part["walks"] for part in parts(summary)) == summary["tlb"]["walks"] == status["walks"]
    for ours, agents in zip(parts(summary), parts(status), strict=True):
        assert all(ours[key] == agents[key] for key in ("instructions", "walks", "switches"))
    assert all(domain["instructions"]["ring1"] > 0 for domain in summary["domains"])


def test_the_trace_and_the_agent_agree(run):
    summary, status, out, printed = run("events")
    assert_whole(summary, status)
    rows = csv.DictReader(io.StringIO(call(ROOT / "analysis" / "tlb", out / "trace", "--csv", "--by", "domain,cause").stdout))
    rows = [row for row in rows if row["phase"] == "run"]
    assert sum(int(row["flushes"]) for row in rows) == summary["tlb"]["flushes"] > 0
    for domain in summary["domains"]:
        assert sum(int(row["flushes"]) for row in rows if row["domain"] == str(domain["id"])) == domain["flushes"] > 0
    schedule = json.loads(call(ROOT / "analysis" / "schedule", out / "trace", "--json").stdout)
    assert [vcpu["instructions"] for vcpu in schedule["vcpus"]] == [domain["instructions"] for domain in summary["domains"]]
    assert sum(vcpu["time"]["running"] for vcpu in schedule["vcpus"]) <= schedule["time"]
    assert [line.split()[:3] for line in printed.splitlines() if line.startswith(("1  ", "2  ", "3  "))] == [
        ["1", "shadow", "success"], ["2", "direct", "success"], ["3", "writable", "success"]]


def test_without_a_trace_the_agent_alone_knows_the_shares(run):
    summary, status, _, _ = run("off")
    assert_whole(summary, status)
    assert {domain["flushes"] for domain in summary["domains"]} == {None}
