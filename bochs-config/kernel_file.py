"""Kernel files as people have them: an ELF file, or one packed with gzip, which is unpacked before it is booted.

Rules: what is unpacked lies in the run's own directory; a kernel that is not packed is used where it lies. Callers:
options.py and runner.py beside this file, the tests.
"""
import gzip
import os
import shutil
import zlib

GZIP_MAGIC = b"\x1f\x8b"
# what Python says of a damaged file
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def is_packed(path):
    with open(path, "rb") as file:
        return file.read(2) == GZIP_MAGIC


def head(path, length):
    """The first bytes of the kernel, unpacked. Raises OSError, or one of DAMAGED."""
    with gzip.open(path, "rb") if is_packed(path) else open(path, "rb") as file:
        return file.read(length)


def unpacked(path, directory):
    """The path of a file with the kernel unpacked: path itself, or one that is written into directory. Raises OSError,
    or one of DAMAGED."""
    if not is_packed(path):
        return path
    target = os.path.join(directory, os.path.basename(path).removesuffix(".gz") + ".unpacked")
    with gzip.open(path, "rb") as packed, open(target, "wb") as file:
        shutil.copyfileobj(packed, file)
    return target
