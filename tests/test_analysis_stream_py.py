"""analysis/stream.py: the items of a stream and the tables of a profile, for Python."""
import json
import pathlib
import sys

import pytest

from traces import make, streams

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "build" / "stream" / "libstream.so"
sys.path.insert(1, str(ROOT / "analysis"))
import stream  # noqa: E402  (beside what it calls)

KERNEL = {"start": "b801000000 cd82 f3a4 90"}
HYPERVISOR = {"entry": "60 8b00 cf"}


@pytest.fixture(scope="module", autouse=True)
def readers():
    streams.build()


@pytest.fixture
def run(tmp_path):
    """A hypercall that faults in the hypervisor, and a string instruction."""
    hypervisor = streams.Elf(tmp_path / "penumbra.elf", 0xfd500000, HYPERVISOR)
    kernel = streams.Elf(tmp_path / "mini.elf", 0xc0100000, KERNEL)
    streams.write_images(tmp_path / "images", hypervisor, {1: kernel})
    s = streams.Stream(10).go(kernel, "start", 0, 2, ring=1, mfn=0x77).transfer("software_interrupt", 0xfd500000, 1, 0, 0x82)
    s.go(hypervisor, "entry", 0, 2, faulted=True).walk(0xc0200000, (0x301c00, 0x302067), (0x302800, 5), set_bits=3, use="write", user=True)
    s.transfer("exception", 0xfd500000, 0, 0, 14, 2).go(hypervisor, "entry").access("both", 0x1000, 0x2000, 2)
    s.transfer("iret", 0xc0100007, 0, 1).run(0xc0100007, "f3a4 90", ring=1, count=1, passes=3, iterations=50).gap(30, asked=True)
    t = make.Trace().event("domain_start", time=5, domid=1)
    t.event("pv_hypercall", time=15, domid=1, number=29).snapshot().event("hw_end", time=30, outcome="success")
    return s.write(tmp_path / "trace", t)


def test_items(run):
    found = list(stream.items(run, library=LIBRARY))
    assert found == [
        stream.Run(10, 1, [(0xc0100000, b"\xb8\1\0\0\0"), (0xc0100005, b"\xcd\x82")], 1, 0, False, 32, 0x77),
        stream.Transfer(11, "software_interrupt", 0x82, 0, 1, 0, 0xfd500000),
        stream.Run(12, 0, [(0xfd500000, b"\x60"), (0xfd500001, b"\x8b\0")], 1, 0, True, 32, 0),
        stream.Walk(13, 0xc0200000, "write", True, True, [(0x301c00, 0x302067), (0x302800, 5)], 3),
        stream.Transfer(13, "exception", 14, 2, 0, 0, 0xfd500000),
        stream.Run(14, 0, [(0xfd500000, b"\x60"), (0xfd500001, b"\x8b\0"), (0xfd500003, b"\xcf")], 1, 0, False, 32, 0),
        stream.Access(16, "both", 0x1000, 0x2000, 2),
        stream.Transfer(16, "iret", 0, 0, 0, 1, 0xc0100007),
        stream.Run(17, 1, [(0xc0100007, b"\xf3\xa4")], 3, 50, False, 32, 0),
        stream.Gap(20, 30, "tracing was off", True),
    ]
    assert list(stream.items(run, 11, 13, library=LIBRARY))[0].instructions == [(0xc0100005, b"\xcd\x82")]


def test_an_iterator_that_is_left_closes_its_stream(run):
    for _ in stream.items(run, library=LIBRARY):
        break


def test_tables_are_those_of_the_program(run):
    said = json.loads(streams.run("profile", run, "--json").stdout)["functions"]
    assert stream.functions(run, library=LIBRARY) == said and len(said) == 2
    kinds = json.loads(streams.run("profile", run, "--by", "hypercall", "--json").stdout)["kinds"]
    rows = stream.entries(run, "hypercall", library=LIBRARY)
    kind = kinds[0]
    assert rows[0] == {"kind": kind["kind"], "function": None, "entries": 1, "instructions": 5, "writes": 0,
                       **{key: kind["instructions"][key] for key in ("least", "median", "p90", "most")}}
    assert [(row["function"], row["instructions"]) for row in rows[1:]] == [
        (function["function"], function["instructions"]) for function in kind["functions"]]


def test_windows_and_symbols_of_tables(run, tmp_path):
    assert [row["function"] for row in stream.functions(run, 17, library=LIBRARY)] == ["start"]
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    assert {row["function"] for row in stream.functions(run, library=LIBRARY)} == {"[unknown]"}
    assert {row["function"] for row in stream.functions(run, images=tmp_path / "elsewhere", library=LIBRARY)} == {"start", "entry"}


def test_what_cannot_be_read(run, tmp_path):
    make.golden().write(tmp_path / "events")
    for read in (lambda: list(stream.items(tmp_path / "events", library=LIBRARY)),
                 lambda: stream.functions(tmp_path / "events", library=LIBRARY)):
        with pytest.raises(stream.StreamError, match="it holds no instruction stream"):
            read()
    for start, until in ((-1, 7), (7, 7), (0, 2 ** 64), (2 ** 70, 2 ** 71)):
        with pytest.raises(ValueError, match="no window"):
            list(stream.items(run, start, until, library=LIBRARY))
        with pytest.raises(ValueError, match="no window"):
            stream.functions(run, start, until, library=LIBRARY)
    with pytest.raises(ValueError, match="hypercall, fault"):
        stream.entries(run, by="calls", library=LIBRARY)
    with pytest.raises(stream.StreamError, match="run 'make build'"):
        stream.functions(run, library=tmp_path / "no.so")
    with (run / "stream.txt").open("a") as file:
        file.write("gap 30 40 0\n")
    with pytest.warns(UserWarning, match="10 instructions are missing"):
        assert len(stream.functions(run, library=LIBRARY)) == 2
