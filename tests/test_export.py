"""analysis/export: the Trace Event Format against its own rules and the timeline, Xen's trace against xenalyze."""
import collections
import json
import os
import re
import struct
import subprocess
import time

import pytest

from test_timeline import NOBODY, entered, entries, lanes_of, random_trace, ring
from traces import make, tools

CPU_CHANGE, CYCLES = 0x1f003, 1 << 31
RUNSTATE = 0x21001
STATES = ["running", "runnable", "blocked", "offline"]
IDLE = 0x7fff

# what xenalyze says of sound traces
FINE = re.compile(r"(Using VMX hardware-assisted virtualization|scan_for_new_pcpu: Activating pcpu 0 at offset 0"
                  r"|init_pcpus: through first trace write, done for now|Creating (domain \d+|vcpu \d+ for dom \d+)"
                  r"|First schedule for d\d+v\d+ doesn't take us into a running state; leaving (in )?INIT"
                  r"|d\d+v\d+ RUNSTATE_RUNNING detected, leaving INIT"
                  r"|read_record: read returned zero, deactivating pcpu 0"
                  r"|deactivate_pcpu: (setting d\d+v\d+ to state LOST|Setting max_active_pcpu to -1))\.?")


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


def export(directory, form, *arguments):
    done = subprocess.run([tools.ROOT / "analysis" / "export", directory, "--format", form, *map(str, arguments)],
                          capture_output=True, check=False, timeout=tools.TIMEOUT)
    return done.returncode, done.stdout, done.stderr.decode()


# ---- the Trace Event Format --------------------------------------------------------------------------------------

def chrome(directory, *arguments):
    """The events of an export, checked against the rules of the format."""
    status, text, complaint = export(directory, "chrome", *arguments)
    assert (status, complaint) == (tools.FINE, "")
    found = json.loads(text)
    assert set(found) == {"displayTimeUnit", "traceEvents"} and found["displayTimeUnit"] == "ns"
    wanted = {"M": {"args"}, "X": {"cat", "ts", "dur", "args"}, "i": {"cat", "ts", "s", "args"},
              "C": {"cat", "ts", "args"}}
    ends = {}
    for event in found["traceEvents"]:
        assert set(event) == {"ph", "pid", "tid", "name"} | wanted[event["ph"]], event
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int) and isinstance(event["args"], dict)
        if event["ph"] == "X":                             # spans of a thread do not overlap, so that they nest
            thread = event["pid"], event["tid"]
            assert event["dur"] >= 0 and round(1000 * event["ts"]) >= ends.get(thread, 0)
            ends[thread] = round(1000 * event["ts"]) + round(1000 * event["dur"])
        if event["ph"] == "C":
            assert all(isinstance(value, int) for value in event["args"].values())
    return found["traceEvents"]


def named(events, what):
    """{process, or process and thread: its name}; each is named once, before anything else is said of it."""
    names = {}
    for event in events:
        key = (event["pid"], event["tid"]) if what == "thread" else event["pid"]
        if event["name"] == f"{what}_name" and event["ph"] == "M":
            assert key not in names
            names[key] = event["args"]["name"]
        elif event["ph"] != "M":
            assert key in names
    return names


def test_chrome_has_what_the_timeline_has(tmp_path):
    random_trace(3).write(tmp_path)
    lanes, found = lanes_of(tmp_path)
    events = chrome(tmp_path)
    threads, processes = named(events, "thread"), named(events, "process")
    assert processes[0] == "machine" and processes[1] == "domain 1"
    told = collections.defaultdict(list)
    for event in events:
        if event["ph"] != "M":
            thread = threads[event["pid"], event["tid"]]
            vcpu, lane = (int(thread.split()[1]), thread.split()[2]) if " " in thread else (None, thread)
            assert lane == event["cat"]
            told[event["pid"] or None, vcpu, lane].append(event)
    assert set(told) == set(lanes)
    for key, lane in lanes.items():
        for event, (begin, end, name, detail, value) in zip(told[key], lane["items"], strict=True):
            assert round(1000 * event["ts"]) == begin and event["name"] == (name or key[2])
            assert round(1000 * event.get("dur", 0)) == (end - begin if event["ph"] == "X" else 0)
            assert event["args"].get("detail", "") == detail
            if lane["value"]:
                given = event["args"][lane["value"]]
                assert (given if isinstance(given, int) else int(given, 16)) == value


