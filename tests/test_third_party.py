"""Kernels that nobody here wrote, when THIRD_PARTY_GUESTS names a folder with them.

The folder holds, as far as its owner has them: mini-os (Mini-OS of Xen 3.1), vmlinux-2.6.24 (Linux for Xen, without PAE) and
initramfs.cpio, whose init prints "init: all passed" and powers off when its tests passed.
"""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = os.environ.get("THIRD_PARTY_GUESTS", "")


def file_of(name):
    """A file of the folder, or the test is skipped."""
    if not FOLDER:
        pytest.skip("skipped: THIRD_PARTY_GUESTS names no folder")
    path = pathlib.Path(FOLDER) / name
    if not path.is_file():
        pytest.skip(f"skipped: {path} is not there")
    return str(path)


def run(out, *arguments):
    done = subprocess.run([ROOT / "bochs-config" / "run", "--quiet", "--out", str(out), *arguments],
                          capture_output=True, text=True, check=False)
    return done.returncode, (out / "console.log").read_text("utf-8", "replace"), json.loads(
        (out / "summary.json").read_text())


def run_linux(out, *arguments):
    status, console, summary = run(out, "--guest", file_of("vmlinux-2.6.24"), "--ramdisk", file_of("initramfs.cpio"),
                                   "--cmdline", "console=hvc0 lpj=40000", "--timeout", "300", *arguments)
    assert status == 0, console[-1000:]
    assert "init: all passed" in console
    assert summary["oracle"]["violations"] == 0 and summary["tlb"]["unexplained"] == 0
    return summary


@pytest.mark.parametrize("policy", ["shadow", "writable disconnect", "writable emulate"])
def test_linux_runs_its_tests_and_repeats(tmp_path, policy):
    mode, *rest = policy.split()
    arguments = ["--mode", mode, *(["--policy", rest[0]] if rest else [])]
    first = run_linux(tmp_path / "first", *arguments)
    second = run_linux(tmp_path / "second", *arguments)
    assert first["instructions"] == second["instructions"]


def test_mode_changes_under_linux(tmp_path):
    summary = run_linux(tmp_path / "hop", "--hop", "500", "--hop-modes", "shadow+writable")
    assert summary is not None


@pytest.mark.parametrize("mode", ["shadow", "writable", "direct"])
def test_mini_os_reaches_its_periodic_output(tmp_path, mode):
    _, console, summary = run(tmp_path / "run", "--guest", file_of("mini-os"), "--mode", mode, "--until", "T(s=",
                              "--timeout", "60")
    assert "Periodic thread started." in console and "T(s=" in console, console[-1000:]
    assert summary["oracle"]["violations"] == 0
