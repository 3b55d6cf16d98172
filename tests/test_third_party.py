"""Kernels that nobody here wrote, when THIRD_PARTY_GUESTS names a folder with them.

The folder holds, as far as its owner has them: mini-os (Mini-OS of Xen 3.1), vmlinux-2.6.24 (Linux for Xen, without PAE),
vmlinux-2.6.24-smp (the same for several processors), xenlinux-2.6.18, xenlinux-2.6.18-smp and initramfs.cpio, whose init
prints "init: all passed" and powers off when its tests passed; processes=N is the number of short processes (1,000).
"""
import json
import os
import pathlib
import re
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


def run_linux(out, *arguments, kernel="vmlinux-2.6.24", words=""):
    status, console, summary = run(out, "--guest", file_of(kernel), "--ramdisk", file_of("initramfs.cpio"),
                                   "--cmdline", f"console=hvc0 lpj=40000 {words}", "--timeout", "300", *arguments)
    assert status == 0, console[-1000:]
    assert "init: all passed" in console, console[-1000:]
    assert summary["oracle"]["violations"] == 0 and summary["tlb"]["unexplained"] == 0
    return console, summary


@pytest.mark.parametrize("policy", ["shadow", "writable disconnect", "writable emulate"])
def test_linux_runs_its_tests_and_repeats(tmp_path, policy):
    mode, *rest = policy.split()
    arguments = ["--mode", mode, *(["--policy", rest[0]] if rest else [])]
    _, first = run_linux(tmp_path / "first", *arguments)
    _, second = run_linux(tmp_path / "second", *arguments)
    assert first["instructions"] == second["instructions"]


def test_mode_changes_under_linux(tmp_path):
    _, summary = run_linux(tmp_path / "hop", "--hop", "500", "--hop-modes", "shadow+writable")
    assert summary["switches"]["count"] > 50 and summary["switches"]["refused"] == 0


def test_the_privileged_domain_changes_the_mode_under_linux(tmp_path):
    described, out = tmp_path / "domains.txt", tmp_path / "run"
    described.write_text(f"""
kernel=t_control mem=16 privileged=yes cmdline="switches=1000 every=500"
kernel={file_of("vmlinux-2.6.24")} ramdisk={file_of("initramfs.cpio")} mode=writable
    cmdline="console=hvc0 lpj=40000 processes=50"
""")
    status, console, summary = run(out, "--domains", str(described), "--timeout", "300")
    assert status == 0 and "init: all passed" in console, console[-1000:]
    assert int(re.search(r"was changed (\d+) times", console)[1]) > 20
    assert summary["oracle"]["violations"] == 0 and summary["tlb"]["unexplained"] == 0


@pytest.mark.parametrize("mode", ["shadow", "writable"])
@pytest.mark.parametrize("kernel", ["vmlinux-2.6.24-smp", "xenlinux-2.6.18-smp"])
def test_linux_with_two_vcpus(tmp_path, kernel, mode):
    console, _ = run_linux(tmp_path / "run", "--mode", mode, "--vcpus", "2", kernel=kernel, words="processes=50")
    assert "Brought up 2 CPUs" in console


@pytest.mark.parametrize("mode", ["shadow", "writable"])
def test_linux_runs_a_shell_script_with_programs_of_debian(tmp_path, mode):
    kernel, ramdisk = file_of("vmlinux-2.6.24"), tmp_path / "script.cpio"
    subprocess.run([ROOT / "guests" / "linux" / "ramdisk", "--script", ROOT / "guests" / "linux" / "commands.sh", "--out", ramdisk],
                   check=True)
    status, console, summary = run(tmp_path / "run", "--guest", kernel, "--ramdisk", str(ramdisk), "--mode", mode, "--cmdline",
                                   "console=hvc0 lpj=40000", "--timeout", "300")
    assert status == 0 and "script: all passed" in console and "System halted." in console, console[-1000:]
    assert summary["oracle"]["violations"] == 0 and summary["tlb"]["unexplained"] == 0


@pytest.mark.parametrize("mode", ["shadow", "writable"])
def test_xenlinux_runs_its_tests(tmp_path, mode):
    run_linux(tmp_path / "run", "--mode", mode, kernel="xenlinux-2.6.18", words="ldt=1")


@pytest.mark.parametrize("mode", ["shadow", "writable", "direct"])
def test_mini_os_reaches_its_periodic_output(tmp_path, mode):
    _, console, summary = run(tmp_path / "run", "--guest", file_of("mini-os"), "--mode", mode, "--until", "T(s=",
                              "--timeout", "60")
    assert "Periodic thread started." in console and "T(s=" in console, console[-1000:]
    assert summary["oracle"]["violations"] == 0 and summary["tlb"]["unexplained"] == 0


@pytest.mark.parametrize("mode", ["shadow", "writable", "direct"])
def test_mode_changes_under_mini_os(tmp_path, mode):
    _, console, summary = run(tmp_path / "run", "--guest", file_of("mini-os"), "--mode", mode, "--until", "T(s=",
                              "--timeout", "60", "--hop", "50")
    assert "T(s=" in console, console[-1000:]
    assert summary["switches"]["count"] > 20 and summary["switches"]["refused"] == 0
    assert summary["oracle"]["violations"] == 0 and summary["tlb"]["unexplained"] == 0
