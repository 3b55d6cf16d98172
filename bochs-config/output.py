"""The output directory of a run: made, marked as ours, locked while the run lasts, cleared of an earlier run's files.

Rules: only files that a run writes are ever removed, and only from a directory that carries the mark; a directory of
somebody else and one that another run is using are refused. Callers: run beside this file.
"""
import fcntl
import os
import shutil

MARK = ".penumbra-run"
WRITTEN = ["console.log", "summary.json", "tlb.csv", "report.html", "trace", "machine", "images"]


class OutputError(Exception):
    """The directory cannot be used; the text says why and what to do."""


class OutputDirectory:
    """A context manager: inside it the directory exists, is empty of an earlier run's files and is ours alone."""

    def __init__(self, path):
        self.path = path
        self.lock = None

    def file(self, *names):
        return os.path.join(self.path, *names)

    def __enter__(self):
        try:
            self._claim()
            self._clear()
        except OSError as error:
            self.__exit__()
            raise OutputError(f"OUT={self.path}: {error.strerror}: {error.filename}") from None
        except OutputError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def _claim(self):
        if os.path.lexists(self.path) and not os.path.isdir(self.path):
            raise OutputError(f"OUT={self.path} is not a directory")
        os.makedirs(self.path, exist_ok=True)
        mark = self.file(MARK)
        if not os.path.exists(mark) and os.listdir(self.path):
            raise OutputError(f"OUT={self.path} holds files that no run wrote; choose another OUT= or empty it")
        self.lock = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"OUT={self.path} is in use by another run; choose another OUT=") from None

    def _clear(self):
        for name in WRITTEN:
            path = self.file(name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.unlink(path)
        os.mkdir(self.file("machine"))


def write_whole(path, text):
    """Write a file so that it is there complete or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)
