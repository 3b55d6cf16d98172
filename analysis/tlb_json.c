/*
 * tlb_json.c - flush statistics as JSON; the keys are described in docs/analysis.md.
 */
#include "analysis/json.h"
#include "analysis/print.h"

static void put_numbers(struct json *json, const struct tally *tally) {
    char text[32];

    json_number(json, "calls", tally->calls);
    json_number(json, "flushes", tally->flushes);
    json_begin(json, "by_means", '{');
    for (unsigned means = 1; means < MEANS_COUNT; means++)
        json_number(json, means_title(means, text, sizeof(text)), tally->by_means[means]);
    json_end(json, '}');
    json_number(json, "elided", tally->elided);
    json_number(json, "whole", tally->whole);
    json_number(json, "pages", tally->pages);
    json_number(json, "walks", tally->walks);
    json_begin(json, "since", '{');
    json_number(json, "min", tally_since(tally, 0));
    json_number(json, "median", tally_since(tally, 50));
    json_number(json, "max", tally_since(tally, 100));
    json_end(json, '}');
}

static void put_phase(struct json *json, const char *name, const struct flush_phase *phase,
                      const struct processes *processes) {
    static const struct tally none;
    char text[64];

    json_begin(json, name, '{');
    json_number(json, "first_instruction", phase->first_time);
    json_number(json, "last_instruction", phase->last_time);
    json_number(json, "walks", phase->walks);
    json_number(json, "walks_before_first_flush", phase->walks_before);
    json_begin(json, "total", '{');
    put_numbers(json, phase->total.count ? &phase->total.list[0] : &none);
    json_end(json, '}');
    json_begin(json, "groups", '[');
    for (uint32_t i = 0; i < phase->groups[0].count; i++) {
        const struct tally *tally = &phase->groups[0].list[i];

        json_begin(json, NULL, '{');
        for (unsigned d = 0; d < 4; d++) {
            if (phase->groups[0].dimensions & dimension_names[d].dimension)
                json_text(json, dimension_names[d].name,
                          tally_title(tally, dimension_names[d].dimension, processes, text, sizeof(text)));
        }
        put_numbers(json, tally);
        json_end(json, '}');
    }
    json_end(json, ']');
    json_end(json, '}');
}

static void put_offence(struct json *json, const struct offence *first) {
    char text[32];

    if (!first->what) {
        json_null(json, "first_unexplained");
        return;
    }
    json_begin(json, "first_unexplained", '{');
    json_text(json, "what", first->what);
    if (first->has_record) {
        json_begin(json, "record", '{');
        json_number(json, "instruction", first->record.time);
        json_number(json, "domid", first->record.domid);
        json_text(json, "cause", cause_title(first->record.cause, text, sizeof(text)));
        json_text(json, "means", means_title(first->record.means, text, sizeof(text)));
        json_number(json, "value", first->record.value);
        json_end(json, '}');
    }
    if (first->has_control) {
        json_begin(json, "processor", '{');
        json_number(json, "instruction", first->control.time);
        json_text(json, "means", means_title(first->control.means, text, sizeof(text)));
        json_number(json, "value", first->control.value);
        json_number(json, "eip", first->control.eip);
        json_end(json, '}');
    }
    json_end(json, '}');
}

void print_json(FILE *to, const struct flushes *flushes) {
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    put_phase(&json, "boot", &flushes->boot, flushes->processes);
    put_phase(&json, "run", &flushes->run, flushes->processes);
    json_number(&json, "reconciled", flushes->reconciled);
    json_number(&json, "unchanged", flushes->unchanged);
    json_number(&json, "unexplained", flushes->unexplained);
    put_offence(&json, &flushes->first);
    json_end(&json, '}');
}
