"""A trace's description: the file metadata, which says what its records look like.

Rules: at the end it is plain text, the same in each run. LTTng's consumer writes it in packets; how many depends on when.
Callers: rescue.py, keeper.py. Source: CTF 1.8, section 7.1.
"""
import os
import re
import struct

FILE = "metadata"
PACKET = struct.Struct("<I20x2I5x")       # magic, bits of the content and of all, this header included
MAGIC = 0x75D11D57
CLOCK_OFFSET = re.compile(rb"(\boffset(?:_s)? = )(\d+)(;)")


def text_of(data):
    """The text of a description in packets, or of one that is text. What is cut off is not in it."""
    if data[:4] != MAGIC.to_bytes(4, "little"):
        return data
    text = b""
    while len(data) >= PACKET.size:
        magic, content_bits, packet_bits = PACKET.unpack_from(data)
        if magic != MAGIC or packet_bits == 0:
            break
        text += data[PACKET.size:content_bits // 8]
        data = data[packet_bits // 8:]
    return text


def replace_shorter(path, source):
    """Put the description source in the place of the one at path, if that is not there or says less."""
    with open(source, "rb") as file:
        whole = file.read()
    with open(path, "r+b" if os.path.exists(path) else "w+b") as file:
        if len(text_of(file.read())) < len(whole):
            file.seek(0)
            file.write(whole)
            file.truncate()


def settle(trace_dir):
    """As plain text, and with the clock at zero at time zero. LTTng notes when, in host time, it was; zero has as many digits there as that
    had."""
    for folder, _, names in os.walk(trace_dir):
        if FILE in names:
            with open(os.path.join(folder, FILE), "r+b") as file:
                text = text_of(file.read())
                file.seek(0)
                file.write(CLOCK_OFFSET.sub(lambda match: match[1] + b"0".rjust(len(match[2])) + match[3], text))
                file.truncate()
