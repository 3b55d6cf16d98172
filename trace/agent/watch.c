/*
 * watch.c - a thread beside the emulator's, for runs that must end and do not do it by themselves; see agent.h.
 *
 *   SIGTERM, SIGINT                            timeout, interrupted
 *   the disk of the trace is nearly full       error
 *   LTTng takes no more records                error
 *
 * Rules: the emulator's thread is asked to end the run between two instructions; when no instruction comes (a halted
 * machine), another thread ends it. Watching goes on meanwhile: once LTTng could not write, nobody empties its buffer
 * any more, and a tracepoint that finds it full never comes back. Then the process ends without another one.
 * What completing a run needs on the disk is set aside from the beginning, in a file without a name, so that others
 * cannot take it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "trace/agent/agent.h"

#define MIB (1u << 20)
#define RESERVE_MIB 32u
#define LOW_MIB 8u          /* the buffers of a session are 6 MiB */
#define LOOK_NSEC 100000000 /* between two looks */
/* In looks: what the emulator's thread is given to end the run; what a tracepoint is, in general and at the end. */
#define PATIENCE 5
#define STUCK 200
#define STUCK_AT_END 50

static const char *trace_directory; /* null: nothing is written */
static uint64_t reserve = RESERVE_MIB;
static int set_aside = -1;
static bool crowded;                /* the reserve could not be set aside */
static volatile uint32_t asked;     /* outcome that a signal or the disk asks for; 0: none */

/* MiB that are free where the trace is written; UINT64_MAX: nobody can say. */
static uint64_t free_mib(void) {
    struct statvfs disk;

    if (!trace_directory || statvfs(trace_directory, &disk))
        return UINT64_MAX;
    return (uint64_t)disk.f_bavail * disk.f_frsize / MIB;
}

static void set_room_aside(void) {
    char path[4096];

    crowded = free_mib() < reserve;
    if (crowded || (size_t)snprintf(path, sizeof(path), "%s/reserve-XXXXXX", trace_directory) >= sizeof(path))
        return;
    set_aside = mkostemp(path, O_CLOEXEC);
    if (set_aside < 0)
        return;
    unlink(path);
    crowded = posix_fallocate(set_aside, 0, (off_t)(reserve * MIB)) == ENOSPC;
}

void watch_give_back(void) {
    if (set_aside >= 0)
        close(set_aside);
    set_aside = -1;
}

bool watch_disk_has_room(void) {
    return !crowded && free_mib() >= LOW_MIB;
}

void watch_describe(const char *directory, const char *reserved) {
    trace_directory = directory;
    if (reserved)
        reserve = strtoull(reserved, NULL, 10);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is no reason to die: the reserve is not needed then */
    if (directory)
        set_room_aside();
}

static const char *reason(void) {
    static char full[160];

    if (asked == TRACE_OUTCOME_timeout)
        return "terminated from outside (SIGTERM)";
    if (asked == TRACE_OUTCOME_interrupted)
        return "interrupted (SIGINT)";
    snprintf(full, sizeof(full),
             "the disk that the trace is written to is full: %llu MiB are free%s %llu for completing it",
             (unsigned long long)free_mib(), crowded ? ", which is less than" : " beside", (unsigned long long)reserve);
    return full;
}

static _Noreturn void *end_as_asked(void *unused) {
    (void)unused;
    end_because(asked, reason());
}

void watch_end_if_asked(void) {
    if (asked)
        end_as_asked(NULL);
}

/* A tracepoint has not come back for so many looks. */
static void end_stuck(uint32_t looks) {
    if (looks >= STUCK_AT_END && !watch_disk_has_room())
        asked = TRACE_OUTCOME_error;
    if (looks < (asked ? STUCK_AT_END : STUCK))
        return;
    end_without_trace(asked ? asked : TRACE_OUTCOME_error,
                      asked ? reason() : "LTTng takes no more records: it cannot write the trace, or has ended");
}

static _Noreturn void *watch(void *unused) {
    struct timespec look = { .tv_nsec = LOOK_NSEC };
    uint32_t before = 0, looks = 0, patience = PATIENCE;
    pthread_t ending;
    sigset_t signals;

    (void)unused;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    for (;;) {
        int number = sigtimedwait(&signals, NULL, &look);
        uint32_t begun = provider ? *provider->begun : 0, over = provider ? *provider->over : 0;

        looks = begun != over && begun == before ? looks + 1 : 0;
        before = begun;
        end_stuck(looks);
        if (!asked && (number > 0 || !watch_disk_has_room())) {
            asked = number == SIGTERM ? TRACE_OUTCOME_timeout
                  : number == SIGINT ? TRACE_OUTCOME_interrupted : TRACE_OUTCOME_error;
            count_attend_soon();
        } else if (asked && patience > 0 && looks == 0 && --patience == 0) {
            pthread_create(&ending, NULL, end_as_asked, NULL);
        }
    }
}

void watch_start(void) {
    pthread_t thread;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    /* before any other thread exists: all of them inherit it, and the emulator's own handlers stay unused */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&thread, NULL, watch, NULL))
        agent_refuse("cannot start the watching thread");
    pthread_detach(thread);
}
