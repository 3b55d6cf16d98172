/*
 * timeline_points.c - records as points: which lane each belongs to, and which fields are name, detail and value.
 *
 * Callers: analysis/timeline.c.
 */
#include "analysis/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/samples.h"
#include "analysis/text.h"

/* Null: of name, what the record is called; of the others, nothing. A name that is 0 gives way to `otherwise`. */
struct point_rule {
    uint32_t id;
    enum timeline_lane lane;
    const char *name, *detail, *value, *otherwise;
};

static const struct point_rule rules[] = {
    { TRACE_ID_shadow_fault, LANE_SHADOW_FAULT, "path", NULL, "linear", NULL },
    { TRACE_ID_pv_page_fault, LANE_GUEST_FAULT, NULL, NULL, "linear", NULL },
    { TRACE_ID_pv_trap, LANE_GUEST_FAULT, NULL, "vector", NULL, NULL },
    { TRACE_ID_pv_failsafe, LANE_GUEST_FAULT, NULL, NULL, NULL, NULL },
    { TRACE_ID_pv_event, LANE_UPCALL, NULL, NULL, "eip", NULL },
    { TRACE_ID_pv_emulate_privop, LANE_PRIVOP, "what", NULL, "eip", NULL },
    { TRACE_ID_pv_emulate_4gb, LANE_PRIVOP, NULL, NULL, "eip", NULL },
    { TRACE_ID_pv_math_state_restore, LANE_PRIVOP, NULL, NULL, NULL, NULL },
    { TRACE_ID_flush, LANE_FLUSH, "label", "means", "value", "cause" },
    { TRACE_ID_shadow_guest_write, LANE_PTE_WRITE, "via", NULL, "table_mfn", NULL },
    { TRACE_ID_shadow_writeback, LANE_PTE_WRITE, NULL, NULL, "table_mfn", NULL },
    { TRACE_ID_shadow_unsync, LANE_PAGE_TABLE, NULL, NULL, "table_mfn", NULL },
    { TRACE_ID_shadow_resync, LANE_PAGE_TABLE, NULL, NULL, "table_mfn", NULL },
    { TRACE_ID_shadow_fallback, LANE_PAGE_TABLE, NULL, "reason", "table_mfn", NULL },
    { TRACE_ID_shadow_make, LANE_PAGE_TABLE, NULL, "kind", "guest_mfn", NULL },
    { TRACE_ID_shadow_free, LANE_PAGE_TABLE, NULL, "reason", "guest_mfn", NULL },
    { TRACE_ID_table_type, LANE_PAGE_TABLE, NULL, "type", "mfn", NULL },
    { TRACE_ID_writable_disconnect, LANE_PAGE_TABLE, NULL, NULL, "table_mfn", NULL },
    { TRACE_ID_writable_reconnect, LANE_PAGE_TABLE, NULL, "why", "table_mfn", NULL },
    { TRACE_ID_mmu_refused, LANE_PAGE_TABLE, NULL, "reason", "table_mfn", NULL },
    { TRACE_ID_sched_wake, LANE_SCHED, NULL, NULL, NULL, NULL },
    { TRACE_ID_sched_sleep, LANE_SCHED, NULL, NULL, NULL, NULL },
    { TRACE_ID_sched_block, LANE_SCHED, NULL, NULL, NULL, NULL },
    { TRACE_ID_sched_yield, LANE_SCHED, NULL, NULL, NULL, NULL },
    { TRACE_ID_sched_shutdown, LANE_SCHED, NULL, "code", NULL, NULL },
    { TRACE_ID_marker, LANE_MARKER, "kind", "text", "a", NULL },
    { TRACE_ID_hw_violation, LANE_TROUBLE, NULL, "rule", "mfn", NULL },
    { TRACE_ID_audit_violation, LANE_TROUBLE, NULL, "rule", "mfn", NULL },
    { TRACE_ID_lost_records, LANE_TROUBLE, NULL, "count", NULL, NULL },
    { TRACE_ID_panic, LANE_TROUBLE, NULL, "text", NULL, NULL },
};

static const struct trace_field *field_of(const struct event *event, const char *name) {
    for (uint32_t i = 0; name && i < event->what->field_count; i++) {
        if (!strcmp(event->what->fields[i].name, name))
            return &event->what->fields[i];
    }
    return NULL;
}

static uint32_t word_of(const struct event *event, const struct trace_field *field) {
    uint32_t word = 0;

    if (field)
        memcpy(&word, event->bytes + field->offset, sizeof(word));
    return word;
}

static void put_flags(const struct trace_enumeration *names, uint32_t value, char *text, size_t size) {
    const char *between = "";
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < names->count && used < size; i++) {
        if (!(value & names->values[i].value))
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", between, names->values[i].name);
        between = "|";
        value &= ~names->values[i].value;
    }
    if ((value || !*between) && used < size)
        snprintf(text + used, size - used, "%s0x%x", between, value);
}

/* The field in words: "fill_l1|set_accessed", "invlpg", "vector 13". */
static const char *words_of(const struct event *event, const struct trace_field *field, char *text, size_t size) {
    uint32_t word = word_of(event, field);

    if (field->kind == TRACE_FIELD_text)
        take_text(text, size, (const char *)event->bytes + field->offset, field->bytes);
    else if (field->kind == TRACE_FIELD_flags)
        put_flags(field->enumeration, word, text, size);
    else if (field->kind == TRACE_FIELD_enum)
        value_title(field->enumeration, word, text, size);
    else
        snprintf(text, size, "%s %" PRIu32, field->name, word);
    return text;
}

static void put_point(struct timeline *timeline, const struct point_rule *rule, const struct event *event) {
    const struct trace_field *name = field_of(event, rule->name), *detail = field_of(event, rule->detail);
    const struct trace_field *domid = field_of(event, "target_domid"), *number = field_of(event, "target_vcpu");
    char texts[2][TIMELINE_NAME] = { "", "" };

    if (rule->otherwise && word_of(event, name) == 0)
        name = field_of(event, rule->otherwise);
    const struct timeline_vcpu *vcpu =
        timeline_vcpu_of(timeline, domid ? word_of(event, domid) : event->header.domid,
                         number ? word_of(event, number) : event->header.vcpu);

    timeline_put(timeline, &(struct timeline_item){
        rule->lane, vcpu->domain, vcpu->vcpu, event->time, event->time,
        name ? words_of(event, name, texts[0], TIMELINE_NAME) : event->what->name,
        detail ? words_of(event, detail, texts[1], TIMELINE_NAME) : "", word_of(event, field_of(event, rule->value)) });
}

void timeline_points_event(struct timeline *timeline, const struct event *event) {
    if (event->time < timeline->from)
        return;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].id == event->header.id)
            put_point(timeline, &rules[i], event);
    }
}
