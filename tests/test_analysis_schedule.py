"""Who had the processor: analysis/schedule on traces whose answer is known."""
import csv
import io
import json

import pytest

from traces import make, tools


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


def schedule(tmp_path, trace):
    """The JSON of a trace; CSV and table say the same."""
    trace.write(tmp_path / "trace")
    done = tools.run("schedule", tmp_path / "trace", "--json")
    assert done.returncode == tools.FINE, done.stderr
    found = json.loads(done.stdout)
    lines = list(csv.DictReader(io.StringIO(tools.run("schedule", tmp_path / "trace", "--csv").stdout)))
    table = tools.run("schedule", tmp_path / "trace").stdout
    for line, vcpu in zip(lines, [*found["vcpus"], found["nobody"]], strict=True):
        assert line["instructions"] == str(vcpu["instructions"]["total"]) and line["switches"] == str(vcpu["switches"])
        assert f"{vcpu['instructions']['total']:,}" in table or vcpu["instructions"]["total"] == 0
    return found


def test_times_and_shares(tmp_path):
    found = schedule(tmp_path, make.several())
    first, second, third = found["vcpus"]
    assert [(vcpu["domain"], vcpu["life"], vcpu["vcpu"], vcpu["switches"]) for vcpu in found["vcpus"]] == [
        (1, 1, 0, 2), (2, 1, 0, 2), (1, 2, 0, 1)]
    assert found["time"] == 6100                          # domain_start at 1000, hw_end at 7100
    assert first["time"] == {"running": 1000 + 1500, "runnable": 1000, "blocked": 0, "offline": 7100 - 4500}
    assert second["time"] == {"running": 1000 + 1200, "runnable": 1000 + 100, "blocked": 1700 + 800, "offline": 7100 - 6800}
    assert third["time"] == {"running": 1000, "runnable": 6000 - 5002, "blocked": 0, "offline": 100}
    assert [vcpu["longest_wait"] for vcpu in found["vcpus"]] == [1000, 1000, 998]
    assert [vcpu["wakes"] for vcpu in found["vcpus"]] == [0, 1, 0]


def test_the_parts_are_the_whole(tmp_path):
    found = schedule(tmp_path, make.several())
    parts = [*found["vcpus"], found["nobody"]]
    assert sum(part["instructions"]["total"] for part in parts) == found["instructions"] == 6100
    assert [part["share_thousandths"] for part in parts] == [round(1000 * part["instructions"]["total"] / 6100) for part in parts]
    assert found["instructions"] == tools.summary(tmp_path / "trace")[1]["instructions"]["total"]


def test_two_vcpus_of_one_domain(tmp_path):
    trace = make.Trace().event("hypervisor_start", time=1, domid=0x7ff0, classes=0x1ff)
    make.built(trace, 1, "shadow", 10)
    make.pass_on(trace, 100, None, (1, 0), ring0=100)
    trace.event("domain_start", domid=1, time=100)
    make.runstate(trace, (1, 1), "offline", "runnable", 150)
    make.pass_on(trace, 300, (1, 0), (1, 1), ring1=200)
    make.pass_on(trace, 700, (1, 1), (1, 0), ring3=400)
    trace.event("hw_end", time=700)
    first, second = schedule(tmp_path, trace)["vcpus"]
    assert (first["vcpu"], first["instructions"]["ring1"], first["longest_wait"], first["switches"]) == (0, 200, 400, 2)
    assert (second["vcpu"], second["instructions"]["ring3"], second["longest_wait"], second["switches"]) == (1, 400, 150, 1)


def test_without_the_record_class_the_states_are_not_known(tmp_path):
    trace = make.Trace().event("hypervisor_start", time=1, domid=0x7ff0, classes=0xff).event("domain_start", domid=1, time=5)
    trace.counters.update(instructions=50, ring1=50)
    found = schedule(tmp_path, make.pass_on(trace, 60, None, None).event("hw_end"))
    [vcpu] = found["vcpus"]
    assert (vcpu["time"], vcpu["longest_wait"], vcpu["wakes"], vcpu["instructions"]["ring1"]) == (None, None, None, 50)
    assert "unknown" in tools.run("schedule", tmp_path / "trace").stdout
