"""The agent in Bochs, and the decoder of what it wrote, compiled under sanitizers: no undefined behaviour, no byte
beyond an object, and the same stream as otherwise; the decoder also over damaged files."""
import os
import random
import subprocess

import pytest

from traces import packets, tools
from trace_machine import BUILD, ROOT, SECONDS, Machine, build_assembly, build_libraries

import session  # trace_machine says where it is

FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-g", "-fPIC", "-iquote", ".", "-iquote", "build",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
AGENT = sorted({*(ROOT / "trace").glob("agent/*.c"), *(ROOT / "trace").glob("stream/*.c")} - {ROOT / "trace/agent/provider.c"})
DECODER = ["analysis/tools/stream.c", *(ROOT / "analysis").glob("stream*.c"),
           *(f"analysis/{name}.c" for name in ("folders", "grid", "json", "map", "missing", "options", "packets", "window"))]
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0"}
KERNELS = {"accesses": {}, "code": {"PENUMBRA_FLIGHT": "1"}}
# what the fixtures make is made once, not by every worker
pytestmark = pytest.mark.xdist_group("sanitized")


def compiled(path, *words):
    command = ["gcc", *FLAGS, "-o", path, *map(str, words), "build/trace/records_names.c"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """A folder with the agent and what belongs to it."""
    build_libraries()
    tools.build()
    folder = tmp_path_factory.mktemp("libraries")
    compiled(folder / "agent.so", "-fvisibility=hidden", "-shared", *AGENT, "-ldl", "-lpthread", "-lzstd")
    for name in ("provider.so", "clock.so", "private.so"):
        (folder / name).symlink_to(BUILD / name)
    return folder


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    build_libraries()
    return compiled(tmp_path_factory.mktemp("decoder") / "stream", *DECODER, "-lzstd")


def run_in_it(libraries, directory, kernel, environment):
    """The folder with the trace of a run under this agent."""
    machine = Machine(directory, kernel, "")
    with session.TraceSession(machine.out, build_dir=libraries, depth="mem") as tracing:
        added = tracing.environment()
        added["LD_PRELOAD"] = "libasan.so.8:" + added["LD_PRELOAD"]
        done = subprocess.run(machine.command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={**machine.environment(**environment), **added, **OPTIONS}, errors="replace",
                              timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return machine.out / "trace"


def decoded(decoder, trace):
    return subprocess.run([decoder, trace, "--list"], env={**os.environ, **OPTIONS}, capture_output=True, text=True,
                          timeout=SECONDS, check=False)


@pytest.mark.parametrize("name", KERNELS)
def test_the_agent_and_the_decoder(libraries, decoder, tmp_path, name):
    kernel = tmp_path / "kernel.elf"
    build_assembly(kernel, f"tests/trace/{name}.S")
    trace = run_in_it(libraries, tmp_path / "sanitized", kernel, KERNELS[name])
    machine = Machine(tmp_path / "machine", kernel, "")
    assert machine.run(traced="mem", **KERNELS[name])[0] == 0
    expected = tools.run("stream", machine.out / "trace", "--list").stdout
    assert expected.count("\n") > 20000
    assert tools.run("stream", trace, "--list").stdout == expected
    done = decoded(decoder, trace)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def some_packets():
    """Of what a definition can be."""
    writer = packets.Writer()
    for i in range(4):
        fault = packets.transfer("exception", 14, 2, from_ring=3, to_ring=0)
        writer.put(*[packets.run(0x1ffc, "40 41 75fb 90", second_mfn=5 + i)] * 9,
                   packets.run(0x3000, "31c0 f3aa", iterated=True), packets.Gap(10, 3),
                   packets.run(0x4000, "8903", faulted=True), fault, packets.run(0xfc000000, "60 cf")).end_packet()
    return writer.packets


@pytest.mark.parametrize("seed", range(60))
def test_anything_may_be_in_a_file(decoder, tmp_path, seed):
    """Whole packets with anything in them, and a real file with anything in it."""
    chance, found = random.Random(seed), some_packets()
    packets.spoil(found, chance)
    content = bytearray((ROOT / "tests" / "data" / "stream-1" / "stream_0").read_bytes())
    for _ in range(3):
        content[chance.choice([chance.randrange(len(content)), chance.randrange(400)])] = chance.randrange(256)
    cut = content[:chance.choice([len(content), chance.randrange(len(content))])]
    for name, file in ("made", found), ("kept", [cut]):
        trace = packets.write(tmp_path / name, file, between=b"")
        done = decoded(decoder, trace)
        assert done.returncode in (tools.FINE, tools.NOTHING, tools.INCOMPLETE), done.stderr
