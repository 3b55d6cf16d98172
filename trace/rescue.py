"""What LTTng's buffers still hold when nobody writes them any more.

Purpose: LTTng's consumer never writes a sub-buffer in which a program was killed in the middle of a record, and a short run has no other;
a consumer that died writes nothing at all. The buffers are files of the session's directory, so all of it is still there: lttng-crash
takes the whole records out, as packets, and here those are put behind the ones that the consumer wrote.
Rules: the daemon and its consumer have ended. Each packet is there once; behind an error, too, a stream's file holds whole packets.
Callers: session.py, keeper.py. Sources: lttng-crash(1) of LTTng 2.13; the packet's header as in analysis/packets.h.
"""
import contextlib
import os
import struct
import subprocess

import description

BUFFERS, REST = "buffers", "rest"         # folders in the session's directory: LTTng's, and what lttng-crash makes of them
CLOCK = "clock"                           # a file there: the time, that is the instruction, of the last record
EXTRACT_SECONDS = 60
# What is looked at: begin, end, bits of the content and of all, sequence number.
HEADER = struct.Struct("<32x5Q12x")
END_AT = 40                               # where in a packet its end is; 0: it was not closed


def packets_of(file, length):
    """(place, bytes, sequence number, end) of each whole packet of an open stream file."""
    place = 0
    while place + HEADER.size <= length:
        file.seek(place)
        _, end, _, bits, sequence = HEADER.unpack(file.read(HEADER.size))
        if bits < 8 * HEADER.size or place + bits // 8 > length:
            return
        yield place, bits // 8, sequence, end
        place += bits // 8


def packet_at(file, place, size, end):
    file.seek(place)
    packet = bytearray(file.read(size))
    struct.pack_into("<Q", packet, END_AT, end)
    return memoryview(packet)


def write_at(file, place, data):
    """All of it, or nothing. Raises OSError."""
    file.seek(place)
    try:
        while data:
            data = data[file.write(data):]
    except OSError:
        file.truncate(place)
        raise


def append_packets(source, target, now):
    """Put those packets of the stream file source that target does not have behind it. now: when one ended that was not closed."""
    with open(source, "rb") as rest, open(target, "r+b" if os.path.exists(target) else "w+b", buffering=0) as stream:
        whole, last = 0, -1
        for place, size, last, _ in packets_of(stream, os.path.getsize(target)):
            whole = place + size
        stream.truncate(whole)
        for place, size, sequence, end in packets_of(rest, os.path.getsize(source)):
            if sequence > last:
                write_at(stream, whole, packet_at(rest, place, size, end or now))
                whole += size
    with contextlib.suppress(FileNotFoundError):          # the stream's index does not know of them; readers do without
        os.unlink(os.path.join(os.path.dirname(target), "index", os.path.basename(target) + ".idx"))


def rescue(home, trace_dir):
    """Put what the buffers in the session's directory home still hold into the trace. Raises OSError, which says what could not be read or
    written."""
    buffers, rest = os.path.join(home, BUFFERS), os.path.join(home, REST)
    if not os.path.isdir(buffers) or not os.listdir(buffers):
        return
    done = subprocess.run(["lttng-crash", f"--extract={rest}", buffers], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=EXTRACT_SECONDS, check=False)
    if done.returncode != 0:
        raise OSError(f"lttng-crash failed: {(done.stderr or done.stdout).strip()}")
    with open(os.path.join(home, CLOCK), "rb") as file:
        now = int.from_bytes(file.read(8), "little")
    for recording in os.listdir(rest):                    # one: LTTng puts the session's name and the time of day in between
        put_behind(os.path.join(rest, recording), trace_dir, now)


def put_behind(recording, trace_dir, now):
    """Complete the files of a trace with those of a recording that lttng-crash made."""
    for folder, _, names in os.walk(recording):
        to = os.path.join(trace_dir, os.path.relpath(folder, recording))
        os.makedirs(to, exist_ok=True)
        for name in sorted(names):
            source, target = os.path.join(folder, name), os.path.join(to, name)
            if name == description.FILE:
                description.replace_shorter(target, source)
            else:
                append_packets(source, target, now)
