"""What hangs at the machine's COM1: a file that takes what it sends, or somebody who also types.

Rules: what is typed is there before the hypervisor listens: Bochs connects as it starts, waits until it is given everything
(trace/agent/serial.c) and takes a byte of it whenever the simulated line has room, so that the times are simulated ones and the
same in every run.
Callers: runner beside this file.
"""
import contextlib
import socket
import threading

FILE = "mode=file, dev={}"
CLIENT = "mode=socket-client, dev=localhost:{}"
LOG = "com1.log"


class SerialLine:
    """A context: the other end of COM1 as long as the machine runs.

    typed  bytes to be received by the machine; None, or no byte: nobody is there
    log    the file that gets what the machine sends
    """

    def __init__(self, typed, log):
        self.typed = typed
        self.log = log
        self.listener = None
        self.thread = None

    def __enter__(self):
        if self.typed:
            self.listener = socket.create_server(("localhost", 0), family=socket.AF_INET)
            self.thread = threading.Thread(target=self._serve, args=[open(self.log, "wb")], daemon=True)
            self.thread.start()
        return self

    def __exit__(self, *_):
        if self.listener is not None:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)     # ends accept() when Bochs never came
            self.thread.join()
            self.listener.close()

    def description(self):
        """The device's words in Bochs's description of the machine."""
        return FILE.format(LOG) if self.listener is None else CLIENT.format(self.listener.getsockname()[1])

    def _serve(self, log):
        with contextlib.suppress(OSError), log:
            connection, _ = self.listener.accept()
            with connection:
                connection.sendall(self.typed)
                while data := connection.recv(4096):
                    log.write(data)
                    log.flush()
