"""A traced run: what is in the trace, that it repeats to the digit, that runs side by side do not meet, and what a violent end leaves."""
import collections
import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pytest

from conftest import wait_until
from trace_machine import BUILD, ROOT, SECONDS, Machine, build_kernel, build_libraries, parse, symbol

import keeper  # trace_machine says where they are
import session as sessions

NOBODY = 65534


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    build_libraries()
    path = tmp_path_factory.mktemp("kernel") / "handover.elf"
    build_kernel(path)
    return path


@pytest.fixture(scope="module")
def good(kernel, tmp_path_factory):
    """One good run: (machine, its events)."""
    machine = Machine(tmp_path_factory.mktemp("good"), kernel, "good")
    status, printed = machine.run(traced=True)
    assert status == 0, printed
    return machine, [parse(line) for line in machine.events()]


@pytest.fixture
def private_tmp(monkeypatch):
    """A temporary directory with a short name that holds nothing but this test's sessions."""
    directory = tempfile.mkdtemp(prefix="t", dir="/tmp")
    monkeypatch.setenv("TMPDIR", directory)
    yield pathlib.Path(directory)
    shutil.rmtree(directory, ignore_errors=True)


def names(events):
    return collections.Counter(name for _, name, _ in events)


def processes_of(directory):
    """Processes whose environment names the directory: daemons, consumers, emulators of its sessions."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if str(directory).encode() + b"/penumbra-" in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def test_begins_and_ends(good):
    _, events = good
    assert events[0][1:] == ("hypervisor_start", {"domid": 0x7ff0, "vcpu": 0, **{key: events[0][2][key] for key in (
        "memory_frames", "cr3", "classes") if key in events[0][2]}})
    assert events[-1][1] == "hw_end" and events[-1][2]["outcome"] == "success" and events[-1][2]["lost"] == 0
    assert names(events)["pv_hypercall"] == 300
    assert events[-1][2]["records"] == sum(1 for event in events if "domid" in event[2])


def test_times_never_go_back(good):
    times = [event[0] for event in good[1]]
    assert times == sorted(times)


def test_every_flush_is_followed_by_what_the_processor_did(good, kernel):
    flushes = [event for event in good[1] if event[1] in ("flush", "hw_tlb_control")]
    assert [name for _, name, _ in flushes] == ["flush", "hw_tlb_control"] * 4
    for (_, _, said), (_, _, did) in zip(flushes[::2], flushes[1::2]):
        assert (said["means"], said["value"]) == (did["means"], did["value"])
    did = {event[2]["means"]: event[2] for event in flushes[1::2]}
    assert set(did) == {"mov_cr3", "invlpg", "mov_cr4", "mov_cr0"}
    assert did["mov_cr3"]["eip"] == symbol(kernel, "load_root_instruction")
    assert did["invlpg"]["eip"] == symbol(kernel, "forget_page_instruction")
    assert did["mov_cr0"]["walks"] > did["mov_cr4"]["walks"], "the mov to cr4 flushed everything, so walks follow"


def test_faults_and_interrupts(good, kernel):
    _, events = good
    faults = [fields for _, name, fields in events if name == "hw_exception"]
    handled = [fields for _, name, fields in events if name == "shadow_fault"]
    assert [(f["vector"], f["error_code"], f["ring"]) for f in faults] == [(14, 4, 3)] * 2
    assert [f["eip"] for f in faults] == [h["eip"] for h in handled]
    assert [h["linear"] for h in handled] == [0x800000, 0x801000]
    interrupts = [fields for _, name, fields in events if name == "hw_interrupt"]
    calls = [fields for fields in interrupts if fields["software"]]
    timer = [fields for fields in interrupts if not fields["software"]]
    assert {(f["vector"], f["ring"]) for f in calls} == {(0x82, 3)} and len(calls) == 301
    assert {(f["vector"], f["ring"]) for f in timer} == {(0x20, 3)} and len(timer) > 20


def test_rings(good, kernel):
    _, events = good
    changes = [fields for _, name, fields in events if name == "hw_ring"]
    assert all(change["from"] != change["to"] for change in changes)
    assert all(before["to"] == after["from"] for before, after in zip(changes, changes[1:]))
    assert changes[0] == {"from": 0, "to": 3, "why": "iret", "eip": symbol(kernel, "user_code")}
    entries = collections.Counter(change["why"] for change in changes if change["to"] == 0)
    software = [fields["software"] for _, name, fields in events if name == "hw_interrupt"]
    assert entries["exception"] == names(events)["hw_exception"] == 2
    assert entries["software_interrupt"] == software.count(1)
    # an interrupt that was waiting when iret let it in comes before any instruction of ring 3: no change of ring
    assert 0 < entries["interrupt"] <= software.count(0)


def test_counters_follow_their_records_and_add_up(good):
    """Totals count from the kernel's OUT to the entry port, which is a little before hypervisor_start."""
    _, events = good
    counters = [(when, fields) for when, name, fields in events if name == "hw_counters"]
    start = counters[0][0] - counters[0][1]["instructions"]
    assert 0 < counters[0][1]["instructions"] < 1000
    assert all(fields["instructions"] == when - start == sum(fields[f"ring{ring}"] for ring in range(4)) for when, fields in counters)
    followed = [(before[1], before[0] == after[0]) for before, after in zip(events, events[1:]) if after[1] == "hw_counters"]
    snapshots = ["hypervisor_start", "domain_start", "marker", "marker", "marker", "domain_ended"]
    assert followed[:-1] == [(name, True) for name in snapshots], "the same instruction"
    assert events[-2][1] == "hw_counters", "and once more at the end"


