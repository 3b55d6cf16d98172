/*
 * handover.c - take the hypervisor's records out of guest memory; see agent.h.
 *
 * Rules: nothing the guest hands over is trusted: a record is delivered when it lies in plain memory, its id is one of a
 * hypervisor record and its size is that of the schema. Anything else is counted as bad, and the first few are named. Records that
 * never came are found by their sequence numbers.
 */
#include <stdio.h>
#include <string.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"

#define PAGE_BYTES 4096u
#define CONSOLE_PORT 0xe9u
#define COMPLAINTS_MAX 5u

/* Room for a whole record of any kind. */
union record {
    struct trace_header header;
    uint8_t bytes[TRACE_RECORD_BYTES_MAX];
    struct trace_record_hypervisor_start hypervisor_start;
    struct trace_record_domain_built domain_built;
    struct trace_record_domain_ended domain_ended;
    struct trace_record_domain_frames domain_frames;
    struct trace_record_domain_grant domain_grant;
    struct trace_record_table_type table_type;
    struct trace_record_mode_switch mode_switch;
    struct trace_record_sched_switch sched_switch;
    struct trace_record_lost_records lost_records;
    struct trace_record_marker marker;
};

static struct handover_counts counts;
static uint32_t expected; /* sequence number of the next record */

struct handover_counts handover_counts(void) {
    return counts;
}

static void complain(uint32_t address, const char *what, uint32_t value) {
    counts.bad++;
    if (counts.bad > COMPLAINTS_MAX)
        return;
    fprintf(stderr, "agent: bad record handed over at physical address %#x, instruction %llu: %s (%#x)%s\n", address,
            (unsigned long long)count_now(), what, value, counts.bad == COMPLAINTS_MAX ? "; no more of these are shown" : "");
}

/* Copy bytes of guest memory. False: not all of them are plain memory. */
static bool copy(uint32_t address, uint32_t bytes, uint8_t *to) {
    while (bytes > 0) {
        uint32_t here = PAGE_BYTES - address % PAGE_BYTES;
        const void *from = bochs.host_address(NULL, address, BOCHS_READ);

        if (here > bytes)
            here = bytes;
        if (!from || address + (here - 1) < address)
            return false;
        memcpy(to, from, here);
        to += here;
        address += here;
        bytes -= here;
    }
    return true;
}

/* Read the record at address. False: there is none; it was counted. */
static bool fetch(uint32_t address, union record *record) {
    const struct trace_description *description;

    if (!copy(address, sizeof(record->header), record->bytes)) {
        complain(address, "not in memory", address);
        return false;
    }
    description = trace_describe(record->header.id);
    if (!description || description->is_hardware) {
        complain(address, "unknown id", record->header.id);
        return false;
    }
    if (record->header.size != description->size) {
        complain(address, "wrong size", record->header.size);
        return false;
    }
    if (!copy(address + sizeof(record->header), description->size - sizeof(record->header),
              record->bytes + sizeof(record->header))) {
        complain(address, "not wholly in memory", description->size);
        return false;
    }
    return true;
}

static void check_sequence(uint32_t address, uint32_t sequence) {
    uint32_t gap = sequence - expected;

    if (gap >= 0x80000000u)
        complain(address, "sequence number went back", sequence);
    else
        counts.lost += gap;
    expected = sequence + 1;
}

/* What a record says about frames. */
static void note_frames(uint32_t address, const union record *record) {
    const uint16_t domid = record->header.domid;

    switch (record->header.id) {
    case TRACE_ID_domain_frames:
        if (!ownership_frames(domid, record->domain_frames.first_mfn, record->domain_frames.owned))
            complain(address, "domain_frames: first_mfn is not a multiple of 32, or there is no such domain", record->domain_frames.first_mfn);
        break;
    case TRACE_ID_domain_grant:
        if (!ownership_grant(domid, record->domain_grant.mfn, record->domain_grant.access))
            complain(address, "domain_grant: there is no such domain, frame or access", record->domain_grant.mfn);
        break;
    case TRACE_ID_table_type:
        if (!ownership_table(record->table_type.mfn, record->table_type.type))
            complain(address, "table_type: there is no such frame, or no such type of it", record->table_type.mfn);
        break;
    }
}

/* What a record says about who runs, and how. */
static void note_domains(const union record *record) {
    const uint16_t domid = record->header.domid;

    switch (record->header.id) {
    case TRACE_ID_domain_built:
        oracle_mode(domid, record->domain_built.mode);
        shares_built(domid, record->domain_built.mode);
        break;
    case TRACE_ID_domain_start:
        oracle_start(domid);
        count_start_domain();
        shares_start(domid);
        break;
    case TRACE_ID_domain_ended:
        ownership_ended(domid);
        shares_ended(&record->domain_ended);
        if (record->domain_ended.outcome == TRACE_OUTCOME_crash)
            flight_happened(FLIGHT_CRASH, 0);
        break;
    case TRACE_ID_mode_switch:
        if (record->mode_switch.result == 0)
            oracle_mode(domid, record->mode_switch.to);
        break;
    case TRACE_ID_sched_switch:
        oracle_switch(record->sched_switch.next_domid);
        shares_switch(record->sched_switch.next_domid);
        window_domain(record->sched_switch.next_domid);
        break;
    }
}

/* What a record means to the agent itself, before it is delivered. */
static void note(uint32_t address, const union record *record) {
    switch (record->header.id) {
    case TRACE_ID_hypervisor_start:
        hardware_start_recording(record->hypervisor_start.cr3);
        count_start_recording();
        break;
    case TRACE_ID_lost_records:
        counts.lost += record->lost_records.count;
        break;
    case TRACE_ID_marker:
        window_marker(record->marker.kind, record->marker.a);
        if (record->marker.kind == TRACE_MARKER_phase || record->marker.kind == TRACE_MARKER_measure_end)
            flight_happened(FLIGHT_MARKER, record->marker.a);
        break;
    default:
        note_frames(address, record);
        note_domains(record);
    }
}

static void take(uint32_t address) {
    union record record;

    if (!fetch(address, &record))
        return;
    check_sequence(address, record.header.sequence);
    counts.records++;
    note(address, &record);
    if (!provider)
        return;
    provider->record(&record.header);
    if (trace_describe(record.header.id)->snapshot) {
        struct totals totals = count_since_recording();

        provider->counters(&totals, oracle_counts().checks);
    }
}

void handover_port_out(uint16_t port, unsigned bytes, unsigned value) {
    if (port == TRACE_PORT_TRACE && bytes == 4)
        take(value);
    else if (port == CONSOLE_PORT)
        console_byte((uint8_t)value);
    else if (port == TRACE_PORT_EXIT && bytes == 4)
        end_outcome(value);
    else if (port == TRACE_PORT_ENTRY)
        count_start_recording();
}
