/*
 * modes_json.c - paging modes as JSON; see modes_print.h.
 */
#include "analysis/json.h"
#include "analysis/modes_print.h"

static void put_samples(struct json *json, const char *key, const struct samples *samples) {
    json_begin(json, key, '{');
    json_number(json, "total", samples->sum);
    json_number(json, "least", samples_at(samples, 0));
    json_number(json, "median", samples_at(samples, 50));
    json_number(json, "most", samples_at(samples, 100));
    json_end(json, '}');
}

static void put_switches(struct json *json, const struct switches *switches) {
    char text[64];

    json_begin(json, "switches", '[');
    for (uint32_t i = 0; i < switches->count; i++) {
        const struct switch_kind *kind = &switches->kinds[i];

        json_begin(json, NULL, '{');
        json_text(json, "from", value_title(&trace_enumeration_mode, kind->from, text, sizeof(text)));
        json_text(json, "to", value_title(&trace_enumeration_mode, kind->to, text, sizeof(text)));
        json_number(json, "count", kind->instructions.count);
        put_samples(json, "instructions", &kind->instructions);
        put_samples(json, "walks", &kind->walks);
        json_number(json, "refused", kind->refused.count);
        put_samples(json, "refused_instructions", &kind->refused);
        json_end(json, '}');
    }
    json_end(json, ']');
}

/* How often each value of an enumeration occurred; values that did not are left out. */
static void put_counts(struct json *json, const char *key, const struct groups *groups,
                       const struct trace_enumeration *names) {
    char text[64];

    json_begin(json, key, '{');
    for (uint32_t i = 0; i < groups->count; i++)
        json_number(json, value_title(names, groups->list[i].value, text, sizeof(text)),
                    groups->list[i].samples.count);
    json_end(json, '}');
}

static void put_reconnects(struct json *json, const struct groups *reconnects) {
    char text[64];

    json_begin(json, "reconnects", '[');
    for (uint32_t i = 0; i < reconnects->count; i++) {
        const struct group *group = &reconnects->list[i];

        json_begin(json, NULL, '{');
        json_text(json, "why", value_title(&trace_enumeration_reconnect, group->value, text, sizeof(text)));
        json_number(json, "count", group->samples.count);
        put_samples(json, "changed", &group->samples);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void put_declined(struct json *json, const struct groups *declined) {
    char text[12];

    json_begin(json, "fallback_instructions", '{');
    for (uint32_t i = 0; i < declined->count; i++)
        json_number(json, code_title(declined->list[i].value, text), declined->list[i].samples.count);
    json_end(json, '}');
}

void print_modes_json(FILE *to, const struct modes *modes) {
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    put_switches(&json, &modes->switches);
    put_counts(&json, "refused_switches", &modes->switches.reasons, &trace_enumeration_refusal);
    put_counts(&json, "table_types", &modes->tables.types, &trace_enumeration_table_type);
    if (modes->tables.without_records) {
        json_null(&json, "disconnects");
        json_null(&json, "reconnects");
        json_null(&json, "refused_requests");
    } else {
        json_number(&json, "disconnects", modes->tables.disconnects);
        put_reconnects(&json, &modes->tables.reconnects);
        put_counts(&json, "refused_requests", &modes->tables.refusals, &trace_enumeration_refusal);
    }
    if (modes->tables.without_fallbacks) {
        json_null(&json, "fallbacks");
        json_null(&json, "fallback_instructions");
    } else {
        put_counts(&json, "fallbacks", &modes->tables.fallbacks, &trace_enumeration_fallback);
        put_declined(&json, &modes->tables.declined);
    }
    json_end(&json, '}');
}
