"""The small files of the ramdisk, for the program map-files: file-00 and so on, of one to three pages, none of them whole.

    make_files.py FOLDER

File n has 4096 * (n % 3) + 40 * n + 4 bytes; word i of it is n << 16 | i. map-files.c knows the same.
Caller: guests/Makefile.inc.
"""
import os
import struct
import sys

FILES = 32


def content(number):
    words = (4096 * (number % 3) + 40 * number + 4) // 4
    return struct.pack(f"<{words}I", *(number << 16 | i for i in range(words)))


def main(folder):
    os.makedirs(folder, exist_ok=True)
    for number in range(FILES):
        with open(os.path.join(folder, f"file-{number:02}"), "wb") as file:
            file.write(content(number))


main(sys.argv[1])
