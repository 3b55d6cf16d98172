"""The ELF files of a run, kept beside its trace."""
import hashlib
import io
import json
import tarfile

import domains
import images

ELF = b"\x7fELF"


def domain(kernel, ramdisk="", **settings):
    return domains.Domain(guest="g", kernel=str(kernel), ramdisk=str(ramdisk), workload="", cmdline="", mode="shadow", memory_mib=64,
                          **settings)


def kept(tmp_path, configured, hypervisor=b"the hypervisor"):
    """{(what, domain, name): bytes of the file that was kept}; hashes are right."""
    (tmp_path / "penumbra.elf").write_bytes(hypervisor)
    images.keep(str(tmp_path / "images"), str(tmp_path / "penumbra.elf"), configured)
    listed = json.loads((tmp_path / "images" / "images.json").read_text())
    assert listed["format"] == 1
    found = {}
    for image in listed["images"]:
        data = (tmp_path / "images" / image["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == image["sha256"]
        found[image["what"], image.get("domain"), image.get("name")] = data
    return found


def archive(path, **files):
    with tarfile.open(path, "w") as to:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            to.addfile(member, io.BytesIO(data))
    return path


def test_programs_with_symbols_lie_beside_the_ramdisk(tmp_path):
    ramdisk = archive(tmp_path / "ramdisk.img", init=ELF + b"stripped")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "init").write_bytes(ELF + b"with symbols")
    (tmp_path / "programs" / "README").write_bytes(b"no program")
    (tmp_path / "k.elf").write_bytes(b"a kernel")
    assert kept(tmp_path, [domain(tmp_path / "k.elf", ramdisk)]) == {
        ("hypervisor", None, None): b"the hypervisor", ("kernel", 1, None): b"a kernel",
        ("program", 1, "init"): ELF + b"with symbols"}


def test_otherwise_they_are_the_ramdisks_own(tmp_path):
    ramdisk = archive(tmp_path / "ramdisk.img", init=ELF + b"stripped", motd=b"hello")
    (tmp_path / "k.elf").write_bytes(b"a kernel")
    assert kept(tmp_path, [domain(tmp_path / "k.elf", ramdisk)])["program", 1, "init"] == ELF + b"stripped"


def test_a_ramdisk_that_is_no_archive_has_none(tmp_path):
    (tmp_path / "initrd.gz").write_bytes(b"\x1f\x8b is something else")
    (tmp_path / "k.elf").write_bytes(b"a kernel")
    found = kept(tmp_path, [domain(tmp_path / "k.elf", tmp_path / "initrd.gz"), domain(tmp_path / "k.elf", tmp_path / "missing")])
    assert {key[0] for key in found} == {"hypervisor", "kernel"}


def test_same_bytes_are_kept_once_and_others_of_that_name_beside_them(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "k.elf").write_bytes(b"a kernel")
    (tmp_path / "other" / "k.elf").write_bytes(b"another kernel")
    found = kept(tmp_path, [domain(tmp_path / "k.elf"), domain(tmp_path / "k.elf", privileged=True),
                            domain(tmp_path / "other" / "k.elf")])
    assert found["kernel", 1, None] == found["kernel", 0, None] == b"a kernel" and found["kernel", 2, None] == b"another kernel"
    assert len(list((tmp_path / "images").iterdir())) == 1 + 1 + 2