def test_chrome_of_a_window_a_domain_and_some_lanes(tmp_path):
    make.several().write(tmp_path)
    events = chrome(tmp_path, "--from", "2000", "--until", "4000", "--domain", "2", "--lanes", "state,ring")
    assert {event["cat"] for event in events if event["ph"] == "X"} == {"state", "ring"}
    assert {event["pid"] for event in events} == {2}
    assert [(event["ts"], event["dur"], event["name"]) for event in events if event.get("cat") == "state"] == [
        (2.0, 1.0, "running"), (3.0, 1.0, "blocked")]


def test_chrome_of_a_text_that_a_guest_chose(tmp_path):
    t = make.Trace().event("hypervisor_start", time=1, classes=0x1ff).event("marker", kind="note", text='"},{\\\n')
    t.event("hw_end").write(tmp_path)
    assert [event["args"]["detail"] for event in chrome(tmp_path) if event.get("cat") == "marker"] == ['"},{\\?']


# ---- Xen's trace -------------------------------------------------------------------------------------------------

def records(data):
    """[(time, event, words)]; the file is taken apart by <xen/trace.h>."""
    found, at = [], 0
    while at < len(data):
        head, cpu, size = struct.unpack_from("<III", data, at)
        assert (head, cpu) == (CPU_CHANGE | 2 << 28, 0) and 0 < size <= len(data) - at - 12
        at, end = at + 12, at + 12 + size
        while at < end:
            head, low, high = struct.unpack_from("<III", data, at)
            assert head & CYCLES
            words = struct.unpack_from(f"<{head >> 28 & 7}I", data, at + 12)
            found.append((high << 32 | low, head & 0xfffffff, words))
            at += 12 + 4 * len(words)
        assert at == end
    assert [time for time, *_ in found] == sorted(time for time, *_ in found)
    return found


def xen(tmp_path, trace, *arguments, status=tools.FINE):
    """The records of an export that xenalyze takes without a complaint, and its summary."""
    if not (tmp_path / "trace").exists():
        trace.write(tmp_path / "trace")
    ended, data, complaint = export(tmp_path / "trace", "xen", *arguments)
    assert ended == status, complaint
    return records(data), xenalyze(tmp_path, data), complaint


def xenalyze(tmp_path, data, *arguments, sound=True):
    (tmp_path / "trace.xen").write_bytes(data)
    done = subprocess.run(["xenalyze", *(arguments or ["--summary"]), "--cpu-hz=1G", tmp_path / "trace.xen"],
                          capture_output=True,
                          text=True, check=False, timeout=tools.TIMEOUT)
    assert done.returncode == 0, done.stderr
    if sound:
        said = FINE.sub("", done.stderr).strip()
        assert said == "", said
    return done.stdout


def summary(text):
    """{(domain, vcpu): {"page_fault": count, ("hypercall", number): count, ("trap", vector): count, ...}}"""
    found, domain, now, under = {}, None, {}, None
    for line in text.splitlines():
        if match := re.match(r"\|-- Domain (\d+) --\|", line):
            domain, now = int(match[1]), {}
        elif match := re.match(r"-- v(\d+) --", line):
            now = found[domain, int(match[1])] = {}
        elif match := re.match(r" +(running|runnable|blocked|offline): +(\d+) ", line):
            now["state", match[1]] = int(match[2])
        elif match := re.match(r"  (\w[\w /()]*)  (\d+)$", line):
            under = match[1]
            now[under] = int(match[2])
        elif match := re.match(r"    \[(\d+)\] (\d+)$", line):
            now[under, int(match[1])] = int(match[2])
        elif match := re.match(r"    \S* +\[ ?(\d+)\]: +(\d+)$", line):
            now["hypercall", int(match[1])] = int(match[2])
    return found


