/*
 * end.c - every way a run can end, and the status file; see agent.h.
 *
 *   the machine writes its outcome to the exit port       that outcome
 *   SIGTERM, SIGINT                                       timeout, interrupted
 *   Bochs exits by itself (panic of the emulator)         error
 *   triple fault, reset                                   panic
 *   the console said the text PENUMBRA_UNTIL              success
 *   the trace's disk is nearly full                       error
 * SIGKILL leaves no status file; the trace can be read up to there all the same.
 *
 * Rules: a run that says success or skip but lost records or broke the oracle's rules ends with that outcome instead. The status
 * file appears whole or not at all. The exit status of the process is the outcome.
 * A thread of its own waits for signals. It asks the emulator's thread to end the run between two instructions, and ends it
 * itself when no instruction comes (a halted machine). The same thread looks how much room the trace's disk has: what has been recorded can
 * only be completed while there is some, for nothing moves any more once LTTng cannot write.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "trace/agent/agent.h"
#include "trace/agent/stream.h"

#define PATIENCE_NSEC 500000000
#define LOOK_NSEC 100000000 /* between two looks at the disk */
#define MIB (1u << 20)
#define RESERVE_MIB 32u /* to be left free; the buffers of a session are 6 MiB */

static const char *status_path;
static const char *trace_directory; /* null: nothing is written */
static uint64_t reserve = RESERVE_MIB;
static volatile uint32_t asked; /* outcome that a signal or the disk asks for; 0: none */
static pthread_mutex_t ending = PTHREAD_MUTEX_INITIALIZER;

static const char *outcome_name(uint32_t outcome) {
    const char *name = trace_value_name(&trace_enumeration_outcome, outcome);

    return name ? name : "unknown";
}

static void print_status(FILE *to, uint32_t outcome, uint32_t reported, const char *why) {
    struct totals totals = count_since_domain();
    struct handover_counts counts = handover_counts();
    struct oracle_counts oracle = oracle_counts();

    fprintf(to, "{\n  \"outcome\": \"%s\",\n  \"reported\": \"%s\",\n  \"text\": \"%s\",\n", outcome_name(outcome),
            outcome_name(reported), why);
    fprintf(to, "  \"instructions\": {\"total\": %llu, \"ring0\": %llu, \"ring1\": %llu, \"ring2\": %llu, \"ring3\": %llu},\n",
            (unsigned long long)totals.instructions, (unsigned long long)totals.ring[0], (unsigned long long)totals.ring[1],
            (unsigned long long)totals.ring[2], (unsigned long long)totals.ring[3]);
    fprintf(to, "  \"walks\": %llu,\n  \"oracle\": {\"checks\": %llu, \"violations\": %llu, \"unchecked\": %llu},\n",
            (unsigned long long)totals.walks, (unsigned long long)oracle.checks, (unsigned long long)oracle.violations,
            (unsigned long long)oracle.unchecked);
    shares_print(to);
    fprintf(to, "  \"records\": %llu,\n  \"lost\": %llu,\n  \"bad\": %llu,\n  \"clock\": %llu\n}\n",
            (unsigned long long)counts.records, (unsigned long long)counts.lost, (unsigned long long)counts.bad,
            (unsigned long long)count_now());
}

static void write_status(uint32_t outcome, uint32_t reported, const char *why) {
    char temporary[4096];
    FILE *file;

    if (!status_path)
        return;
    if ((size_t)snprintf(temporary, sizeof(temporary), "%s.part", status_path) >= sizeof(temporary)) {
        fprintf(stderr, "agent: the name of the status file is too long: %s\n", status_path);
        return;
    }
    file = fopen(temporary, "w");
    if (!file) {
        fprintf(stderr, "agent: cannot write the status file %s: %s\n", temporary, strerror(errno));
        return;
    }
    print_status(file, outcome, reported, why);
    if (fclose(file) || rename(temporary, status_path))
        fprintf(stderr, "agent: cannot write the status file %s: %s\n", status_path, strerror(errno));
}

