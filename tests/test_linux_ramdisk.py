"""guests/linux/ramdisk: programs of Debian's packages and a script, as a ramdisk; here with packages made for the test."""
import subprocess

import pytest

from conftest import ROOT, call

TOOL = ROOT / "guests" / "linux" / "ramdisk"
FILES = {"klibc-utils": "usr/lib/klibc/bin/sh", "libklibc": "lib/klibc-x.so"}


def make_package(folder, scratch, name):
    path = scratch / name / FILES[name]
    path.parent.mkdir(parents=True)
    path.write_text(f"of {name}")
    control = scratch / name / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(f"Package: {name}\nVersion: 1\nArchitecture: i386\nMaintainer: Nobody <nobody@invalid>\nDescription: test\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", scratch / name, folder / f"{name}_1_i386.deb"], check=True,
                   stdout=subprocess.DEVNULL)


@pytest.fixture
def packages(tmp_path):
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in FILES:
        make_package(folder, tmp_path / "scratch", name)
    return folder


def ramdisk(script, out, packages):
    return call(TOOL, "--script", script, "--out", out, "--packages", packages)


def test_what_is_in_it(packages, tmp_path):
    """The script, the programs, a console; all of it root's."""
    script = tmp_path / "a \\ script \u00e9.sh"
    script.write_text("echo hello\n")
    one, other = tmp_path / "one.cpio", tmp_path / "other.cpio"
    for out in (one, other):
        done = ramdisk(script, out, packages)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert one.read_bytes() == other.read_bytes() and one.read_bytes()[:6] == b"070701"
    listing = call("bsdtar", "-tvf", one).stdout.splitlines()
    found = {line.split()[-1].rstrip("/"): line.split() for line in listing}
    assert set(found) == {f"./{name}" for name in ("bin", "dev", "lib", "proc", "tmp", "dev/console", "script", "init", "bin/sh",
                                                   "lib/klibc-x.so")}
    assert all(words[2:4] == ["0", "0"] for words in found.values())
    assert found["./dev/console"][0] == "crw-------" and found["./dev/console"][4] == "5,1"
    assert found["./init"][0] == found["./bin/sh"][0] == "-rwxr-xr-x"
    assert call("bsdtar", "-xOf", one, "./script").stdout == "echo hello\n"
    assert call("bsdtar", "-xOf", one, "./bin/sh").stdout == "of klibc-utils"


def test_wrong_use(packages, tmp_path):
    script, out = tmp_path / "script", tmp_path / "out.cpio"
    assert "is not a file" in ramdisk(script, out, packages).stderr
    script.write_text("")
    assert "does not hold the packages klibc-utils, libklibc" in ramdisk(script, out, tmp_path).stderr
    assert "is not a folder" in ramdisk(script, tmp_path / "no" / "where", packages).stderr
    [package] = packages.glob("libklibc*")
    package.write_bytes(package.read_bytes()[:100])
    broken = ramdisk(script, out, packages)
    assert broken.returncode == 1 and f"{package} cannot be unpacked: " in broken.stderr
    assert not out.exists() and not list(tmp_path.glob("*.part"))
