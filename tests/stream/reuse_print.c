/*
 * reuse_print.c - prints the buckets of reuse.h for the pages on standard input, numbers less than the first
 * argument: for tests/test_analysis_memory.py, where numbering places anew matters.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/reuse.h"

int main(int argc, char **argv) {
    struct reuse reuse;
    uint32_t page;

    if (argc != 2)
        return 2;
    reuse_begin(&reuse, (uint32_t)strtoul(argv[1], NULL, 0));
    while (scanf("%" SCNu32, &page) == 1)
        reuse_refer(&reuse, page);
    for (unsigned bucket = 0; bucket < REUSE_BUCKETS; bucket++)
        printf("%" PRIu32 " %" PRIu64 "\n", reuse_bucket_first(bucket), reuse.buckets[bucket]);
    printf("first %" PRIu64 "\n", reuse.first);
    reuse_free(&reuse);
    return 0;
}