/* The outcome of the run as a whole, given what the machine or the circumstances say. */
static uint32_t judge(uint32_t reported, const char **why) {
    struct handover_counts counts = handover_counts();

    if (reported != TRACE_OUTCOME_success && reported != TRACE_OUTCOME_skip)
        return reported;
    if (oracle_counts().violations) {
        *why = "the processor used or mapped a frame that it must not";
        return TRACE_OUTCOME_violation;
    }
    if (counts.lost || counts.bad) {
        *why = "records were lost or were not records";
        return TRACE_OUTCOME_lost;
    }
    return reported;
}

_Noreturn void end_because(uint32_t reported, const char *why) {
    struct handover_counts counts = handover_counts();
    uint32_t outcome;

    pthread_mutex_lock(&ending); /* never released: only one thread ends the run */
    outcome = judge(reported, &why);
    if (*why)
        fprintf(stderr, "agent: the run ends: %s\n", why);
    console_flush();
    stream_finish();
    if (provider) {
        struct totals totals = count_since_recording();

        provider->counters(&totals, oracle_counts().checks);
        provider->end(outcome, counts.records, counts.lost + counts.bad);
    }
    write_status(outcome, reported, why);
    fflush(NULL);
    _exit((int)outcome);
}

_Noreturn void end_outcome(uint32_t outcome) {
    if (!trace_value_name(&trace_enumeration_outcome, outcome))
        end_because(TRACE_OUTCOME_error, "the machine wrote an unknown outcome to the exit port");
    end_because(outcome, "");
}

/* MiB that are free where the trace is written; UINT64_MAX: nobody can say. */
static uint64_t free_mib(void) {
    struct statvfs disk;

    if (!trace_directory || statvfs(trace_directory, &disk))
        return UINT64_MAX;
    return (uint64_t)disk.f_bavail * disk.f_frsize / MIB;
}

bool end_disk_has_room(void) {
    return free_mib() >= reserve;
}

static _Noreturn void end_as_asked(void) {
    static char full[160];

    snprintf(full, sizeof(full), "the disk that the trace is written to is full: %llu MiB are free, and %llu must be for completing it",
             (unsigned long long)free_mib(), (unsigned long long)reserve);
    end_because(asked, asked == TRACE_OUTCOME_timeout ? "terminated from outside (SIGTERM)"
                       : asked == TRACE_OUTCOME_interrupted ? "interrupted (SIGINT)" : full);
}

void end_if_asked(void) {
    if (asked)
        end_as_asked();
}

static void *wait_for_signals(void *unused) {
    struct timespec patience = { .tv_nsec = PATIENCE_NSEC }, look = { .tv_nsec = LOOK_NSEC };
    sigset_t signals;
    int number;

    (void)unused;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    do
        number = sigtimedwait(&signals, NULL, &look);
    while (number < 0 && end_disk_has_room());
    asked = number == SIGTERM ? TRACE_OUTCOME_timeout : number == SIGINT ? TRACE_OUTCOME_interrupted : TRACE_OUTCOME_error;
    count_attend_soon();
    nanosleep(&patience, NULL);
    end_as_asked();
}

void end_watch_disk(const char *directory, const char *reserved) {
    trace_directory = directory;
    if (reserved)
        reserve = strtoull(reserved, NULL, 10);
}

_Noreturn void end_of_bochs(void) {
    end_because(TRACE_OUTCOME_error, "Bochs ended by itself; its log says why");
}

/*
 * In front of the C library's: the exit handlers that Bochs has registered take its objects down while its own threads still use
 * them, and would come before ours.
 */
__attribute__((visibility("default"))) _Noreturn void exit(int status) {
    (void)status;
    end_of_bochs();
}

void end_prepare(const char *path) {
    pthread_t thread;
    sigset_t signals;

    status_path = path;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    /* before any other thread exists: all of them inherit it, and the emulator's own handlers stay unused */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&thread, NULL, wait_for_signals, NULL) || atexit(end_of_bochs))
        agent_refuse("cannot start the signal thread");
    pthread_detach(thread);
}
