/*
 * csv.c - flush statistics as comma-separated values: one line a group and phase, a heading first.
 *
 * Rules: no group is left out; a text with a comma or a quote is quoted (RFC 4180).
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/print.h"

static void put_text(FILE *to, const char *text) {
    if (!strpbrk(text, ",\"\n")) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++)
        fprintf(to, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', to);
}

static void put_group(FILE *to, const char *phase, const struct tallies *tallies, const struct tally *tally,
                      const struct processes *processes) {
    char text[64];

    fputs(phase, to);
    for (unsigned i = 0; i < 4; i++) {
        if (!(tallies->dimensions & dimension_names[i].dimension))
            continue;
        fputc(',', to);
        put_text(to, tally_title(tally, dimension_names[i].dimension, processes, text, sizeof(text)));
    }
    fprintf(to, ",%" PRIu64 ",%" PRIu64, tally->calls, tally->flushes);
    for (unsigned means = 1; means < MEANS_COUNT; means++)
        fprintf(to, ",%" PRIu64, tally->by_means[means]);
    fprintf(to, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", tally->elided,
            tally->whole, tally->pages, tally->walks, tally_since(tally, 0), tally_since(tally, 50),
            tally_since(tally, 100));
}

static void put_phase(FILE *to, const char *name, const struct flush_phase *phase, const struct processes *processes) {
    for (uint32_t i = 0; i < phase->groups[0].count; i++)
        put_group(to, name, &phase->groups[0], &phase->groups[0].list[i], processes);
}

void print_csv(FILE *to, const struct flushes *flushes) {
    char text[32];

    fputs("phase", to);
    for (unsigned i = 0; i < 4; i++) {
        if (flushes->groupings[0] & dimension_names[i].dimension)
            fprintf(to, ",%s", dimension_names[i].name);
    }
    fputs(",calls,flushes", to);
    for (unsigned means = 1; means < MEANS_COUNT; means++)
        fprintf(to, ",%s", means_title(means, text, sizeof(text)));
    fputs(",elided,whole,pages,walks,since_min,since_median,since_max\n", to);
    put_phase(to, "boot", &flushes->boot, flushes->processes);
    put_phase(to, "run", &flushes->run, flushes->processes);
}
