/*
 * display.c - keeps the emulated display to this machine.
 *
 * Bochs's headless display library (rfb) serves the screen on the first free of 50 fixed ports of every network interface. A visitor could
 * type into the machine, and so change a run, and no more than 50 runs could go on at once. The preloaded bind() gives it a port of the
 * system's choice on the loopback interface instead. Rules: only the emulator's process is concerned, and only its IPv4 sockets.
 * Callers: Bochs's display library, through the C library's name.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "trace/agent/bochs.h"

__attribute__((visibility("default"))) int bind(int file, const struct sockaddr *address, socklen_t bytes) {
    int (*next)(int, const struct sockaddr *, socklen_t);
    struct sockaddr_in here;

    *(void **)&next = dlsym(RTLD_NEXT, "bind");
    if (!next) {
        errno = ENOSYS;
        return -1;
    }
    if (address->sa_family != AF_INET || bytes < sizeof(here) || !bochs.pc_system)
        return next(file, address, bytes);
    memcpy(&here, address, sizeof(here));
    here.sin_port = 0;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return next(file, (const struct sockaddr *)&here, sizeof(here));
}
