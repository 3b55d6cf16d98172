/*
 * serial.c - what is typed at the emulated serial line is there before the first instruction.
 *
 * Bochs connects to whoever types (bochs-config/serial_line.py) as it starts, and runs on. When the first byte came would be a
 * matter of the host, and so would the run. The preloaded connect() comes back when it is there. Rules: only the emulator's
 * process is concerned, and only its IPv4 sockets; who accepts types, or hangs up.
 * Callers: Bochs's serial device, through the C library's name.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "trace/agent/bochs.h"

static int (*next)(int, const struct sockaddr *, socklen_t);

/* Before the tracepoints are loaded: meanwhile LTTng connects in a thread of its own, in which dlsym() would wait for that. */
__attribute__((constructor(101))) static void find_next(void) {
    *(void **)&next = dlsym(RTLD_NEXT, "connect");
}

__attribute__((visibility("default"))) int connect(int file, const struct sockaddr *address, socklen_t bytes) {
    struct pollfd typed = { .fd = file, .events = POLLIN };
    int result;

    if (!next)
        find_next();
    result = next(file, address, bytes);
    if (result == 0 && address->sa_family == AF_INET && bochs.pc_system) {
        while (poll(&typed, 1, -1) < 0 && errno == EINTR)
            continue;
    }
    return result;
}