def switched(t, time, source, target, state="runnable"):
    """A switch of vcpus (domain, number; None: nobody) as the hypervisor records it."""
    if source and state:
        make.runstate(t, source, "running", state, time)
    (left, left_vcpu), (entered_domain, entered_vcpu) = source or (NOBODY, 0), target or (NOBODY, 0)
    t.event("sched_switch", time=time + 1, domid=left, vcpu=left_vcpu, prev_domid=left, prev_vcpu=left_vcpu,
            next_domid=entered_domain, next_vcpu=entered_vcpu)
    return make.runstate(t, target, "runnable", "running", time + 2) if target else t


def guests():
    """Two domains and a second life of the first; each record that Xen has, too."""
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    for domain in (1, 2):
        t.event("domain_frames", domid=domain).event("domain_built", domid=domain)
        t.event("sched_dom_add", domid=domain, target_domid=domain, weight=256)
        make.runstate(t, (domain, 0), "offline", "runnable", t.time + 1)
    switched(t, 100, None, (1, 0)).event("domain_start", domid=1)
    t.event("pv_hypercall", domid=1, number=1, arg0=0xc0001000, arg1=3, result=0)
    t.event("pv_hypercall_subcall", domid=1, number=26, arg0=0xc0002000, arg1=1)
    t.event("pv_hypercall_subcall", domid=1, number=55, arg0=3)            # the marker is not Xen's
    t.event("pv_hypercall", domid=1, number=13, arg0=0xc0003000, arg1=2)
    t.event("pv_trap", domid=1, vector=13, error_code=0x1234, eip=0xc0100000).event("pv_trap", domid=1, vector=6,
                                                                                    eip=0xc0100006)
    t.event("shadow_fault", domid=1, linear=0x40001000, eip=0x8048000, path=2)
    t.event("shadow_fault", domid=1, linear=0x40002000, eip=0x8048004, path=0x80)
    t.event("pv_page_fault", domid=1, linear=0x40002000, error_code=6, eip=0x8048004)
    t.event("pv_emulate_privop", domid=1, what="in", eip=0xc0100010).event("pv_emulate_privop", domid=1,
                                                                           what="ud2_cpuid", eip=0xc0100014)
    t.event("pv_emulate_4gb", domid=1, eip=0xc0100020).event("pv_math_state_restore", domid=1)
    t.event("pv_event", domid=1)
    t.event("sched_block", domid=1, target_domid=1)
    switched(t, 1000, (1, 0), (2, 0), "blocked")
    t.event("pv_hypercall", domid=2, number=29)
    t.event("sched_yield", domid=2, target_domid=2)
    t.event("domain_ended", domid=1)                                       # destroyed while it waits
    t.event("domain_frames", domid=1).event("domain_built", domid=1)
    make.runstate(t, (1, 0), "offline", "runnable", t.time + 1)
    t.event("sched_shutdown", domid=2, target_domid=2, code=3).event("domain_ended", domid=2)
    t.event("sched_dom_rem", domid=2, target_domid=2)
    switched(t, 2000, (2, 0), None, None)                                  # leaves without a change of its own
    switched(t, 3000, None, (1, 0))
    t.event("pv_page_fault", domid=1, linear=0x1000, eip=0x2000)
    return t.event("hw_end", time=4000)


