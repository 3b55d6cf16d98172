"""The emulator's process, with a shell script in Bochs's place: ended in time, never left behind, its console passed on
live."""
import os
import signal
import subprocess
import sys
import textwrap
import time
import types

import pytest

import emulator
import plain
from conftest import LONGEST_WAIT, ROOT, wait_until


def run(tmp_path, script, timeout=LONGEST_WAIT, interrupt=None, follower=None):
    return emulator.run(["/bin/sh", "-c", script], str(tmp_path), dict(os.environ), follower, timeout,
                        interrupt or emulator.Interrupt())


def begun(tmp_path):
    """Whether the script has written its process number."""
    return (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n")


@pytest.fixture
def time_is_over(tmp_path, monkeypatch):
    """The time-out has passed as soon as the script has begun, however long that took."""
    clock = types.SimpleNamespace(monotonic=lambda: time.monotonic() + (LONGEST_WAIT if begun(tmp_path) else 0))
    monkeypatch.setattr(emulator, "time", clock)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_exit_status_and_output(tmp_path):
    ending = run(tmp_path, "echo said; exit 7")
    assert (ending.how, ending.number) == ("exited", 7)
    assert (tmp_path / "bochs.out").read_text() == "said\n"


def test_killed_from_outside(tmp_path):
    ending = run(tmp_path, "kill -KILL $$")
    assert (ending.how, ending.number) == ("signalled", signal.SIGKILL)


def test_timeout_ends_it_and_removes_the_image_lock(tmp_path, time_is_over):
    ending = run(tmp_path, "touch disk.img.lock; echo $$ >pid; exec sleep 1000")
    assert ending.how == "timeout"
    assert not alive(int((tmp_path / "pid").read_text()))
    assert not (tmp_path / "disk.img.lock").exists()


def test_deaf_process_is_killed(tmp_path, monkeypatch, time_is_over):
    monkeypatch.setattr(emulator, "GRACE_SECONDS", 0.3)
    ending = run(tmp_path, "trap '' TERM; echo $$ >pid; while :; do sleep 0.1; done")
    assert ending.how == "timeout"
    assert not alive(int((tmp_path / "pid").read_text()))


def test_interrupt_ends_it(tmp_path):
    interrupt = emulator.Interrupt()
    interrupt.raised = True
    assert run(tmp_path, "exec sleep 60", interrupt=interrupt).how == "interrupted"


def test_console_is_passed_on_while_it_grows_and_to_its_last_byte(tmp_path):
    """The script goes on when its first word was passed on."""
    pieces = []

    def show(data):
        pieces.append(data)
        (tmp_path / "shown").touch()

    ending = run(tmp_path, "printf one >console; while [ ! -e shown ]; do sleep 0.1; done; printf two >>console",
                 follower=emulator.Follower(str(tmp_path / "console"), show))
    assert ending.how == "exited" and pieces == [b"one", b"two"]


def test_it_dies_with_its_parent(tmp_path):
    program = textwrap.dedent(f"""
        import os, sys
        sys.path.insert(0, {str(ROOT / "bochs-config")!r})
        import emulator
        emulator.run(["/bin/sh", "-c", "echo $$ >pid; exec sleep 60"], {str(tmp_path)!r}, dict(os.environ), None, 60,
                     emulator.Interrupt())
    """)
    parent = subprocess.Popen([sys.executable, "-B", "-c", program])
    wait_until(lambda: begun(tmp_path))
    pid = int((tmp_path / "pid").read_text())
    assert alive(pid)
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(pid))


def test_console_is_found_between_bochs_own_lines():
    printed = (b"========\n                        Bochs x86 Emulator 2.7\n00000000000i[PLUGIN] loaded\nNext at t=0\n"
               b"(0) [0x0000fffffff0] f000:fff0 (unk. ctxt): jmpf\nhello\n\n 12 (one)\n(0).[7087] [0x1] out dx, al\n"
               b"Bochs is exiting with the following message:\n[UNMAP ] Shutdown port: shutdown requested\n")
    assert plain.console_of(printed) == b"hello\n\n 12 (one)\n"


def test_complaints_are_found():
    assert plain.complaint_of(b"hello\nagent: hook is missing\n") == "agent: hook is missing"
    assert plain.complaint_of(b"hello\n") == ""
