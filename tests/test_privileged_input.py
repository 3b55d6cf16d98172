"""What is typed at COM1 reaches the privileged domain (guests/t_privileged), in the same run each time."""
import json

import pytest

from conftest import RUN, call

LINE = "a-line-that-is-longer-than-the-sixteen-bytes-of-the-port-s-queue"


@pytest.fixture
def type_line(built, tmp_path):
    """Run the guest with a line typed: type_line("name", text, boot words) -> (exit status, output directory)."""
    def run(name, text, boot=""):
        described, typed, out = tmp_path / "domains.txt", tmp_path / "typed", tmp_path / name
        described.write_text(f'kernel=t_privileged mem=16 privileged=yes cmdline="line={LINE}"\n')
        typed.write_text(text)
        done = call(RUN, "--domains", described, "--input", typed, "--boot", boot, "--out", out)
        return done.returncode, out
    return run


def test_it_is_read_and_the_run_repeats(type_line):
    counts = []
    for name in ("one", "two"):
        status, out = type_line(name, LINE + "\n")
        console = (out / "console.log").read_text()
        assert status == 0, console
        assert f'typed: "{LINE}"' in console
        counts.append(json.loads((out / "summary.json").read_text())["instructions"])
    assert counts[0] == counts[1]


def test_what_the_machine_sends_arrives_too(type_line):
    status, out = type_line("both", LINE + "\n", "console=both")
    sent = (out / "machine" / "com1.log").read_text()
    assert status == 0 and "Penumbra: " in sent and f'typed: "{LINE}"' in sent


def test_another_line_is_noticed(type_line):
    status, _ = type_line("other", "something else\n")
    assert status == 5


def test_a_file_that_is_not_there_is_named(built, tmp_path):
    done = call(RUN, "--guest", "t_hello", "--input", tmp_path / "nothing", "--out", tmp_path / "run")
    assert done.returncode == 2 and "nothing: No such file" in done.stderr
