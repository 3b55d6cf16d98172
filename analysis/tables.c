/*
 * tables.c - see tables.h.
 */
#include "analysis/tables.h"

void tables_event(struct tables *tables, const struct event *event) {
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;
    const struct trace_record_table_type *table = (const void *)event->bytes;
    const struct trace_record_writable_reconnect *reconnect = (const void *)event->bytes;
    const struct trace_record_mmu_refused *refused = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        tables->without_records = start->classes && !(start->classes & TRACE_CLASS_mmu); /* 0: the trace does not say */
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
    default:
        break;
    }
}

void tables_finish(struct tables *tables) {
    groups_finish(&tables->types);
    groups_finish(&tables->reconnects);
    groups_finish(&tables->refusals);
}

void tables_free(struct tables *tables) {
    groups_free(&tables->types);
    groups_free(&tables->reconnects);
    groups_free(&tables->refusals);
    *tables = (struct tables){ 0 };
}
