/*
 * crash.c - Bochs crashes: the records up to there are delivered all the same; see agent.h.
 *
 * Rules: it may have been anywhere, in LTTng or in the C library too, with their locks held. So this is tried once and for
 * a few seconds; when it fails the process dies of what it would have died of. Not until the agent's other parts are ready.
 * Callers: main.c.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trace/agent/agent.h"

#define SECONDS 5
#define STACK_BYTES (256u << 10)

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static volatile sig_atomic_t crashed_by;

static void give_up(int unused) {
    (void)unused;
    kill(getpid(), crashed_by); /* its handler is the system's again */
}

static void crash(int number) {
    static char why[64];

    crashed_by = number;
    signal(SIGALRM, give_up);
    alarm(SECONDS);
    snprintf(why, sizeof(why), "Bochs crashed (SIG%s)", sigabbrev_np(number));
    end_because(TRACE_OUTCOME_error, why);
}

void crash_prepare(void) {
    static uint8_t stack[STACK_BYTES]; /* its own may be what is full */
    stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction action = { .sa_handler = crash, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND) };

    sigaltstack(&other, NULL);
    sigemptyset(&action.sa_mask);
    for (uint32_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}
