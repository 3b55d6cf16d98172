"""Runs that do not end well: time-out, Ctrl-C, a killed Bochs, a killed runner. The trace stays readable, and nothing
is left behind."""
import contextlib
import os
import pathlib
import signal
import subprocess

import pytest

from conftest import LONGEST_WAIT, ROOT, call, tcp_sockets, wait_until

SPINNING = "spinning"
MEMORY = pathlib.Path("/dev/shm")


def processes_of(out):
    """Process ids whose environment or command line names the output directory: Bochs and the daemons of its
    session."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(out).encode() in text:
            found.append(int(entry.name))
    return found


def bochs_of(out):
    """The process id of the run's Bochs, which is running."""
    [found] = [pid for pid in processes_of(out) if pathlib.Path(f"/proc/{pid}/exe").resolve().name == "bochs-bin"]
    return found


def wait_for_guest(out):
    wait_until(lambda: (out / "console.log").exists() and SPINNING in (out / "console.log").read_text(errors="replace"))


def assert_clean(out, shared_memory_before):
    wait_until(lambda: not processes_of(out))
    assert not list(out.rglob("*.lock"))
    left = shared_memory() - shared_memory_before

    def is_gone_or_in_use():              # a run beside this test uses it, or begins or ends just now
        left.difference_update([name for name in left if not (MEMORY / name).exists() or in_use(name)])
        return not left

    wait_until(is_gone_or_in_use, 60)


def shared_memory():
    """What is there of this user's."""
    found = set()
    for path in MEMORY.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_uid == os.geteuid():
                found.add(path.name)
    return found


def in_use(name):
    """Whether some process has shared memory open."""
    for entry in pathlib.Path("/proc").glob("[0-9]*/maps"):
        try:
            if f"{MEMORY}/{name}" in entry.read_text(encoding="utf-8", errors="replace"):
                return True
        except OSError:
            continue
    return False


def assert_readable(out):
    """The trace can be read, and holds the beginning of the run."""
    read = call("babeltrace2", out / "trace")
    assert "domain_start" in read.stdout, read.stderr[-2000:]
    table = call(ROOT / "analysis" / "tlb", out / "trace")
    assert table.returncode in (0, 4), table.stderr
    assert table.stdout.strip()


@pytest.fixture
def shared_memory_before():
    return shared_memory()


def test_timeout(run_guest, shared_memory_before):
    for seconds in (5, 20, 80):           # how long the guest takes to begin depends on the machine
        run = run_guest("t_spin", timeout=seconds)
        if SPINNING in run.console:
            break
    assert run.status == 8, run.explain()
    assert run.last_line.startswith(f"outcome: timeout (no end within {seconds} seconds) - see ")
    assert run.summary["outcome"] == "timeout"
    assert_readable(run.out)
    assert_clean(run.out, shared_memory_before)


def test_the_console_ends_a_run_at_the_same_instruction(run_guest):
    runs = [run_guest("t_spin", name, until=SPINNING, trace=trace)
            for name, trace in (("once", "events"), ("again", "events"), ("untraced", "off"))]
    assert [run.status for run in runs] == [0, 0, 0], runs[0].explain()
    assert runs[0].summary["instructions"] == runs[1].summary["instructions"]
    assert all((run.out / "console.log").read_text().endswith(SPINNING) for run in runs)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(start_guest, shared_memory_before, number):
    process, out = start_guest("t_spin")
    wait_for_guest(out)
    process.send_signal(number)
    printed, complaint = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 130, complaint
    assert printed.strip().splitlines()[-1].startswith("outcome: interrupted")
    assert_readable(out)
    assert_clean(out, shared_memory_before)


def test_control_c_reaches_the_whole_foreground_group(start_guest, shared_memory_before):
    process, out = start_guest("t_spin")
    wait_for_guest(out)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 130
    assert_readable(out)
    assert_clean(out, shared_memory_before)


def test_killed_bochs(start_guest, shared_memory_before):
    process, out = start_guest("t_spin")
    wait_for_guest(out)
    os.kill(bochs_of(out), signal.SIGKILL)
    printed, complaint = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 4, complaint
    assert "SIGKILL" in printed.strip().splitlines()[-1]
    assert_readable(out)
    assert_clean(out, shared_memory_before)


def test_killed_bochs_without_a_trace(start_guest):
    process, out = start_guest("t_spin", trace="off")
    wait_for_guest(out)
    os.kill(bochs_of(out), signal.SIGKILL)
    printed, complaint = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 4 and complaint == ""
    assert "SIGKILL" in printed.strip().splitlines()[-1]
    assert not (out / "summary.json").exists()


def test_make_run_interrupted(built, tmp_path, shared_memory_before):
    out = tmp_path / "out"
    process = subprocess.Popen(["make", "--no-print-directory", "run", "GUEST=t_spin", f"OUT={out}"], cwd=ROOT,
                               start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for_guest(out)
        os.killpg(process.pid, signal.SIGINT)
        printed, complaint = process.communicate(timeout=LONGEST_WAIT)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode != 0, complaint
    assert printed.strip().splitlines()[-1].startswith("outcome: interrupted")
    assert_readable(out)
    assert_clean(out, shared_memory_before)


def test_killed_runner_leaves_no_process(start_guest, run_guest):
    process, out = start_guest("t_spin")
    wait_for_guest(out)
    process.kill()
    process.communicate(timeout=LONGEST_WAIT)
    wait_until(lambda: not processes_of(out))
    again = run_guest("t_hello", name=out.name)
    assert again.status == 0, again.explain()


def test_reader_that_goes_away_ends_the_run(start_guest):
    process, out = start_guest("t_spin")
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    assert process.wait(LONGEST_WAIT) == 130
    wait_until(lambda: not processes_of(out))


def test_the_emulated_display_is_not_open_to_the_network(start_guest):
    _, out = start_guest("t_spin")
    wait_for_guest(out)
    seen = {}
    wait_until(lambda: seen.update(tcp_sockets(bochs_of(out))) or seen)       # a thread of its own begins to listen
    assert all(address.startswith("0100007F:") for address in seen.values())


def test_directory_in_use_is_refused(start_guest, run_guest):
    _, out = start_guest("t_spin")
    wait_for_guest(out)
    second = run_guest("t_hello", name=out.name)
    assert second.status == 2 and "in use by another run" in second.complaint
    assert SPINNING in (out / "console.log").read_text()
