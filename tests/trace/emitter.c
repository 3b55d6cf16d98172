/*
 * emitter.c - a program that records through provider.so without an emulator: COUNT counters, one at each instruction from
 * 0, then an end of its own.
 *
 *   emitter PROVIDER COUNT record   dies within a record of the events' channel, with a part of it written
 *   emitter PROVIDER COUNT stream   the same in the stream's channel, behind a whole packet
 *   emitter PROVIDER COUNT wait     says "recorded" and waits for its standard input to end
 *
 * With EMITTER_LATE in the environment its first answer to the session daemon comes so many seconds late; status 3: the daemon
 * did not wait for it, and it had to register once more.
 * A record is cut off by handing over memory that ends within it: LTTng copies it after it has taken room in the buffer.
 * Callers: tests/test_trace_session.py.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace/agent/agent.h"

#define PAGE 4096
#define TRACER_VERSION 0x41 /* LTTng's command that a registration begins with */

static volatile uint64_t *clock_page;
static struct totals totals;
static unsigned registrations;

/* The time, for LTTng in this program (trace/clock.c finds it before the agent's) and in others. */
uint64_t penumbra_clock(void);
uint64_t penumbra_clock(void) {
    if (!clock_page)
        clock_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, open(getenv("PENUMBRA_CLOCK"), O_RDWR), 0);
    return *clock_page = totals.instructions;
}

/* LTTng's in this program. */
ssize_t recvmsg(int file, struct msghdr *message, int flags) {
    ssize_t bytes = syscall(SYS_recvmsg, file, message, flags);
    const uint32_t *said = message->msg_iov->iov_base;

    if (bytes > 4 && said[1] == TRACER_VERSION && registrations++ == 0 && getenv("EMITTER_LATE"))
        sleep((unsigned)atoi(getenv("EMITTER_LATE")));
    return bytes;
}

/* A page of letters with nothing behind it. */
static char *last_page(void) {
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    mprotect(pages + PAGE, PAGE, PROT_NONE);
    return memset(pages, 'x', PAGE);
}

int main(int count, char **words) {
    const struct provider *provider = count == 4 ? dlsym(dlopen(words[1], RTLD_NOW), PROVIDER_SYMBOL) : NULL;
    struct trace_record_marker *cut;

    if (!provider || !provider->wanted())
        return 2;
    if (registrations > 1)
        return 3;
    for (; totals.instructions < strtoul(words[2], NULL, 10); totals.instructions++)
        provider->counters(&totals, 0);
    totals.instructions--;
    if (!strcmp(words[3], "stream")) {
        provider->stream((const uint8_t *)last_page(), PAGE);
        provider->stream((const uint8_t *)last_page(), PAGE + 1);
    }
    cut = (void *)(last_page() + PAGE - offsetof(struct trace_record_marker, text) - 1);
    cut->header.id = TRACE_ID_marker;
    if (!strcmp(words[3], "record"))
        provider->record(&cut->header);
    puts("recorded");
    fflush(stdout);
    return getchar() == EOF ? 0 : 2;
}
