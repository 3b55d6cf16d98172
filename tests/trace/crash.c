/*
 * crash.c - loaded into Bochs: makes it crash, where the emulated machine reads sector SECTOR of its disk.
 *
 * The variable CRASH says how: segv, abort, stack (it overflows), or again (and once more while the agent completes the
 * trace), hang (and the agent is stuck then).
 * Callers: tests/test_trace_crash.py; tests/trace/handover.c, its word disk.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define SECTOR 4000 /* none that the machine starts from */
#define SECTOR_BYTES 512

static int crashed;

static int is(const char *how) {
    return strcmp(getenv("CRASH"), how) == 0;
}

static int use_up(volatile char *below) {
    volatile char here[4096];

    here[0] = below[0];
    return use_up(here) + here[0];
}

/* What Bochs calls for each sector. */
off_t lseek64(int file, off_t offset, int whence) {
    if (offset == SECTOR * SECTOR_BYTES) {
        crashed = 1;
        if (is("abort"))
            abort();
        if (is("stack"))
            use_up("");
        *(volatile char *)8 = 0;
    }
    return syscall(SYS_lseek, file, offset, whence);
}

/* What the agent calls for each section of a packet. */
typedef size_t compress(void *context, void *to, size_t room, const void *from, size_t bytes, int level);
compress ZSTD_compressCCtx;
size_t ZSTD_compressCCtx(void *context, void *to, size_t room, const void *from, size_t bytes, int level) {
    compress *next;

    if (crashed && is("again"))
        *(volatile char *)8 = 0;
    while (crashed && is("hang"))
        pause();
    *(void **)&next = dlsym(RTLD_NEXT, "ZSTD_compressCCtx");
    return next(context, to, room, from, bytes, level);
}
