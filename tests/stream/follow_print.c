/*
 * follow_print.c - prints what follow.h hands out, a line an item or record: for tests/test_analysis_follow.py.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/follow.h"

static void print_context(const struct context *context) {
    printf(" | d%x.%u process %u ring %u cr3 %x\n", context->domid, context->vcpu, context->process, context->ring,
           context->cr3);
}

static void on_item(void *state, const struct context *context, const struct stream_item *item) {
    static const char *const names[] = { "end", "run", "transfer", "walk", "access", "gap" };

    (void)state;
    printf("%" PRIu64 " %s", item->time, names[item->kind]);
    if (item->kind == STREAM_RUN)
        printf(" %u+%u x%u%s", item->run.first, item->run.count, item->run.passes, item->run.faulted ? " faulted" : "");
    print_context(context);
}

static void on_event(void *state, const struct context *context, const struct event *event) {
    (void)state;
    printf("%" PRIu64 " %s", event->time, event->what->name);
    print_context(context);
}

int main(int argc, char **argv) {
    struct follow follow = { .item = on_item, .event = on_event };

    if (argc != 4)
        return STATUS_USAGE;
    enum reader_status status = follow_trace(&follow, argv[1], strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));

    follow_print_report(argv[1], &follow);
    follow_free(&follow);
    return (int)status;
}
