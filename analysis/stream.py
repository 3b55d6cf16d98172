"""The instruction stream of a trace, and its tables, for Python: items as named tuples, rows as dictionaries.

    import stream
    for item in stream.items("out/run/trace", 71_000_000, 71_000_100):
        print(item)
    for row in stream.functions("out/run/trace")[:10]:
        print(row["image"], row["function"], row["instructions"])
    stream.entries("out/run/trace", by="hypercall")

Walking is C's: build/analysis/libstream.so, which `make build` makes (analysis/stream.h, profile_read.h). Items are
for windows, not for whole runs: some hundred thousand a second; tables are as fast as analysis/profile.

Rules: what cannot be read raises StreamError, a wrong argument ValueError; what is missing in between is an item of its own (Gap), and warned of
behind tables. The structures below mirror those of the headers. Callers: people's own programs, the tests.
"""
import collections
import ctypes
import os
import pathlib
import warnings

LIBRARY = pathlib.Path(__file__).resolve().parents[1] / "build" / "analysis" / "libstream.so"
END = 2 ** 64 - 1
TRANSFERS = ["exception", "interrupt", "software_interrupt", "iret", "far", "hlt"]
USES = ["read", "write", "fetch"]
ACCESSES = {1: "read", 2: "write", 3: "both"}
BY = ["entry", "hypercall", "fault", "pte-write"]
NOTHING, INCOMPLETE = 3, 4

Instruction = collections.namedtuple("Instruction", "address bytes")
# instructions: those that executed; passes, iterations and faulted are the last one's (stream.h)
Run = collections.namedtuple("Run", "time ring instructions passes iterations faulted bits mfn")
Transfer = collections.namedtuple("Transfer", "time kind vector error_code from_ring to_ring to")
# entries: (physical address, value) of each
Walk = collections.namedtuple("Walk", "time address use user filled entries set")
Access = collections.namedtuple("Access", "time kind address physical bytes")
Gap = collections.namedtuple("Gap", "time until why asked")


class StreamError(Exception):
    """The trace has no instruction stream that can be read; the text says why."""


def _structure(name, base=ctypes.Structure, **fields):
    return type(name, (base,), {"_fields_": list(fields.items())})


_u8, _u16, _u32, _u64, _bool, _text = (ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_bool,
                                       ctypes.c_char_p)
_Code = _structure("_Code", number=_u32, address=_u32, mfn=_u32, instructions=_u16, byte_count=_u16, bits=_u8,
                   lengths=ctypes.POINTER(_u8), bytes=ctypes.POINTER(_u8))
_Run = _structure("_Run", code=ctypes.POINTER(_Code), first=_u16, count=_u16, ring=_u32, passes=_u32, iterations=_u64,
                  faulted=_bool)
_Transfer = _structure("_Transfer", kind=_u32, vector=_u32, error_code=_u32, from_ring=_u32, to_ring=_u32, to=_u32)
_Walk = _structure("_Walk", address=_u32, use=_u32, user=_bool, filled=_bool, levels=_u32, entry=_u32 * 3,
                   value=_u64 * 3, set=_u32)
_Access = _structure("_Access", kind=_u32, address=_u32, physical=_u32, bytes=_u32)
_Gap = _structure("_Gap", until=_u64, why=_text, asked=_bool)
_Any = _structure("_Any", ctypes.Union, run=_Run, transfer=_Transfer, walk=_Walk, access=_Access, gap=_Gap)
_Item = _structure("_Item", kind=_u32, time=_u64, of=_Any)
_FunctionRow = _structure("_FunctionRow", image=ctypes.c_char * 96, function=_text, calls=_u64, instructions=_u64,
                          with_callees=_u64)
_EntryRow = _structure("_EntryRow", kind=_text, function=_text, entries=_u64, instructions=_u64, least=_u64,
                       median=_u64, p90=_u64, most=_u64, writes=_u64)


