"""Kernels that the domain builder must refuse, each with a sentence that says why; nothing of them runs."""
import struct

import pytest


def cut(kernel):
    return kernel[:len(kernel) * 2 // 3]


def pae_only(kernel):
    assert kernel.count(b"Xen\0no\0\0") == 1
    return kernel.replace(b"Xen\0no\0\0", b"Xen\0yes\0")


def demanding(kernel):
    assert kernel.count(b"writable_page_tables|") == 1
    return kernel.replace(b"writable_page_tables|", b"!supervisor_mode_abc|")


def other_interface(kernel):
    assert kernel.count(b"Xen\0xen-3.0\0") == 1
    return kernel.replace(b"Xen\0xen-3.0\0", b"Xen\0xen-9.9\0")


def nameless(kernel):
    """Its notes are somebody else's."""
    return kernel.replace(b"Xen\0", b"Abc\0")


def greedy(kernel):
    """Its last segment wants 64 MiB of memory."""
    at, size, count = struct.unpack_from("<I", kernel, 28)[0], *struct.unpack_from("<HH", kernel, 42)
    loads = [at + i * size for i in range(count) if struct.unpack_from("<I", kernel, at + i * size)[0] == 1]
    grown = bytearray(kernel)
    struct.pack_into("<I", grown, max(loads, key=lambda load: struct.unpack_from("<I", kernel, load + 12)[0]) + 20, 64 << 20)
    return bytes(grown)


CASES = [
    (cut, "truncated"),
    (pae_only, "PAE"),
    (demanding, "requires a feature of an unknown name"),
    (other_interface, "xen-3.0"),
    (nameless, "not a paravirtual kernel"),
    (greedy, "do not fit in the domain's memory"),
]


@pytest.mark.parametrize("damage, reason", CASES, ids=[case[0].__name__ for case in CASES])
def test_refused(run_guest, root, tmp_path, damage, reason):
    kernel = tmp_path / "kernel.elf"
    kernel.write_bytes(damage((root / "build/guests/t_hello/t_hello.elf").read_bytes()))
    done = run_guest(kernel, mem=16)
    assert done.status == 4, done.explain()
    assert "cannot build the domain" in done.console and reason in done.console, done.console
    assert " 0 (0x0)" not in done.console, "a number where there is none to tell"
    assert "hello from ring" not in done.console