def test_counters_agree_with_the_ring_changes(good):
    """Instructions of ring 3 by the counters and by the times between changes of ring."""
    _, events = good
    since, total = None, 0
    for when, name, fields in events:
        if name == "hw_ring":
            if fields["to"] == 3:
                since = when
            elif since is not None:
                total += when - since
    last = [fields for _, name, fields in events if name == "hw_counters"][-1]
    assert last["ring3"] == total


def test_text_is_cut_off(good):
    markers = [fields for _, name, fields in good[1] if name == "marker"]
    assert [marker["text"] for marker in markers] == ["sixteen letters "] * 3


def test_same_image_same_events_also_side_by_side(good, kernel, tmp_path, private_tmp):
    twins = [Machine(tmp_path / name, kernel, "good") for name in ("one", "two")]
    running = [twin.start(traced=True) for twin in twins]
    for twin, process in zip(twins, running):
        printed, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, printed
        assert [parse(line) for line in twin.events()] == good[1]
    plain = [subprocess.run(["babeltrace2", str(twin.out / "trace")], capture_output=True, text=True, check=True).stdout
             for twin in twins]
    assert plain[0] == plain[1], "with times as people see them"
    assert not list(private_tmp.iterdir()) and not processes_of(private_tmp)


def test_records_with_anything_in_them(kernel, tmp_path, private_tmp):
    """Fields are the hypervisor's word: every record of a known kind is delivered, and the trace stays readable."""
    machine = Machine(tmp_path / "fuzz", kernel, "fuzz")
    status, printed = machine.run(traced=True)
    assert machine.status["reported"] == "success" and status in (9, 10), printed
    assert machine.status["records"] == 4000 and machine.status["lost"] == 0
    done = subprocess.run(["babeltrace2", str(machine.out / "trace"), "-c", "sink.utils.counter"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert int(re.search(r"(\d+) Event messages", done.stdout)[1]) > 4000


def left_behind():
    return {path for pattern in ("/dev/shm/lttng*", "/dev/shm/ust*") for path in pathlib.Path("/").glob(pattern[1:])}


def test_killed_bochs_leaves_a_readable_trace_and_nothing_else(kernel, tmp_path, private_tmp):
    shared_before = left_behind()
    machine = Machine(tmp_path / "killed", kernel, "endless")
    process = machine.start(traced=True)
    wait_until(lambda: any(path.stat().st_size > 1 << 20 for path in machine.out.rglob("events_0")))
    [emulator] = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit() and is_emulator(entry, machine)]
    os.kill(emulator, signal.SIGKILL)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + signal.SIGKILL, printed
    events = [parse(line) for line in machine.events()]
    notes = [fields["a"] for _, name, fields in events if name == "marker"]
    assert len(notes) > 1000 and notes == list(range(len(notes)))
    assert "hw_end" not in names(events)
    assert not list(private_tmp.iterdir()) and not processes_of(private_tmp)
    assert left_behind() <= shared_before


@pytest.fixture(scope="module")
def emitter(tmp_path_factory):
    """A program that records without an emulator: tests/trace/emitter.c."""
    build_libraries()
    path = tmp_path_factory.mktemp("emitter") / "emitter"
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-iquote", ".", "-iquote", "build", "-rdynamic", "-o",
                    path, "tests/trace/emitter.c"], cwd=ROOT, check=True)
    return path


