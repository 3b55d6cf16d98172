/*
 * oracle.c - see oracle.h.
 */
#include "analysis/oracle.h"

#include <inttypes.h>

#define FRAMES_A_RECORD 32u
#define CR3_FRAME_SHIFT 12

static void note(struct oracle *oracle, const char *what, uint64_t time, uint32_t mfn, uint32_t detail) {
    if (!oracle->first.what)
        oracle->first = (struct violation){ .what = what, .time = time, .mfn = mfn, .detail = detail };
}

static void on_frames(struct oracle *oracle, const struct event *event) {
    const struct trace_record_domain_frames *frames = (const void *)event->bytes;
    uint64_t group = frames->first_mfn / FRAMES_A_RECORD;
    uint32_t *directories = map_get(&oracle->directories, group);

    map_put(&oracle->owned, group, frames->owned);
    if (directories)
        *directories &= frames->owned;
}

static void on_type(struct oracle *oracle, const struct event *event) {
    const struct trace_record_table_type *table = (const void *)event->bytes;
    uint64_t group = table->mfn / FRAMES_A_RECORD;
    const uint32_t *known = map_get(&oracle->directories, group);
    uint32_t bit = 1u << table->mfn % FRAMES_A_RECORD, others = (known ? *known : 0) & ~bit;

    oracle->typed = true;
    map_put(&oracle->directories, group, table->type == TRACE_TABLE_TYPE_l2 ? others | bit : others);
}

static bool has_frame(const struct map *frames, uint32_t mfn) {
    const uint32_t *bits = map_get(frames, mfn / FRAMES_A_RECORD);

    return bits && (*bits >> mfn % FRAMES_A_RECORD & 1);
}

/* What was wrong with the frame in CR3, for people. */
static const char *wrong_root(const struct oracle *oracle) {
    return oracle->typed ? "CR3 was loaded with a frame that a domain owns and that is no validated page directory"
                         : "CR3 was loaded with a frame that a domain owns";
}

/* The same of the frame that a page walk read. */
static const char *wrong_table(const struct oracle *oracle) {
    return oracle->typed ? "a page walk read an entry in a frame that a domain owns and that is no validated page table"
                         : "a page walk read an entry in a frame that a domain owns";
}

static void on_load(struct oracle *oracle, uint64_t time, uint32_t value, uint32_t eip) {
    uint32_t root = value >> CR3_FRAME_SHIFT;

    oracle->root_checks++;
    if (has_frame(&oracle->owned, root) && !has_frame(&oracle->directories, root)) {
        oracle->root_violations++;
        note(oracle, wrong_root(oracle), time, root, eip);
    }
    if (oracle->expecting && oracle->expected_root != root) {
        oracle->root_violations++;
        note(oracle, "CR3 was not loaded with the root that the base_pointer record named", time, root,
             oracle->expected_root);
    }
    oracle->expecting = false;
    oracle->loaded_root = root;
    oracle->loaded = true;
}

static void on_base_pointer(struct oracle *oracle, const struct event *event) {
    const struct trace_record_base_pointer *switched = (const void *)event->bytes;

    oracle->expecting = true;
    oracle->expected_root = switched->root_mfn;
}

/* A switch that was answered without a load is right when the root is in CR3 already. */
static void on_flush(struct oracle *oracle, const struct event *event) {
    const struct trace_record_flush *flush = (const void *)event->bytes;

    if (!oracle->expecting || flush->cause != TRACE_CAUSE_base_pointer_switch || flush->means != TRACE_MEANS_none)
        return;
    oracle->expecting = false;
    oracle->root_checks++;
    if (oracle->loaded && oracle->loaded_root != oracle->expected_root) {
        oracle->root_violations++;
        note(oracle, "a base pointer switch left another root in CR3 than its record named", event->time,
             oracle->loaded_root, oracle->expected_root);
    }
}

/* The processor left ring 0: by then the root that was named must be in CR3. */
static void on_ring(struct oracle *oracle, const struct event *event) {
    const struct trace_record_hw_ring *change = (const void *)event->bytes;

    if (!oracle->expecting || change->to == 0)
        return;
    oracle->expecting = false;
    oracle->root_violations++;
    note(oracle, "the guest ran on before the root that a base_pointer record named was loaded", event->time,
         oracle->expected_root, change->eip);
}

static void on_audit(struct oracle *oracle, const struct event *event) {
    const struct trace_record_audit_violation *broken = (const void *)event->bytes;

    oracle->audit_violations++;
    note(oracle, "an audit of the shadow engine found a broken rule", event->time, broken->mfn, broken->rule);
}

static void on_hardware(struct oracle *oracle, const struct event *event) {
    const struct trace_record_hw_violation *seen = (const void *)event->bytes;

    oracle->hardware_violations++;
    if (seen->rule == TRACE_ORACLE_RULE_root_is_guest_frame)
        note(oracle, wrong_root(oracle), event->time, seen->mfn, seen->eip);
    else
        note(oracle, wrong_table(oracle), event->time, seen->mfn, seen->eip);
}

void oracle_event(struct oracle *oracle, const struct event *event) {
    const struct trace_record_hw_tlb_control *control = (const void *)event->bytes;
    const struct trace_record_audit_done *audit = (const void *)event->bytes;
    const struct trace_record_hw_counters *counters = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_domain_frames:
        on_frames(oracle, event);
        break;
    case TRACE_ID_table_type:
        on_type(oracle, event);
        break;
    case TRACE_ID_base_pointer:
        on_base_pointer(oracle, event);
        break;
    case TRACE_ID_flush:
        on_flush(oracle, event);
        break;
    case TRACE_ID_hw_tlb_control:
        if (control->means == TRACE_MEANS_mov_cr3)
            on_load(oracle, event->time, control->value, control->eip);
        break;
    case TRACE_ID_hw_ring:
        on_ring(oracle, event);
        break;
    case TRACE_ID_hw_violation:
        on_hardware(oracle, event);
        break;
    case TRACE_ID_audit_violation:
        on_audit(oracle, event);
        break;
    case TRACE_ID_audit_done:
        oracle->audits++;
        oracle->audit_checks += audit->checks;
        break;
    case TRACE_ID_hw_counters:
        oracle->hardware_checks = counters->oracle_checks;
        break;
    default:
        break;
    }
}

uint64_t oracle_violations(const struct oracle *oracle) {
    return oracle->root_violations + oracle->hardware_violations + oracle->audit_violations;
}

void print_violation(FILE *to, const struct oracle *oracle) {
    const struct violation *first = &oracle->first;

    if (first->what)
        fprintf(to, "violation, the first of %" PRIu64 ": at instruction %" PRIu64 ", %s: frame %#x (%#x)\n",
                oracle_violations(oracle), first->time, first->what, first->mfn, first->detail);
}

void oracle_free(struct oracle *oracle) {
    map_free(&oracle->owned);
    map_free(&oracle->directories);
    *oracle = (struct oracle){ 0 };
}
