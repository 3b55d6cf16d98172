"""The rows of a comparison as a Parquet file, by a library of npm's (analysis/web): Debian has none.

Callers: compare beside this file.
"""
import json
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "build", "analysis", "web")


class ParquetError(Exception):
    """The file could not be written; the text says why."""


def _bundle():
    """The program that writes Parquet."""
    program = os.path.join(BUILT, "parquet.mjs")
    if os.path.exists(program):
        return program
    try:
        with open(os.path.join(BUILT, "failure"), encoding="utf-8") as file:
            raise ParquetError(file.read().strip())
    except OSError:
        raise ParquetError("the program that writes it is not built: 'make build' does that") from None


def write(path, columns, rows):
    """columns: of compare_columns.described. Raises ParquetError; then there is no file that was not there before."""
    try:
        done = subprocess.run(["node", _bundle()], input=json.dumps({"columns": columns, "rows": rows}).encode(),
                              capture_output=True, check=False)
    except FileNotFoundError:
        raise ParquetError("node is not installed ('make setup' installs it)") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")
        error = re.search(r"^\w*Error\b.*", said, re.MULTILINE)
        raise ParquetError(f"node ended with status {done.returncode}: {error[0] if error else said.strip()[-300:]}")
    try:
        with open(path + ".part", "wb") as file:
            file.write(done.stdout)
        os.replace(path + ".part", path)
    except OSError as error:
        raise ParquetError(error.strerror) from None