def counted(out):
    """The numbers of the trace's counters, read in both ways. All there is to say is that no record tells the end."""
    plain = subprocess.run(["babeltrace2", str(out / "trace")], capture_output=True, text=True, check=True)
    own = subprocess.run([ROOT / "analysis" / "events", out / "trace"], capture_output=True, text=True, check=False)
    numbers = re.findall(r"hw_counters: .* instructions = (\d+)", plain.stdout)
    assert numbers == re.findall(r"hw_counters instructions=(\d+)", own.stdout)
    assert plain.stderr == "" and own.returncode == 4
    assert own.stderr == f"warning: trace {out / 'trace'} is not complete: it ends early at instruction {len(numbers) - 1}\n"
    return list(map(int, numbers))


SEVERAL_BUFFERS = 20000               # records; 8 MB


@pytest.mark.parametrize("channel", ["record", "stream"])
@pytest.mark.parametrize("count", [1, 100, SEVERAL_BUFFERS])
def test_killed_within_a_record(emitter, tmp_path, private_tmp, channel, count):
    """LTTng does not write the buffer that the record lies in; everything before the record is in the trace all the same."""
    done = session("--out", tmp_path, "--trace", "insn", "--", emitter, BUILD / "provider.so", count, channel)
    assert done.returncode == 128 + signal.SIGSEGV, done.stderr
    assert counted(tmp_path) == list(range(count))
    plain = subprocess.run(["babeltrace2", str(tmp_path / "trace")], capture_output=True, text=True, check=True).stdout
    assert plain.count("penumbra_stream:packet") == (channel == "stream")
    assert not list(private_tmp.iterdir()) and not processes_of(private_tmp)


def consumer_in(directory):
    [found] = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit() and is_consumer(entry, directory)]
    return found


def is_consumer(entry, directory):
    try:
        return (entry / "comm").read_text().startswith("lttng-consumerd") and \
            str(directory).encode() in (entry / "environ").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("count", [1, 3000])
