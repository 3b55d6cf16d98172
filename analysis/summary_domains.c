/*
 * summary_domains.c - the domains of a run in summary.json; see summary.h.
 *
 * From the trace; without one from the status file, as far as it knows. Nobody's numbers are those of the object idle.
 */
#include "analysis/summary.h"

#include <stdio.h>
#include <string.h>

#include "analysis/entry_names.h"
#include "analysis/json.h"

static void put_known(struct json *json, const char *key, bool known, uint64_t value) {
    if (known)
        json_number(json, key, value);
    else
        json_null(json, key);
}

static uint64_t flushes_of(const struct summary *summary, uint32_t domain) {
    const struct tallies *tallies = &summary->flushes->run.groups[2];

    for (uint32_t i = 0; i < tallies->count; i++) {
        if (tallies->list[i].key.domain == domain)
            return tallies->list[i].flushes;
    }
    return 0;
}

/* What the processor did for it. */
static void put_work(struct json *json, const struct summary *summary, uint32_t index) {
    static const struct domain none;
    const struct domain *domain = index < summary->domains->count ? &summary->domains->list[index] : &none;

    json_begin(json, "instructions", '{');
    json_number(json, "total", domain->counts.instructions);
    json_number(json, "ring0", domain->counts.ring0);
    json_number(json, "ring1", domain->counts.ring1);
    json_number(json, "ring3", domain->counts.ring3);
    json_end(json, '}');
    json_number(json, "walks", domain->counts.walks);
    json_number(json, "switches", domain->switches);
    put_known(json, "flushes", !summary->flushes->without_records, flushes_of(summary, index));
    json_number(json, "cr3_loads", domain->cr3_loads);
    json_number(json, "invlpg", domain->invlpg);
}

/* Hypercalls by name, those that it did not make left out. */
static void put_calls(struct json *json, const struct domain *domain, bool unknown) {
    char name[32];

    if (unknown) {
        json_null(json, "hypercalls_by_name");
        return;
    }
    json_begin(json, "hypercalls_by_name", '{');
    for (uint32_t number = 0; number < HYPERCALLS; number++) {
        name_hypercall(number, name, sizeof(name));
        if (domain->calls[number] != 0)
            json_number(json, name, domain->calls[number]);
    }
    json_end(json, '}');
}

static void put_domain(struct json *json, const struct summary *summary, uint32_t index) {
    const struct domain *domain = &summary->domains->list[index];
    char text[32];

    json_begin(json, NULL, '{');
    json_number(json, "id", domain->domid);
    json_text(json, "mode",
              domain->built ? value_title(&trace_enumeration_mode, domain->mode, text, sizeof(text)) : NULL);
    put_known(json, "memory_frames", domain->built, domain->memory_frames);
    if (domain->built)
        json_flag(json, "translated", domain->translated);
    else
        json_null(json, "translated");
    json_text(json, "outcome",
              domain->ended ? value_title(&trace_enumeration_outcome, domain->outcome, text, sizeof(text)) : NULL);
    json_text(json, "reason",
              domain->ended ? value_title(&trace_enumeration_end_reason, domain->reason, text, sizeof(text)) : NULL);
    json_text(json, "text", domain->ended ? domain->text : NULL);
    put_work(json, summary, index);
    json_number(json, "entries", domain->entries);
    json_number(json, "crossings", domain->crossings);
    json_number(json, "exceptions", domain->exceptions);
    put_known(json, "hypercalls", !summary->domains->without_hypercalls, domain->hypercalls);
    put_calls(json, domain, summary->domains->without_hypercalls);
    put_known(json, "upcalls", !summary->domains->without_upcalls, domain->upcalls);
    json_end(json, '}');
}

static const struct json_entry *find(const struct summary *summary, const char *prefix, const char *key) {
    char path[64];

    snprintf(path, sizeof(path), "%s.%s", prefix, key);
    return summary->status ? json_find(summary->status, path) : NULL;
}

static void put_status_number(struct json *json, const struct summary *summary, const char *prefix, const char *key) {
    const struct json_entry *entry = find(summary, prefix, key);

    put_known(json, strrchr(key, '.') ? strrchr(key, '.') + 1 : key, entry && entry->is_number,
              entry ? entry->number : 0);
}

static void put_status_work(struct json *json, const struct summary *summary, const char *prefix) {
    json_begin(json, "instructions", '{');
    put_status_number(json, summary, prefix, "instructions.total");
    put_status_number(json, summary, prefix, "instructions.ring0");
    put_status_number(json, summary, prefix, "instructions.ring1");
    put_status_number(json, summary, prefix, "instructions.ring3");
    json_end(json, '}');
    put_status_number(json, summary, prefix, "walks");
    put_status_number(json, summary, prefix, "switches");
    json_null(json, "flushes");
    json_null(json, "cr3_loads");
    json_null(json, "invlpg");
}

static void put_status_domain(struct json *json, const struct summary *summary, const char *prefix) {
    static const char *const texts[] = { "outcome", "reason", "text" };
    const struct json_entry *mode = find(summary, prefix, "mode");

    json_begin(json, NULL, '{');
    put_status_number(json, summary, prefix, "id");
    json_text(json, "mode", mode && mode->is_text ? mode->text : NULL);
    json_null(json, "memory_frames");
    json_null(json, "translated");
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct json_entry *entry = find(summary, prefix, texts[i]);

        json_text(json, texts[i], entry && entry->is_text ? entry->text : NULL);
    }
    put_status_work(json, summary, prefix);
    json_null(json, "entries");
    json_null(json, "crossings");
    json_null(json, "exceptions");
    json_null(json, "hypercalls");
    json_null(json, "hypercalls_by_name");
    json_null(json, "upcalls");
    json_end(json, '}');
}

static void put_from_status(struct json *json, const struct summary *summary) {
    char prefix[24];

    json_begin(json, "domains", '[');
    for (unsigned i = 0; snprintf(prefix, sizeof(prefix), "domains.%u", i), find(summary, prefix, "id"); i++)
        put_status_domain(json, summary, prefix);
    json_end(json, ']');
    json_begin(json, "idle", '{');
    put_status_work(json, summary, "idle");
    json_end(json, '}');
}

void put_domains(struct json *json, const struct summary *summary) {
    if (!summary->has_trace) {
        put_from_status(json, summary);
        return;
    }
    json_begin(json, "domains", '[');
    for (uint32_t i = 1; i < summary->domains->count; i++)
        put_domain(json, summary, i);
    json_end(json, ']');
    json_begin(json, "idle", '{');
    put_work(json, summary, NOBODY);
    json_end(json, '}');
}
