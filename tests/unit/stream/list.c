/*
 * list.c - prints the items of an instruction stream, one a line, for tests that compare them.
 *
 * Arguments: the trace directory; the first instruction, and the one behind the last (default: all).
 *   run TIME RING FIRST-ADDRESS COUNT PASSES ITERATIONS FAULTED ACCESSES    instructions
 *   i TIME ADDRESS                                                          each of them, a repeated one as often as it began
 *   walk TIME ADDRESS USE USER FILLED SET ENTRY=VALUE...                TLB fills and page faults
 *   access TIME KIND ADDRESS PHYSICAL BYTES
 *   transfer TIME KIND VECTOR FROM TO, gap TIME UNTIL ASKED
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/stream.h"

static void print_run(uint64_t time, const struct stream_run *run) {
    uint32_t address = run->code->address;

    for (uint32_t i = 0; i < run->first; i++)
        address += run->code->lengths[i];
    printf("run %" PRIu64 " %u %#x %u %u %" PRIu64 " %d %d\n", time, run->ring, address, run->count, run->passes, run->iterations,
           run->faulted, run->accesses);
    for (uint32_t i = 0; i < run->count + run->passes - 1; i++) {
        printf("i %" PRIu64 " %#x\n", time + i, address);
        if (i + 1 < run->count)
            address += run->code->lengths[run->first + i];
    }
}

static void print_walk(uint64_t time, const struct stream_walk *walk) {
    printf("walk %" PRIu64 " %#x %d %d %d %u", time, walk->address, walk->use, walk->user, walk->filled, walk->set);
    for (uint32_t i = 0; i < walk->levels; i++)
        printf(" %#x=%#" PRIx64, walk->entry[i], walk->value[i]);
    printf("\n");
}

int main(int argc, char **argv) {
    char why[400];
    uint64_t from = argc > 2 ? strtoull(argv[2], NULL, 0) : 0, until = argc > 3 ? strtoull(argv[3], NULL, 0) : UINT64_MAX;
    struct stream *stream = argc > 1 ? stream_open(argv[1], from, until, why, sizeof(why)) : NULL;
    const struct stream_item *item;

    if (!stream)
        return fprintf(stderr, "%s\n", argc > 1 ? why : "which trace?"), 2;
    while ((item = stream_next(stream))->kind != STREAM_END) {
        const struct stream_access *access = &item->access;

        if (item->kind == STREAM_RUN)
            print_run(item->time, &item->run);
        else if (item->kind == STREAM_WALK)
            print_walk(item->time, &item->walk);
        else if (item->kind == STREAM_ACCESS)
            printf("access %" PRIu64 " %d %#x %#x %u\n", item->time, access->kind, access->address, access->physical, access->bytes);
        else if (item->kind == STREAM_TRANSFER)
            printf("transfer %" PRIu64 " %d %u %u %u\n", item->time, item->transfer.kind, item->transfer.vector,
                   item->transfer.from_ring, item->transfer.to_ring);
        else
            printf("gap %" PRIu64 " %" PRIu64 " %d\n", item->time, item->gap.until, item->gap.asked);
    }
    fprintf(stderr, "%s", stream_damage(stream));
    stream_close(stream);
    return 0;
}