def test_each_record_of_xens(tmp_path):
    found, said, complaint = xen(tmp_path, guests())
    assert complaint == "note: left out 1 hypercalls of numbers that Xen does not have\n"
    by_event = collections.defaultdict(list)
    for _, event, words in found:
        by_event[event].append(words)
    two = 1 << 20 | 1 << 22
    assert by_event[0x20100d] == [(1 | two, 0xc0001000, 3), (13 | two, 0xc0003000, 2), (29 | two, 0, 0)]
    assert by_event[0x20200e] == [(26 | two, 0xc0002000, 1)]
    assert by_event[0x201003] == [(0xc0100000, 13 | 1 << 15 | 0x1234 << 16), (0xc0100006, 6)]
    assert by_event[0x201004] == [(0x8048004, 0x40002000, 6), (0x2000, 0x1000, 0)]
    assert by_event[0x201009] == [(0x8048000, 0x40001000)]
    assert (by_event[0x201006], by_event[0x201005]) == ([(0xc0100010,)], [(0xc0100014,)])
    assert (by_event[0x201007], by_event[0x201008]) == ([(0xc0100020,)], [()])
    assert (by_event[0x28001], by_event[0x28002]) == ([(1,), (2,)], [(2,)])
    assert (by_event[0x28005], by_event[0x28006], by_event[0x28007]) == ([(2, 0)], [(1, 0)], [(2, 0, 3)])
    assert by_event[0x2800a] == [(IDLE, 0, 1, 0), (1, 0, 2, 0), (2, 0, IDLE, 0), (IDLE, 0, 1, 0)]
    found = summary(said)
    first = found[1, 0]
    assert [first[name] for name in ("hypercall", "trap", "page_fault", "paging fixup")] == [3, 2, 2, 1]
    rare = ("forced_invalid_op", "emulate privop", "emulate 4g", "math state restore")
    assert [first[name] for name in rare] == [1, 1, 1, 1]
    assert {key: count for key, count in found[1, 0].items() if key[0] in ("hypercall", "trap")} == {
        ("hypercall", 1): 1, ("hypercall", 13): 1, ("hypercall", 26): 1, ("trap", 13): 1, ("trap", 6): 1}
    assert found[2, 0]["hypercall", 29] == 1


def test_states_of_vcpus_and_the_idle_domain(tmp_path):
    found, _, _ = xen(tmp_path, guests())
    changes = [(time, words[0] >> 16, STATES[event >> 8 & 3], STATES[event >> 4 & 3]) for time, event, words in found
               if event & ~0xff0 == RUNSTATE]
    times = [time for time, *_ in changes]
    assert [change[1:] for change in changes] == [
        (IDLE, "runnable", "running"), (1, "offline", "runnable"), (2, "offline", "runnable"),
        (IDLE, "running", "runnable"), (1, "runnable", "running"),
        (1, "running", "blocked"), (2, "runnable", "running"), (1, "blocked", "offline"), (1, "offline", "runnable"),
        (2, "running", "offline"), (IDLE, "runnable", "running"), (IDLE, "running", "runnable"), (1, "runnable",
                                                                                                  "running")]
    assert times[0] == 10 and times[3:7] == [102, 102, 1000, 1002] and times[-4:] == [2001, 2001, 3002, 3002]


def test_a_window_begins_with_who_runs(tmp_path):
    trace = guests()
    found, said, _ = xen(tmp_path, trace, "--from", "500", "--until", "2000")
    assert found[0] == (1000, RUNSTATE | 1 << 8, (1 << 16,)) and found[-1][0] < 2000
    assert summary(said)[2, 0]["hypercall"] == 1
    (time, event, words), *_ = xen(tmp_path, trace, "--from", "2100")[0]
    assert (event, words) == (RUNSTATE | 1 << 8, (IDLE << 16,))


def test_a_file_of_many_chunks(tmp_path):
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    switched(t, 20, None, (1, 0))
    for _ in range(9000):
        t.event("pv_page_fault", domid=1, linear=0x1000)
    found, said, _ = xen(tmp_path, t.event("hw_end"))
    assert summary(said)[1, 0]["page_fault"] == 9000 and len(found) > 9000


