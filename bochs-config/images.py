"""The ELF files that run in the machine, kept beside the trace: from them the analyzers have the names of functions.

images.json lists the hypervisor, if there is one, the kernel of each domain and the programs of its ramdisk: for each its file in this folder, the
path that it was copied from and its SHA-256. A build after the run changes none of them.

A ramdisk's programs are the files of the folder `programs` beside it, which has them with their symbols; without that folder, what
ELF files the ramdisk holds if it is a tar archive.

Rules: files of the same bytes are kept once. A kernel without symbols is kept as it is. Callers: runner.py beside this file. Readers:
analysis/images.c.
"""
import hashlib
import json
import os
import tarfile

import domains
import native
import output

ELF_MAGIC = b"\x7fELF"


def _programs(ramdisk):
    """What is known of a ramdisk's programs: (name, path, bytes) of each."""
    folder = os.path.join(os.path.dirname(ramdisk), "programs")
    if os.path.isdir(folder):
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield name, path, file.read()
        return
    try:
        with tarfile.open(ramdisk, "r:") as archive:
            for member in filter(tarfile.TarInfo.isfile, archive):
                yield os.path.basename(member.name), f"{ramdisk}:{member.name}", archive.extractfile(member).read()
    except tarfile.TarError:
        return                                # an archive of another kind, or damaged: the guest's business


def _all(booted, configured):
    """(what images.json says of an image, its bytes) of each."""
    def kernel(path, **what):
        with open(path, "rb") as file:
            return {**what, "path": path}, file.read()
    bare = native.wanted(configured)
    yield kernel(booted, what="kernel", domain=0) if bare else kernel(booted, what="hypervisor")
    for number, domain in zip(domains.identities(configured), configured):
        if not bare:
            yield kernel(domain.kernel, what="kernel", domain=number)
        if domain.ramdisk and os.path.isfile(domain.ramdisk):
            for name, path, data in _programs(domain.ramdisk):
                if data.startswith(ELF_MAGIC):
                    yield {"what": "program", "domain": number, "name": name, "path": path}, data


def keep(folder, booted, configured):
    """Make folder and fill it. booted: the kernel that GRUB starts; configured: the domains, their kernels unpacked. Raises
    OSError."""
    os.makedirs(folder)
    found = []
    for image, data in _all(booted, configured):
        digest = hashlib.sha256(data).hexdigest()
        file = f"{os.path.basename(image['path']).rpartition(':')[2]}-{digest[:12]}"
        with open(os.path.join(folder, file), "wb") as copy:
            copy.write(data)
        found.append({**image, "file": file, "sha256": digest})
    output.write_whole(os.path.join(folder, "images.json"), json.dumps({"format": 1, "images": found}, indent=1) + "\n")
