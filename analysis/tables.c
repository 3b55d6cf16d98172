/*
 * tables.c - see tables.h.
 */
#include "analysis/tables.h"

#include <stdio.h>

/* Does the trace say which classes were on, and was this one not? */
static bool is_off(const struct trace_record_hypervisor_start *start, uint32_t class) {
    return start->classes && !(start->classes & class);
}

static void on_fallback(struct tables *tables, const struct trace_record_shadow_fallback *fallback) {
    groups_add(&tables->fallbacks, fallback->reason, 0);
    if (fallback->reason == TRACE_FALLBACK_instruction)
        groups_add(&tables->declined, fallback->code, 0);
}

void tables_event(struct tables *tables, const struct event *event) {
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;
    const struct trace_record_table_type *table = (const void *)event->bytes;
    const struct trace_record_writable_reconnect *reconnect = (const void *)event->bytes;
    const struct trace_record_mmu_refused *refused = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        tables->without_records = is_off(start, TRACE_CLASS_mmu);
        tables->without_fallbacks = is_off(start, TRACE_CLASS_shadow);
        break;
    case TRACE_ID_table_type:
        groups_add(&tables->types, table->type, 0);
        break;
    case TRACE_ID_writable_disconnect:
        tables->disconnects++;
        break;
    case TRACE_ID_writable_reconnect:
        groups_add(&tables->reconnects, reconnect->why, reconnect->changed);
        break;
    case TRACE_ID_mmu_refused:
        groups_add(&tables->refusals, refused->reason, 0);
        break;
    case TRACE_ID_shadow_fallback:
        on_fallback(tables, (const void *)event->bytes);
        break;
    default:
        break;
    }
}

const char *code_title(uint32_t code, char *text) {
    sprintf(text, "%02x %02x %02x %02x", code & 0xff, code >> 8 & 0xff, code >> 16 & 0xff, code >> 24);
    return text;
}

void tables_finish(struct tables *tables) {
    groups_finish(&tables->types);
    groups_finish(&tables->reconnects);
    groups_finish(&tables->refusals);
    groups_finish(&tables->fallbacks);
    groups_finish(&tables->declined);
}

void tables_free(struct tables *tables) {
    groups_free(&tables->types);
    groups_free(&tables->reconnects);
    groups_free(&tables->refusals);
    groups_free(&tables->fallbacks);
    groups_free(&tables->declined);
    *tables = (struct tables){ 0 };
}