def test_records_of_others_than_the_running_vcpu_are_left_out(tmp_path):
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    t.event("pv_page_fault", domid=1)
    switched(t, 20, None, (1, 0)).event("pv_page_fault", domid=2).event("pv_page_fault", domid=1, vcpu=1)
    t.event("pv_page_fault", domid=1)
    _, said, complaint = xen(tmp_path, t.event("hw_end"))
    assert summary(said)[1, 0]["page_fault"] == 1
    assert complaint == "note: left out 3 records of vcpus that were not the running one\n"


def test_lost_records_are_said(tmp_path):
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    switched(t, 20, None, (1, 0)).event("pv_page_fault", domid=1, time=40)
    t.event("lost_records", time=90, domid=1, count=7).event("pv_page_fault", domid=1, time=100)
    make.runstate(t, (1, 0), "running", "blocked", 110)
    found, said, complaint = xen(tmp_path, t.event("hw_end", time=120), status=tools.INCOMPLETE)
    assert (90, 0x1f001, (7, 1, 40, 0)) in found and "records of the hypervisor were lost" in complaint
    assert summary(said)[1, 0]["page_fault"] == 2


def test_without_the_class_of_the_scheduler_there_is_nothing_to_write(tmp_path):
    make.Trace().event("hypervisor_start", time=1, classes=0xff).event("pv_page_fault").event("hw_end").write(tmp_path)
    status, data, complaint = export(tmp_path, "xen")
    assert (status, data) == (tools.NOTHING, b"") and "the record class 'sched' was off" in complaint


# ---- both --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, complaint", [
    ([], "--format chrome or --format xen"), (["--format", "svg"], "--format chrome or --format xen"),
    (["--format"], "--format wants a value"), (["--format", "xen", "--domain", "1"], "--domain is for --format chrome"),
    (["--format", "xen", "--lanes", "ring"], "--lanes is for --format chrome"),
    (["--format", "chrome", "--lanes", "rings"], "--lanes rings: there is no such lane; there are: processor, mode, "),
    (["--format", "chrome", "--domain", "70000"], "--domain 70000: from 0 to 65535"),
    (["--format", "chrome", "--from", "7", "--until", "6"], "--from must be less than --until"),
    (["--format", "chrome", "--json"], "unknown option --json"),
    (["--format", "chrome", "--domain", "9"], "nothing in the window, or of the domain"),
    (["--format", "chrome", "--from", "5000"], "nothing in the window"),
    (["--format", "xen", "--from", "5000"], "nothing in the window"),
    (["--format", "xen", "--until", "5"], "nothing in the window")])
def test_wrong_usage(tmp_path, arguments, complaint):
    guests().write(tmp_path / "trace")
    done = tools.run("export", tmp_path / "trace", *arguments)
    assert (done.returncode, done.stdout) == (tools.USAGE, "") and complaint in done.stderr


@pytest.mark.parametrize("form", ["chrome", "xen"])
def test_traces_that_are_not_whole(tmp_path, form):
    status, data, complaint = export(tmp_path / "nowhere", form)
    assert (status, data) == (tools.NOTHING, b"") and "there is no such directory" in complaint
    trace = guests()
    folder = trace.write(tmp_path / "trace", events_a_packet=20)
    stream = folder / "channel0_0"
    stream.write_bytes(stream.read_bytes()[:4096 + 500])                   # cut within the second packet
    status, data, complaint = export(tmp_path / "trace", form)
    assert status == tools.INCOMPLETE and "ends early" in complaint
    if form == "chrome":                                                   # what there is can be read
        assert json.loads(data)["traceEvents"]
    else:
        assert records(data) and xenalyze(tmp_path, data)
    (folder / "metadata").write_bytes(b"nonsense")
    status, data, _ = export(tmp_path / "trace", form)
    assert (status, data) == (tools.NOTHING, b"")


