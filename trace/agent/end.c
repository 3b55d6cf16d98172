/*
 * end.c - every way a run can end, and the status file; see agent.h.
 *
 *   the machine writes its outcome to the exit port       that outcome
 *   what watch.c sees                                     timeout, interrupted, error
 *   Bochs exits by itself (panic of the emulator)         error
 *   triple fault, reset                                   panic
 *   CR4.PAE                                               error
 *   the console said the text PENUMBRA_UNTIL              success
 * SIGKILL leaves no status file; the trace can be read up to there all the same.
 *
 * Rules: a run that says success or skip but lost records or broke the oracle's rules ends with that outcome instead. The status
 * file appears whole or not at all. The exit status of the process is the outcome.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/agent/agent.h"
#include "trace/agent/stream.h"

static const char *status_path;
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
    if (window_is_chosen())
        fprintf(to, "  \"recorded\": %llu,\n", (unsigned long long)stream_recorded());
    if (flight_packet_instructions())
        fprintf(to, "  \"flight_event\": %s,\n", flight_waits() ? "false" : "true");
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
    watch_give_back();
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

_Noreturn void end_without_trace(uint32_t reported, const char *why) {
    watch_give_back();
    fprintf(stderr, "agent: the run ends: %s\n", why);
    console_flush();
    write_status(reported, reported, why);
    fflush(NULL);
    _exit((int)reported);
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
    status_path = path;
    if (atexit(end_of_bochs))
        agent_refuse("cannot take over the end of the process");
}
