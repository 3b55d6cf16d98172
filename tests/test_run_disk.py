"""The disk image: the same input gives the same bytes, the content is what was put in, and the geometry fits."""
import os
import struct
import subprocess

import pytest

import disk


@pytest.fixture
def content(tmp_path):
    """Three files that stand for kernel, guest and ramdisk."""
    paths = []
    for name, size in (("kernel.elf", 70000), ("guest.elf", 123457), ("ramdisk.img", 4096)):
        path = tmp_path / name
        path.write_bytes(bytes((size + n * n) % 251 for n in range(size)))
        paths.append(str(path))
    return paths


def make(tmp_path, name, content, boot="mem=64", cmdline="workload=fork-cow"):
    image = tmp_path / name
    cylinders = disk.make_image(str(image), content[0], boot,
                                [disk.kernel_module(content[1], cmdline), disk.ramdisk_module(content[2])])
    return image, cylinders


def test_same_input_same_bytes(tmp_path, content, monkeypatch):
    first, _ = make(tmp_path, "first.img", content)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    for path in content:
        os.utime(path, (1000000000, 1000000000))
    second, _ = make(tmp_path, "second.img", content)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("change", [{"boot": "mem=65"}, {"cmdline": "workload=other"}])
def test_words_are_part_of_the_image(tmp_path, content, change):
    plain, _ = make(tmp_path, "a.img", content)
    changed, _ = make(tmp_path, "b.img", content, **change)
    assert plain.read_bytes() != changed.read_bytes()


def test_files_come_back_whole(tmp_path, content):
    image, _ = make(tmp_path, "disk.img", content)
    drive = f"{image}@@{disk.PARTITION_START * disk.SECTOR}"
    for name, path in zip(("KERNEL", "FILE1", "FILE2"), content):
        read = subprocess.run(["mtype", "-i", drive, f"::{name}"], capture_output=True, check=True).stdout
        with open(path, "rb") as file:
            assert read == file.read()


def test_a_file_of_several_modules_is_there_once(tmp_path, content):
    modules = [disk.kernel_module(content[1], "a=1"), disk.ramdisk_module(content[2]), disk.kernel_module(content[1], "b=2"),
               disk.kernel_module(content[0], "")]
    image = tmp_path / "disk.img"
    disk.make_image(str(image), content[0], "", modules)
    listed = subprocess.run(["mdir", "-b", "-i", f"{image}@@{disk.PARTITION_START * disk.SECTOR}"], capture_output=True,
                            text=True, check=True).stdout
    assert listed.split() == ["::/KERNEL", "::/FILE1", "::/FILE2"]
    lines = disk.grub_configuration("mem=64", disk.file_names(content[0], modules), modules).splitlines()
    assert lines[1:] == ["multiboot /KERNEL penumbra mem=64", "module /FILE1 guest.elf a=1", "module /FILE2 ramdisk",
                         "module /FILE1 guest.elf b=2", "module /KERNEL kernel.elf", "boot"]


def test_geometry_and_partition_table(tmp_path, content):
    image, cylinders = make(tmp_path, "disk.img", content)
    data = image.read_bytes()
    assert len(data) == cylinders * disk.CYLINDER * disk.SECTOR
    assert data[510:512] == b"\x55\xaa"
    start, sectors = struct.unpack("<II", data[0x1BE + 8:0x1BE + 16])
    assert (start, sectors) == (disk.CYLINDER, (cylinders - 1) * disk.CYLINDER)
    assert data[0x1CE:0x1FE] == bytes(48), "one partition only"


def test_image_grows_with_its_content(tmp_path, content):
    _, small = make(tmp_path, "small.img", content)
    large_file = tmp_path / "large"
    large_file.write_bytes(bytes(20 << 20))
    image, large = make(tmp_path, "large.img", [content[0], content[1], str(large_file)])
    assert large > small
    drive = f"{image}@@{disk.PARTITION_START * disk.SECTOR}"
    assert len(subprocess.run(["mtype", "-i", drive, "::FILE2"], capture_output=True, check=True).stdout) == 20 << 20


def test_failure_leaves_the_old_image_and_nothing_else(tmp_path, content):
    image, _ = make(tmp_path, "disk.img", content)
    before = image.read_bytes()
    with pytest.raises(disk.DiskError, match="contains"):
        make(tmp_path, "disk.img", content, boot="a{b")
    with pytest.raises(OSError):
        make(tmp_path, "disk.img", [str(tmp_path / "missing"), content[1], content[2]])
    assert image.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk.img", "guest.elf", "kernel.elf", "ramdisk.img"]


def test_missing_tool_is_named(tmp_path, content, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(disk.DiskError, match="grub-mkimage is not installed"):
        make(tmp_path, "disk.img", content)
