/*
 * private.c - keeps a run's LTTng to itself.
 *
 * Purpose: preloaded into the session daemon, its consumer, the lttng command and Bochs. LTTng 2.13 gives a user's daemon a place
 * of its own by LTTNG_HOME, but root's always works in /var/run/lttng, one for the whole machine, every program of every user
 * registers there as well, and LTTng-UST leaves wake-up files in /dev/shm for ever. With this library root is treated like any other
 * user, nobody finds the machine's daemon, and the wake-up files go to the directory that PENUMBRA_PRIVATE names. The machine has one
 * processor, the one that clock.c says everything runs on: LTTng sets buffers aside for each.
 * Rules: only what the programs are told is changed, not what they may do; without PENUMBRA_PRIVATE it does nothing.
 * Callers: trace/session.py.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* What root's programs are told; any number but 0. */
#define NOT_ROOT 65534u
#define WAKE_UP_PREFIX "/lttng-ust-wait-"
#define MACHINE_PREFIX "/var/run/lttng/"
/* Where LTTng reads how many processors there are, and what it reads there. */
#define PROCESSORS "/sys/devices/system/cpu/possible"
#define ONE_PROCESSOR "0\n"

static uid_t shown(long uid) {
    return uid == 0 && getenv("PENUMBRA_PRIVATE") ? NOT_ROOT : (uid_t)uid;
}

uid_t getuid(void) {
    return shown(syscall(SYS_getuid));
}

uid_t geteuid(void) {
    return shown(syscall(SYS_geteuid));
}

int shm_open(const char *name, int flags, mode_t mode) {
    static int (*next)(const char *, int, mode_t);
    const char *directory = getenv("PENUMBRA_PRIVATE");
    char path[4096];

    if (directory && strncmp(name, WAKE_UP_PREFIX, strlen(WAKE_UP_PREFIX)) == 0 &&
        (size_t)snprintf(path, sizeof(path), "%s%s", directory, name) < sizeof(path))
        return open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "shm_open");
    return next(name, flags, mode);
}

int connect(int file, const struct sockaddr *address, socklen_t length) {
    const struct sockaddr_un *local = (const struct sockaddr_un *)address;
    size_t prefix = strlen(MACHINE_PREFIX);

    if (address->sa_family == AF_UNIX && length >= offsetof(struct sockaddr_un, sun_path) + prefix &&
        memcmp(local->sun_path, MACHINE_PREFIX, prefix) == 0 && getenv("PENUMBRA_PRIVATE")) {
        errno = ENOENT;
        return -1;
    }
    return (int)syscall(SYS_connect, file, address, length);
}

static int one_processor(void) {
    int file = memfd_create("possible", MFD_CLOEXEC);

    if (file >= 0 && (write(file, ONE_PROCESSOR, strlen(ONE_PROCESSOR)) < 0 || lseek(file, 0, SEEK_SET) != 0)) {
        close(file);
        return -1;
    }
    return file;
}

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    va_list more;

    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if (strcmp(path, PROCESSORS) == 0 && getenv("PENUMBRA_PRIVATE"))
        return one_processor();
    return openat(AT_FDCWD, path, flags, mode);
}
