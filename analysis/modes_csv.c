/*
 * modes_csv.c - paging modes as comma-separated values, one line a group; see modes_print.h.
 *
 * Rules: the first column says what the line is about; a column that has no meaning there is empty.
 */
#include <inttypes.h>

#include "analysis/modes_print.h"

static void put_count(FILE *to, const char *about, const char *name, uint64_t count) {
    fprintf(to, "%s,%s,%" PRIu64 ",,,,,\n", about, name, count);
}

/* walks: null where they have no meaning. */
static void put_samples(FILE *to, const char *about, const char *name, const struct samples *samples,
                        const struct samples *walks) {
    fprintf(to, "%s,%s,%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", about, name, samples->count, samples->sum,
            samples_at(samples, 0), samples_at(samples, 50), samples_at(samples, 100));
    if (walks)
        fprintf(to, "%" PRIu64, walks->sum);
    fputc('\n', to);
}

static void put_groups(FILE *to, const char *about, const struct groups *groups, const struct trace_enumeration *names,
                       bool with_samples) {
    char text[64];

    for (uint32_t i = 0; i < groups->count; i++) {
        const char *name = value_title(names, groups->list[i].value, text, sizeof(text));

        if (with_samples)
            put_samples(to, about, name, &groups->list[i].samples, NULL);
        else
            put_count(to, about, name, groups->list[i].samples.count);
    }
}

void print_modes_csv(FILE *to, const struct modes *modes) {
    const struct switches *switches = &modes->switches;
    const struct tables *tables = &modes->tables;
    char text[80];

    fputs("about,name,count,total,least,median,most,walks\n", to);
    for (uint32_t i = 0; i < switches->count; i++) {
        const struct switch_kind *kind = &switches->kinds[i];

        switch_title(kind, text, sizeof(text));
        if (kind->instructions.count)
            put_samples(to, "switch", text, &kind->instructions, &kind->walks);
        if (kind->refused.count)
            put_samples(to, "refused_switch", text, &kind->refused, NULL);
    }
    put_groups(to, "refused_switch_reason", &switches->reasons, &trace_enumeration_refusal, false);
    put_groups(to, "table_type", &tables->types, &trace_enumeration_table_type, false);
    if (tables->disconnects)
        put_count(to, "disconnect", "", tables->disconnects);
    put_groups(to, "reconnect", &tables->reconnects, &trace_enumeration_reconnect, true);
    put_groups(to, "refused_request_reason", &tables->refusals, &trace_enumeration_refusal, false);
    put_groups(to, "fallback", &tables->fallbacks, &trace_enumeration_fallback, false);
    for (uint32_t i = 0; i < tables->declined.count; i++)
        put_count(to, "fallback_instruction", code_title(tables->declined.list[i].value, text),
                  tables->declined.list[i].samples.count);
}