@pytest.mark.parametrize("form", ["chrome", "xen"])
def test_a_result_that_cannot_be_written(tmp_path, form):
    guests().write(tmp_path)
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([tools.ROOT / "analysis" / "export", tmp_path, "--format", form], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == tools.NOTHING and "cannot be written" in done.stderr


def test_a_long_reading_says_on_a_terminal_how_far_it_is(tmp_path):
    """The reader of a pipe is slow, so that the export takes more than a second."""
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    switched(t, 20, None, (1, 0))
    for _ in range(9000):
        t.event("pv_page_fault", domid=1, linear=0x1000)
    t.event("hw_end").write(tmp_path)
    terminal, other = os.openpty()
    with subprocess.Popen([tools.ROOT / "analysis" / "export", tmp_path, "--format", "chrome"], stdout=subprocess.PIPE,
                          stderr=other) as process:
        os.close(other)
        data = process.stdout.read(1)                     # it has begun
        time.sleep(1.2)
        data += process.stdout.read()
        assert process.wait() == tools.FINE and len(json.loads(data)["traceEvents"]) > 9000
    said = os.read(terminal, 10000)
    os.close(terminal)
    assert re.fullmatch(rb"(\rread up to instruction [48],\d{3})+\r\x1b\[K", said), said


# ---- a run -------------------------------------------------------------------------------------------------------

def test_a_run_in_both_formats(run_domains, tmp_path):
    """The numbers that xenalyze prints are those of analysis/events; the spans of Chrome are those of the timeline."""
    (tmp_path / "two.txt").write_text('kernel=mini workload=fork-cow mem=24 mode=shadow cmdline="rounds=2"\n'
                                      'kernel=mini workload=fork-cow mem=16 mode=direct hop=1000 cmdline="rounds=2"\n')
    run = run_domains(tmp_path / "two.txt")
    assert run.status == 0, run.explain()
    trace = run.out / "trace"
    printed = [line.split() for line in tools.run("events", trace).stdout.splitlines()]
    expected = collections.defaultdict(collections.Counter)
    for _, who, name, *fields in printed:
        field = dict(text.split("=", 1) for text in fields if "=" in text)
        count = expected[who]
        if name in ("pv_hypercall", "pv_hypercall_subcall") and int(field["number"]) < 38:
            count["hypercall"] += 1
            count["hypercall", int(field["number"])] += 1
        elif name == "pv_trap":
            count["trap"] += 1
            count["trap", int(field["vector"])] += 1
        elif name == "pv_page_fault":
            count["page_fault"] += 1
        elif name == "pv_math_state_restore":
            count["math state restore"] += 1
        elif name == "shadow_fault" and "to_guest" not in field["path"]:
            count["paging fixup"] += 1
        elif name == "sched_runstate_change":
            to = f"d{int(field['target_domid'], 16)}.{field['target_vcpu']}"
            expected[to]["state", field["to"]] += 1
    status, data, _ = export(trace, "xen")
    assert status == tools.FINE
    found = summary(xenalyze(tmp_path, data))
    assert set(found) == {(1, 0), (2, 0), (IDLE, 0)}
    for domain, vcpu in ((1, 0), (2, 0)):
        numbers = found[domain, vcpu]
        numbers.pop(("state", "offline"), None), numbers.pop("hypercall (subcall)", None)
        wanted = expected[f"d{domain}.{vcpu}"]
        wanted.pop(("state", "offline"), None)
        assert {key: count for key, count in numbers.items() if key[0] != "state"} == {
            key: count for key, count in wanted.items() if key[0] != "state"}
        assert numbers["state", "running"] == wanted["state", "running"] > 1
    events = chrome(trace)
    _, whole = lanes_of(trace)
    assert sum(event["ph"] != "M" for event in events) == sum(lane["count"] for lane in whole["lanes"])
