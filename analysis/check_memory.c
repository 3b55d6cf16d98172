/*
 * check_memory.c - rules 9 to 11 of check.h: what page walks say of instructions and accesses.
 *
 * The processor uses a page only while its TLB holds it, or walks. What the TLB may hold is known from the walks,
 * less what flushes dropped; that it may have dropped more for want of room does not matter here, for then it walks
 * again. The walk of an instruction's page may come behind the run that it is the first of: its page waits for it
 * until then. Source: Intel SDM volume 3, 4.3 (32-bit paging) and 4.10.4 (what drops entries).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check.h"

#define PAGES (1u << 20)
#define WRITABLE 2u
#define ACCESSED 0x20u
#define DIRTY 0x40u
#define GLOBAL 0x100u
#define NO_FRAME UINT32_MAX
#define CR4_PSE 0x10u
#define CR4_PAE 0x20u
#define CR4_PGE 0x80u

/* Instructions that control the TLB are recorded, and tables have two levels. */
static bool is_watched(const struct check_memory *memory) {
    return memory->pages && !(memory->cr4 & CR4_PAE);
}

/* What the TLB may hold of the page is known: a walk was seen, or the TLB was empty. */
static bool is_known(const struct check_memory *memory, uint32_t page) {
    return memory->all_known || memory->pages[page].walked > memory->unknown;
}

static bool is_held(const struct check_memory *memory, uint32_t page, uint32_t frame, bool writes) {
    const struct check_page *entry = &memory->pages[page];
    uint32_t last = entry->frame & CHECK_GLOBAL ? memory->last_all : memory->last_local;

    return entry->walked >= last && entry->frame >> CHECK_FRAME_SHIFT == frame
           && (!writes || (entry->frame & CHECK_MAY_WRITE));
}

/* What a walk that filled the TLB found: see struct check_page. */
static uint32_t found_by(const struct check_memory *memory, const struct stream_walk *walk) {
    uint32_t leaf = (uint32_t)walk->value[walk->levels - 1], frame = leaf >> 12, both = leaf;
    bool has_global = !memory->has_cr4 || (memory->cr4 & CR4_PGE);
    bool is_dirty = (leaf & DIRTY) || walk->use == WALK_FOR_WRITE;

    if (walk->levels == 1)
        frame = (leaf >> 22 << 10) | (walk->address >> 12 & 0x3ff);
    else
        both &= (uint32_t)walk->value[0];
    return frame << CHECK_FRAME_SHIFT | (has_global && (leaf & GLOBAL) ? CHECK_GLOBAL : 0)
           | (is_dirty && (both & WRITABLE) ? CHECK_MAY_WRITE : 0);
}

/* Rule 9; bit l of walk->set is entry l. */
static bool walks_rightly(const struct context *context, const struct stream_walk *walk) {
    uint32_t table = context->cr3 & ~0xfffu;

    for (uint32_t level = 0; level < walk->levels; level++) {
        uint32_t index = walk->address >> (level ? 12 : 22) & 0x3ff, value = (uint32_t)walk->value[level];

        if (walk->entry[level] != table + 4 * index)
            return false;
        if ((walk->set >> level & 1) && (value & (ACCESSED | DIRTY)) == (ACCESSED | DIRTY))
            return false;
        table = value & ~0xfffu;
    }
    return walk->levels && walk->levels <= 2;
}

void check_memory_walk(struct check *check, const struct stream_item *item) {
    struct check_memory *memory = &check->memory;
    const struct stream_walk *walk = &item->walk;
    uint32_t page = walk->address >> 12;

    if (!is_watched(memory))
        return;
    if (check_case(check, 9, !walks_rightly(check->context, walk), item->time, walk->address,
                   "the walk does not follow the tables of CR3 %#010" PRIx32 ": it begins at %#010" PRIx32,
                   check->context->cr3, walk->entry[0]))
        return;
    if (walk->filled)
        memory->pages[page] = (struct check_page){ found_by(memory, walk), memory->flushes };
}

/* Rule 10, of the first instruction; what lies in the next page has a frame that the code does not name. */
void check_memory_run(struct check *check, const struct stream_item *item) {
    struct check_memory *memory = &check->memory;
    const struct stream_code *code = item->run.code;
    uint32_t page = (code->address + code_offset(code, item->run.first)) >> 12;

    if (!is_watched(memory) || (memory->fetched_page == page && memory->fetched_flushes == memory->flushes))
        return;
    memory->fetched_page = page;
    memory->fetched_flushes = memory->flushes;
    if (page == code->address >> 12 && is_known(memory, page))
        check_case(check, 10, !is_held(memory, page, code->mfn, false), item->time, page << 12,
                   "an instruction was fetched from frame %#" PRIx32 ", and no walk found it", code->mfn);
}

/* Rule 11. */
void check_memory_access(struct check *check, const struct stream_item *item) {
    const struct stream_access *access = &item->access;
    uint32_t page = access->address >> 12, frame = access->physical >> 12;
    bool writes = access->kind & ACCESS_WRITE;

    if (is_watched(&check->memory) && is_known(&check->memory, page))
        check_case(check, 11, !is_held(&check->memory, page, frame, writes), item->time, access->address,
                   "data was %s in frame %#" PRIx32 ", and no walk found that", writes ? "written" : "read", frame);
}

static void flush(struct check_memory *memory, bool all) {
    memory->last_local = ++memory->flushes;
    if (all)
        memory->last_all = memory->flushes;
    memory->all_known |= all;
}

static void on_control(struct check_memory *memory, const struct trace_record_hw_tlb_control *control) {
    uint32_t drops = CR4_PSE | CR4_PAE | CR4_PGE;

    switch (control->means) {
    case TRACE_MEANS_mov_cr4:
        if (!memory->has_cr4 || ((memory->cr4 ^ control->value) & drops)) /* the first one switches them on */
            flush(memory, true);
        memory->cr4 = control->value;
        memory->has_cr4 = true;
        break;
    case TRACE_MEANS_mov_cr3:
    case TRACE_MEANS_task_switch:
        flush(memory, memory->has_cr4 && !(memory->cr4 & CR4_PGE));
        break;
    case TRACE_MEANS_invlpg:
        memory->pages[control->value >> 12].frame = NO_FRAME;
        memory->flushes++;
        break;
    default:
        break;
    }
}

static void begin(struct check_memory *memory) {
    memory->pages = grow(NULL, PAGES, sizeof(*memory->pages));
    memset(memory->pages, 0, PAGES * sizeof(*memory->pages));
    memory->flushes = 1;
    memory->unknown = 0;
}

void check_memory_event(struct check *check, const struct event *event) {
    struct check_memory *memory = &check->memory;
    bool controls = event->header.id == TRACE_ID_hw_tlb_control;

    if (!memory->pages && (controls || event->header.id == TRACE_ID_hypervisor_start))
        begin(memory);
    if (controls)
        on_control(memory, (const void *)event->bytes);
}

/* Walks that nobody saw may have filled the TLB, and flushes dropped. */
void check_memory_gap(struct check *check) {
    check->memory.all_known = false;
    check->memory.unknown = check->memory.flushes++;
}

void check_memory_free(struct check_memory *memory) {
    free(memory->pages);
}
