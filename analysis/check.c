/*
 * check.c - see check.h: what comes is given to the parts, and offences are kept.
 */
#include "analysis/check.h"

#include <stdarg.h>
#include <stdlib.h>

static const char *const names[CHECK_RULES + 1] = {
    "",       "time", "address", "branch", "ring",  "fault",  "transfer", "repeat",
    "return", "walk", "fetch",   "access", "bytes", "totals", "records",
};

const char *check_rule_name(unsigned rule) {
    return names[rule];
}

bool check_case(struct check *check, unsigned rule, bool wrong, uint64_t time, uint32_t address, const char *format,
                ...) {
    va_list arguments;

    check->checked[rule]++;
    if (!wrong)
        return false;
    check->offences[rule]++;
    if (check->kept < CHECK_KEPT) {
        struct check_offence *offence = &check->list[check->kept++];

        *offence = (struct check_offence){
            .rule = rule, .time = time, .context = *check->context, .address = address
        };
        va_start(arguments, format);
        vsnprintf(offence->what, sizeof(offence->what), format, arguments);
        va_end(arguments);
    }
    return true;
}

/* Nothing of what was known holds. */
static void forget(struct check *check) {
    check_flow_gap(check);
    check_returns_gap(check);
    check_memory_gap(check);
    check_bytes_gap(check);
    check_counts_gap(check);
}

static void on_run(struct check *check, const struct stream_item *item) {
    if (check->in_gap) /* and not what records in it said */
        forget(check);
    check->in_gap = false;
    check_flow_run(check, item);
    check_memory_run(check, item);
    check_bytes_run(check, item);
    check_counts_run(check, item);
}

void check_item(void *state, const struct context *context, const struct stream_item *item) {
    struct check *check = state;

    check->context = context;
    switch (item->kind) {
    case STREAM_RUN:
        on_run(check, item);
        break;
    case STREAM_TRANSFER:
        check_returns_transfer(check, item);
        check_flow_transfer(check, item);
        break;
    case STREAM_WALK:
        check_memory_walk(check, item);
        check_counts_walk(check, item);
        break;
    case STREAM_ACCESS:
        check_memory_access(check, item);
        check_bytes_access(check, item);
        break;
    case STREAM_GAP:
        check->in_gap = true;
        forget(check);
        break;
    case STREAM_END:
        break;
    }
}

void check_event(void *state, const struct context *context, const struct event *event) {
    struct check *check = state;

    check->context = context;
    check_returns_event(check, event);
    check_memory_event(check, event);
    check_counts_event(check, event);
}

uint64_t check_offences(const struct check *check) {
    uint64_t all = 0;

    for (unsigned rule = 1; rule <= CHECK_RULES; rule++)
        all += check->offences[rule];
    return all;
}

void check_free(struct check *check) {
    free(check->flow.leaves);
    free(check->flow.decoded);
    free(check->returns.places);
    map_free(&check->returns.outer);
    check_memory_free(&check->memory);
    check_bytes_free(&check->bytes);
}