def test_dead_consumer(emitter, tmp_path, private_tmp, count):
    """What it had not written yet is in the trace all the same, once."""
    command = [sys.executable, str(ROOT / "trace" / "session.py"), "--out", str(tmp_path), "--", str(emitter),
               str(BUILD / "provider.so"), str(count), "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "recorded\n"
        os.kill(consumer_in(private_tmp), signal.SIGKILL)
        _, complaint = process.communicate(timeout=SECONDS)
    assert process.returncode == 0 and complaint == ""
    assert counted(tmp_path) == list(range(count))
    assert not list(private_tmp.iterdir()) and not processes_of(private_tmp)


def test_a_program_that_stood_still_for_seconds_is_traced(emitter, tmp_path, private_tmp):
    """On a busy machine. LTTng's daemon gives it up after 5 seconds unless it is told otherwise."""
    done = session("--out", tmp_path, "--", emitter, BUILD / "provider.so", 100, "wait", EMITTER_LATE="6")
    assert (done.returncode, done.stdout) == (0, "recorded\n"), done.stderr
    assert counted(tmp_path) == list(range(100))


def is_emulator(entry, machine):
    try:
        return (entry / "exe").resolve().name == "bochs-bin" and (entry / "cwd").resolve() == machine.directory.resolve()
    except OSError:
        return False


def test_interrupt_from_the_terminal(kernel, tmp_path, private_tmp):
    """Ctrl-C reaches the whole process group: the trace is complete, its end is recorded."""
    machine = Machine(tmp_path / "interrupted", kernel, "endless")
    process = machine.start(traced=True)
    wait_until(lambda: "endless" in machine.console)
    os.killpg(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, printed
    assert parse(machine.events()[-1])[2]["outcome"] == "interrupted"
    assert not list(private_tmp.iterdir()) and not processes_of(private_tmp)


def test_interrupted_session_waits_for_its_program(tmp_path, private_tmp):
    """What records its end is not left alone with it."""
    build_libraries()
    script = "trap '' INT; trap 'sleep 2; touch ended; exit' TERM; touch begun; while :; do sleep 0.1; done"
    process = subprocess.Popen([sys.executable, str(ROOT / "trace" / "session.py"), "--out", "out", "--", "sh", "-c", script],
                               cwd=tmp_path, start_new_session=True)
    wait_until((tmp_path / "begun").exists)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == 130 and (tmp_path / "ended").exists()


def killed(machine, number, group=True):
    """Start an endless traced run and kill its session, by default with Bochs."""
    process = machine.start(traced=True)
    wait_until(lambda: "endless" in machine.console)
    time.sleep(0.3)
    (os.killpg if group else os.kill)(process.pid, number)
    process.communicate(timeout=SECONDS)


@pytest.mark.parametrize("group", [True, False], ids=["with-bochs", "alone"])
def test_killed_session_is_ended_by_its_keeper(kernel, tmp_path, private_tmp, group):
    machine = Machine(tmp_path / "orphan", kernel, "endless")
    killed(machine, signal.SIGKILL, group)
    wait_until(lambda: not processes_of(private_tmp))
    assert not list(private_tmp.iterdir())
    assert parse(machine.events()[0])[1] == "hypervisor_start", "the trace was completed"


def test_session_killed_with_its_keeper_is_cleaned_up_by_the_next(kernel, tmp_path, private_tmp):
    machine = Machine(tmp_path / "orphan", kernel, "endless")
    process = machine.start(traced=True)
    wait_until(lambda: "endless" in machine.console)
    [directory] = private_tmp.iterdir()
    children = subprocess.run(["pgrep", "-P", str(process.pid), "-f", "keeper.py"], capture_output=True, text=True, check=True).stdout
    os.kill(int(children), signal.SIGKILL)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=SECONDS)
    assert directory.exists() and processes_of(private_tmp)
    again = Machine(tmp_path / "again", kernel, "good")
    assert again.run(traced=True)[0] == 0
    assert not list(private_tmp.iterdir())
    wait_until(lambda: not processes_of(private_tmp))


@pytest.mark.parametrize("removed", [True, False])
def test_directory_without_its_lock_yet_may_be_taken_for_a_stale_one(tmp_path, private_tmp, monkeypatch, removed):
    """Another session looks just then, and has removed it or is about to."""
    build_libraries()
    flock, others = fcntl.flock, []

    def flock_late(file, how):
        if not others:
            others.append(None)
            [directory] = private_tmp.iterdir()
            others.append(keeper.take_lock(directory))
            if removed:
                shutil.rmtree(directory)
                os.close(others[1])
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", flock_late)
    with sessions.TraceSession(tmp_path) as tracing:
        assert pathlib.Path(tracing.home).is_dir() and len(others) == 2
    assert len(list(private_tmp.iterdir())) == (0 if removed else 1)


def session(*arguments, **more):
    return subprocess.run([sys.executable, str(ROOT / "trace" / "session.py"), *map(str, arguments)], capture_output=True, text=True,
                          check=False, env={**os.environ, **more})


def test_trace_that_is_there_is_not_overwritten(good, private_tmp):
    machine, events = good
    done = session("--out", machine.out, "--", "true")
    assert done.returncode == 1 and "holds a trace already" in done.stderr
    assert [parse(line) for line in machine.events()] == events


def test_missing_command(tmp_path, private_tmp):
    build_libraries()
    done = session("--out", tmp_path, "--", "/nowhere/program")
    assert done.returncode == 1 and "/nowhere/program" in done.stderr
    assert not list(private_tmp.iterdir()) and not processes_of(private_tmp)


def test_missing_tools(tmp_path, private_tmp):
    build_libraries()
    done = session("--out", tmp_path, "--", "true", PATH="/nowhere")
    assert done.returncode == 1 and "install the package lttng-tools" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_ordinary_user(good, kernel, private_tmp):
    """The same trace for a user who is not root, whose home cannot be written to."""
    private_tmp.chmod(0o777)
    machine = Machine(private_tmp / "machine", kernel, "good")
    for path in [machine.directory, *machine.directory.iterdir()]:
        path.chmod(0o777)
    copy = private_tmp / "project"
    for part in ("trace", "build/trace"):
        shutil.copytree(ROOT / part, copy / part)
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable, "-B",
               str(copy / "trace" / "session.py"), "--out", str(machine.out), "--", *machine.command]
    done = subprocess.run(command, cwd=machine.directory, env=machine.environment(HOME="/nonexistent"), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    assert [parse(line) for line in machine.events()] == good[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can listen in the machine's place")
def test_the_machines_own_daemon_is_not_found(private_tmp):
    """A daemon of the whole machine, played by a socket: who is in a session does not reach it, others do."""
    place = pathlib.Path("/var/run/lttng")
    existed = place.exists()
    place.mkdir(exist_ok=True)
    path = place / f"test-{os.getpid()}"
    knock = [sys.executable, "-c", f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"]
    try:
        with socket.socket(socket.AF_UNIX) as daemon:
            daemon.bind(str(path))
            daemon.listen()
            preload = {**os.environ, "LD_PRELOAD": str(BUILD / "private.so")}
            inside = subprocess.run(knock, env={**preload, "PENUMBRA_PRIVATE": str(private_tmp)}, stderr=subprocess.PIPE, check=False)
            assert inside.returncode != 0 and b"FileNotFoundError" in inside.stderr
            assert subprocess.run(knock, env=preload, check=False).returncode == 0
    finally:
        path.unlink(missing_ok=True)
        if not existed:
            place.rmdir()


def test_buffers_are_those_of_one_processor_however_many_there_are(good):
    assert [path.name for path in good[0].out.rglob("events_*") if path.suffix == ""] == ["events_0"]


def test_buffers_are_in_memory_when_there_is_room(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "MEMORY", str(tmp_path))
    monkeypatch.delenv("TMPDIR", raising=False)
    assert sessions.temporary_parent() == str(tmp_path)
    monkeypatch.setattr(sessions, "ROOM_BYTES", 1 << 60)
    assert sessions.temporary_parent() == "/tmp"
    monkeypatch.setattr(sessions, "MEMORY", "/nowhere")
    assert sessions.temporary_parent() == "/tmp"
    monkeypatch.setenv("TMPDIR", "/var/tmp")
    assert sessions.temporary_parent() == "/var/tmp"
    monkeypatch.setenv("TMPDIR", "/" + "x" * 50)
    assert sessions.temporary_parent() == "/tmp"


def test_no_trace_of_the_host_clock(good):
    """The trace's own description says that the clock began at zero."""
    [metadata] = good[0].out.rglob("metadata")
    offsets = re.findall(rb"\boffset(?:_s)? = +(\d+);", metadata.read_bytes())
    assert offsets and set(offsets) == {b"0"}
