/*
 * entry_facts.c - what the records of an entry into the hypervisor say of it; see entry_names.h.
 */
#include "analysis/entry_names.h"

#define PREEMPTED 0x80000000u /* MMU_UPDATE_PREEMPTED, in a count of requests */

static void on_hypercall(struct entry_facts *facts, const struct event *event) {
    const struct trace_record_pv_hypercall *call = (const void *)event->bytes;

    if (facts->hypercall == NO_HYPERCALL)
        facts->hypercall = call->number;
    if (is_table_hypercall(call->number))
        facts->requests += call->number == 1 ? call->arg1 & ~PREEMPTED : 1;
}

static void on_subcall(struct entry_facts *facts, const struct event *event) {
    const struct trace_record_pv_hypercall_subcall *call = (const void *)event->bytes;

    facts->parts |= 1ull << (call->number < 63 ? call->number : 63);
    if (is_table_hypercall(call->number))
        facts->requests += call->number == 1 ? call->arg1 & ~PREEMPTED : 1;
}

static void on_table(struct entry_facts *facts, const struct event *event) {
    const struct trace_record_shadow_guest_write *write = (const void *)event->bytes;
    const struct trace_record_writable_reconnect *reconnect = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_shadow_guest_write:
        if (write->via == TRACE_WRITE_VIA_resync || write->via == TRACE_WRITE_VIA_reconnect)
            facts->resync_writes++;
        else
            facts->writes++;
        break;
    case TRACE_ID_shadow_resync:
        facts->resync = true;
        break;
    case TRACE_ID_writable_disconnect:
        facts->disconnect = true;
        break;
    case TRACE_ID_writable_reconnect:
        facts->reconnect = true;
        facts->reconnect_writes += reconnect->changed;
        break;
    default:
        break;
    }
}

static void on_fault(struct entry_facts *facts, const struct event *event) {
    const struct trace_record_shadow_fault *fault = (const void *)event->bytes;
    const struct trace_record_pv_emulate_privop *privop = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_shadow_fault:
        if (!facts->shadow_fault)
            facts->path = fault->path;
        facts->shadow_fault = true;
        break;
    case TRACE_ID_pv_emulate_privop:
        facts->privop = true;
        facts->privop_what = privop->what;
        break;
    case TRACE_ID_pv_math_state_restore:
        facts->fpu = true;
        break;
    case TRACE_ID_pv_emulate_4gb:
        facts->segment = true;
        break;
    case TRACE_ID_pv_page_fault:
    case TRACE_ID_pv_trap:
        facts->to_guest = true;
        break;
    default:
        break;
    }
}

void entry_facts_event(struct entry_facts *facts, const struct event *event) {
    if (event->header.id == TRACE_ID_pv_hypercall) {
        on_hypercall(facts, event);
    } else if (event->header.id == TRACE_ID_pv_hypercall_subcall) {
        on_subcall(facts, event);
    } else {
        on_table(facts, event);
        on_fault(facts, event);
    }
}
