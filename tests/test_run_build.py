"""The build: a copy of the sources alone builds, and building again does nothing at all."""
import fcntl
import os
import shutil
import subprocess
import threading

import pytest

from conftest import ROOT, call

# what building writes, and what is no source
NOT_SOURCE = shutil.ignore_patterns("build", "out", ".git", "__pycache__", ".pytest_cache", "tlb", "summary", "measure",
                                    "events")
# one copy for all of them
pytestmark = pytest.mark.xdist_group("build")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the sources, built once."""
    root = tmp_path_factory.mktemp("copy") / "a clone"
    shutil.copytree(ROOT, root, ignore=NOT_SOURCE)
    done = build(root)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return root


def build(root):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return call("make", "--no-print-directory", "build", cwd=root, env=environment)


def test_second_build_does_nothing(copy):
    done = build(copy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_blank_in_the_path_is_no_matter(copy):
    for trace in ("events", "off"):
        done = call("bochs-config/run", "--guest=t_hello", f"--trace={trace}", f"--out=out/{trace} it", cwd=copy)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        assert "ERROR" not in done.stdout + done.stderr


def test_the_images_do_not_depend_on_the_folder(built, copy):
    def images(root):
        build_folder = root / "build"
        return {str(path.relative_to(root)): path.read_bytes()
                for pattern in ("**/*.elf", "**/*.img") for path in build_folder.glob(pattern)}
    here, there = images(ROOT), images(copy)
    assert "build/xen/penumbra.elf" in here and "build/guests/mini/ramdisk.img" in here
    assert [name for name in sorted(here | there) if here.get(name) != there.get(name)] == []


def test_no_object_is_compiled_twice(copy):
    commands = call("make", "--no-print-directory", "-n", "-B", "build-unlocked", cwd=copy).stdout.splitlines()
    objects = [command.split(" -o ")[1].split()[0] for command in commands if " -c " in command and " -o " in command]
    assert len(objects) > 50 and len(objects) == len(set(objects))


def test_clean_leaves_the_sources_alone(copy):
    def files():
        return {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    before = files()
    subprocess.run(["make", "clean"], cwd=copy, check=True, capture_output=True)
    left = files()
    assert left <= before and not (copy / "build").exists()
    sources = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()}
    assert left <= sources
    assert {"Makefile", "xen/boot/start.S", "analysis/tools/tlb.c", "trace/schema.toml"} <= left


def test_an_image_is_not_made_while_a_build_is_under_way(built, monkeypatch, tmp_path):
    import runner
    monkeypatch.setattr(runner, "BUILD", str(tmp_path))
    with open(tmp_path / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entered = []
        enter = runner.no_build_under_way().__enter__
        waiting = threading.Thread(target=lambda: entered.append(enter() or True), daemon=True)
        waiting.start()
        waiting.join(0.5)
        assert not entered
        fcntl.flock(lock, fcntl.LOCK_UN)
        waiting.join(20)
        assert entered