def _load(library):
    """The library with the types of its functions."""
    try:
        loaded = ctypes.CDLL(str(library or LIBRARY))
    except OSError as error:
        raise StreamError(f"{error}; run 'make build'") from None
    pointer = ctypes.c_void_p
    for name, result, arguments in [
            ("stream_open", pointer, [_text, _u64, _u64, _text, ctypes.c_size_t]),
            ("stream_next", ctypes.POINTER(_Item), [pointer]),
            ("stream_close", None, [pointer]),
            ("profile_read", pointer, [_text, _u64, _u64, _text, ctypes.c_int]),
            ("profile_read_status", ctypes.c_int, [pointer]),
            ("profile_read_trouble", _text, [pointer]),
            ("profile_read_function", _bool, [pointer, _u32, ctypes.POINTER(_FunctionRow)]),
            ("profile_read_entry", _bool, [pointer, _u32, ctypes.POINTER(_EntryRow)]),
            ("profile_read_free", None, [pointer])]:
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


def _run(time, run):
    code, address, found = run.code.contents, run.code.contents.address, []
    offset = 0
    for index in range(run.first + run.count):
        length = code.lengths[index]
        if index >= run.first:
            found.append(Instruction(address + offset, bytes(code.bytes[offset:offset + length])))
        offset += length
    return Run(time, run.ring, found, run.passes, run.iterations, run.faulted, code.bits, code.mfn)


def _transfer(time, transfer):
    return Transfer(time, TRANSFERS[transfer.kind], transfer.vector, transfer.error_code, transfer.from_ring,
                    transfer.to_ring, transfer.to)


def _walk(time, walk):
    entries = list(zip(walk.entry[:walk.levels], walk.value[:walk.levels]))
    return Walk(time, walk.address, USES[walk.use], walk.user, walk.filled, entries, walk.set)


def _access(time, access):
    return Access(time, ACCESSES[access.kind], access.address, access.physical, access.bytes)


def _gap(time, gap):
    return Gap(time, gap.until, gap.why.decode(), gap.asked)


def _check_window(start, until):
    if not 0 <= start < until <= END:
        raise ValueError(f"no window: from instruction {start} on and before {until}")


def items(path, start=0, until=END, library=None):
    """The items of the window, one after another. Raises StreamError, and ValueError when it is no window."""
    _check_window(start, until)
    loaded = _load(library)
    why = ctypes.create_string_buffer(300)
    opened = loaded.stream_open(os.fsencode(path), start, until, why, len(why))
    if not opened:
        raise StreamError(f"{path}: {why.value.decode()}")
    makers = [None, ("run", _run), ("transfer", _transfer), ("walk", _walk), ("access", _access), ("gap", _gap)]
    try:
        while (item := loaded.stream_next(opened).contents).kind:
            name, make = makers[item.kind]
            yield make(item.time, getattr(item.of, name))
    finally:
        loaded.stream_close(opened)


def _rows(path, start, until, images, by, library, function, row_type):
    _check_window(start, until)
    loaded = _load(library)
    read = loaded.profile_read(os.fsencode(path), start, until, os.fsencode(images) if images else None, by)
    try:
        trouble = f"{path}: {loaded.profile_read_trouble(read).decode()}"
        if loaded.profile_read_status(read) == NOTHING:
            raise StreamError(trouble)
        if loaded.profile_read_status(read) == INCOMPLETE:
            warnings.warn(trouble, stacklevel=3)
        found, row = [], row_type()
        while getattr(loaded, function)(read, len(found), row):
            values = {name: getattr(row, name) for name, _ in row_type._fields_}
            found.append({name: value.decode() if isinstance(value, bytes) else value
                          for name, value in values.items()})
        return found
    finally:
        loaded.profile_read_free(read)


def functions(path, start=0, until=END, images=None, library=None):
    """A dictionary a function: image, function, calls, instructions, with_callees; the most instructions first.
    Raises as items does."""
    return _rows(path, start, until, images, -1, library, "profile_read_function", _FunctionRow)


def entries(path, by="entry", start=0, until=END, images=None, library=None):
    """Entries into the hypervisor, as `analysis/profile --by` has them: a dictionary a kind, with function None, then
    one for each function of each kind. by: entry, hypercall, fault or pte-write. Raises as items does."""
    if by not in BY:
        raise ValueError(f"by={by!r} is not known; allowed: {', '.join(BY)}")
    return _rows(path, start, until, images, BY.index(by), library, "profile_read_entry", _EntryRow)
