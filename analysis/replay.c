/*
 * replay.c - see replay.h.
 */
#include "analysis/replay.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"
#include "analysis/samples.h"

#define DESCRIPTOR_BYTES 8u
#define PAGE 4096u
#define CR0_PAGING 0x80010001u /* PG, WP, PE */
#define CR4_PGE 0x80u
#define CR4_PAGING 0x1f200b0u /* PSE, PAE, PGE, PCIDE, SMEP, SMAP, PKE, CET, PKS */

static uint32_t rights_of(const struct replay *replay, const struct stream_walk *walk) {
    uint32_t leaf = (uint32_t)walk->value[walk->levels - 1], both = leaf,
             rights = walk->levels == 1 ? WALK_IS_LARGE : 0;

    for (uint32_t level = 0; level + 1 < walk->levels; level++)
        both &= (uint32_t)walk->value[level];
    if (!replay->has_cr4 || (replay->cr4 & CR4_PGE))
        rights |= leaf & WALK_IS_GLOBAL;
    if (walk->use == WALK_FOR_WRITE)
        rights |= WALK_IS_DIRTY;
    return rights | (both & (WALK_MAY_WRITE | WALK_MAY_USER)) | (leaf & WALK_IS_DIRTY);
}

static uint32_t frame_of(const struct stream_walk *walk) {
    uint32_t leaf = (uint32_t)walk->value[walk->levels - 1];

    return walk->levels == 1 ? (leaf >> 22 << 10) | (walk->address >> 12 & 0x3ff) : leaf >> 12;
}

/* ---- walks that wait for their reference ------------------------------------------------------------------------- */

static const struct stream_item *first_walk(const struct replay *replay) {
    return replay->count ? &replay->walks[replay->first] : NULL;
}

static struct stream_item take_walk(struct replay *replay) {
    struct stream_item item = replay->walks[replay->first];

    replay->first = (replay->first + 1) % REPLAY_WALKS;
    replay->count--;
    return item;
}

static void note_rights(struct replay *replay, const struct stream_walk *walk) {
    uint32_t page = walk->address >> 12;
    uint8_t bit = (uint8_t)(1u << page % 8);

    if (!walk->filled)
        return;
    if (rights_of(replay, walk) & WALK_MAY_USER)
        replay->user_pages[page / 8] |= bit;
    else
        replay->user_pages[page / 8] &= (uint8_t)~bit;
}

static void hand_out(struct replay *replay, struct reference *reference) {
    if (reference->walk && reference->walk->filled)
        reference->rights = rights_of(replay, reference->walk);
    replay->reference(replay->state, reference);
}

/* The first walk makes a reference of its own. */
static void refer_alone(struct replay *replay) {
    struct stream_item item = take_walk(replay);
    const struct stream_walk *walk = &item.walk;
    struct reference reference = {
        .time = item.time,
        .page = walk->address >> 12,
        .frame = walk->filled ? frame_of(walk) : 0,
        .use = walk->use,
        .user = walk->user,
        .alone = true,
        .walk = walk,
    };

    hand_out(replay, &reference);
}

static void on_walk(struct replay *replay, const struct stream_item *item) {
    if (replay->count == REPLAY_WALKS)
        refer_alone(replay);
    note_rights(replay, &item->walk);
    replay->walks[(replay->first + replay->count++) % REPLAY_WALKS] = *item;
}

/*
 * The reference comes: the first walk is its, or belongs to something before it, or to something behind it. That is
 * so of one of the next page when the access goes on there, and of one that failed when the access was made before.
 */
static void refer(struct replay *replay, struct reference *reference, bool crosses, bool before_failure) {
    const struct stream_item *first;
    struct stream_item own;

    while ((first = first_walk(replay))) {
        const struct stream_walk *walk = &first->walk;
        uint32_t page = walk->address >> 12;

        if (page == reference->page && walk->use == reference->use && walk->filled) {
            own = take_walk(replay);
            reference->walk = &own.walk;
            break;
        }
        if ((crosses && page == reference->page + 1)
            || (before_failure && !walk->filled && walk->use != WALK_FOR_FETCH))
            break;
        refer_alone(replay);
    }
    hand_out(replay, reference);
}

/* ---- instructions ------------------------------------------------------------------------------------------------ */

/* What is wanted of an instruction: enum leave_stack, and */
enum {
    TRAIT_STACK = 3,
    TRAIT_LOADS_STACK_SEGMENT = 4,
    TRAIT_LOADS_SEGMENT = 8,
    TRAIT_LOADS_DR7 = 16,
    TRAIT_CONTROLS_TLB = 32
};

#define TRAIT_WORK (uint8_t) ~TRAIT_STACK /* something is to be done when the instruction has completed */

static uint8_t traits_of(const struct stream_code *code, unsigned index) {
    struct leave leave = leave_of(code, index);

    return (uint8_t)(leave.stack | (leave.loads_stack_segment ? TRAIT_LOADS_STACK_SEGMENT : 0)
                     | (leave.controls_tlb ? TRAIT_CONTROLS_TLB : 0)
                     | (leave.loads_segment ? TRAIT_LOADS_SEGMENT : 0)
                     | (leave.loads_debug == 7 ? TRAIT_LOADS_DR7 : 0));
}

/* The traits of all instructions of a piece of code, kept since decoding is slow. */
static const uint8_t *code_traits(struct replay *replay, const struct stream_code *code) {
    if (code->number >= replay->room) {
        uint32_t room = code->number + code->number / 2 + 64;

        replay->code_traits = grow(replay->code_traits, room, sizeof(*replay->code_traits));
        memset(replay->code_traits + replay->room, 0, (room - replay->room) * sizeof(*replay->code_traits));
        replay->room = room;
    }
    uint8_t *traits = replay->code_traits[code->number];

    if (traits)
        return traits;
    traits = replay->code_traits[code->number] = grow(NULL, code->instructions + 1u, 1);
    traits[0] = 0;
    for (unsigned i = 0; i < code->instructions; i++) {
        traits[i + 1] = traits_of(code, i);
        traits[0] |= traits[i + 1];
    }
    return traits;
}

/* The instruction has completed; reads: it has read a descriptor. */
static void after(struct replay *replay, uint8_t traits, bool reads) {
    if ((traits & TRAIT_LOADS_STACK_SEGMENT) || ((traits & TRAIT_LOADS_SEGMENT) && !reads))
        replay->note(replay->state, NOTE_STACK_SEGMENT);
    if (traits & TRAIT_LOADS_DR7) {
        replay->fetching = false;
        replay->note(replay->state, NOTE_BREAKPOINTS);
    }
    if ((traits & TRAIT_CONTROLS_TLB) && !replay->recording)
        replay->note(replay->state, NOTE_LOST);
}

static void set_ring(struct replay *replay, uint32_t ring) {
    if (replay->ring != ring)
        replay->note(replay->state, NOTE_STACK_SEGMENT);
    replay->ring = ring;
}

static void fetch(struct replay *replay, uint64_t time, uint32_t page, uint32_t frame) {
    struct reference reference = {
        .time = time,
        .page = page,
        .frame = frame,
        .use = WALK_FOR_FETCH,
        .user = replay->ring == 3,
    };

    if (replay->fetching && replay->fetch_page == page && replay->fetch_user == reference.user)
        return;
    replay->fetching = true;
    replay->fetch_page = page;
    replay->fetch_user = reference.user;
    replay->fetches++;
    refer(replay, &reference, true, false);
}

/* Walks that still wait are of the second page of the instruction that comes, or of accesses that were not made. */
static void settle_walks(struct replay *replay, uint32_t page) {
    const struct stream_item *first;

    while ((first = first_walk(replay))) {
        if (first->walk.use == WALK_FOR_FETCH && first->walk.filled && first->walk.address >> 12 == page + 1)
            replay->fetch_page = page + 1;
        refer_alone(replay);
    }
}

/* The run has no accesses but of its last instruction. */
static void on_run(struct replay *replay, const struct stream_item *item) {
    const struct stream_run *run = &item->run;
    const struct stream_code *code = run->code;
    const uint8_t *traits = code_traits(replay, code) + 1;
    uint32_t begin = code->address + code_offset(code, run->first), page = begin >> 12,
             last = run->first + run->count - 1u;
    uint32_t frame = code->mfn + (page - (code->address >> 12));

    if (replay->in_gap) /* and not what records in it said */
        replay->note(replay->state, NOTE_LOST);
    replay->in_gap = false;
    after(replay, replay->traits, replay->descriptor_read);
    set_ring(replay, run->ring);
    fetch(replay, item->time, page, frame);
    settle_walks(replay, page);
    if (!run->accesses)
        replay->note(replay->state, NOTE_UNSEEN);
    for (unsigned i = run->first; i < last && (traits[-1] & TRAIT_WORK); i++)
        after(replay, traits[i], false);
    replay->traits = run->faulted ? 0 : traits[last];
    replay->descriptor_read = false;
}

/* Is the access one to the stack? What is delivered in ring 0 behind an instruction of ring 0 is pushed, too. */
static bool is_stack(const struct replay *replay, const struct stream_access *access) {
    if (access->kind == ACCESS_BOTH || access->bytes == DESCRIPTOR_BYTES)
        return false;
    switch ((enum leave_stack)(replay->traits & TRAIT_STACK)) {
    case STACK_MOVES:
        return true;
    case STACK_READS:
        return access->kind == ACCESS_READ || (replay->descriptor_read && replay->ring == 0);
    case STACK_WRITES:
        return access->kind == ACCESS_WRITE;
    case STACK_NONE:
        break;
    }
    return access->kind == ACCESS_WRITE && replay->descriptor_read && replay->ring == 0;
}

static void on_access(struct replay *replay, const struct stream_item *item) {
    const struct stream_access *access = &item->access;
    uint32_t page = access->address >> 12;
    bool is_user_page = replay->user_pages[page / 8] >> page % 8 & 1;
    struct reference reference = {
        .time = item->time,
        .page = page,
        .frame = access->physical >> 12,
        .offset = access->address % PAGE,
        .bytes = access->bytes,
        .use = access->kind & ACCESS_WRITE ? WALK_FOR_WRITE : WALK_FOR_READ,
        .user = replay->ring == 3 && is_user_page,
        .stack = is_stack(replay, access),
    };

    replay->accesses++;
    /* an exception begins with the reading of its descriptor */
    replay->descriptor_read |= access->bytes == DESCRIPTOR_BYTES && access->kind == ACCESS_READ;
    refer(replay, &reference, reference.offset + reference.bytes == PAGE, !replay->descriptor_read);
}

void replay_end(struct replay *replay) {
    while (replay->count)
        refer_alone(replay);
}

void replay_item(void *state, const struct context *context, const struct stream_item *item) {
    struct replay *replay = state;

    (void)context;
    switch (item->kind) {
    case STREAM_RUN:
        on_run(replay, item);
        break;
    case STREAM_WALK:
        on_walk(replay, item);
        break;
    case STREAM_ACCESS:
        on_access(replay, item);
        break;
    case STREAM_TRANSFER:
        set_ring(replay, item->transfer.to_ring);
        break;
    case STREAM_GAP:
        replay->in_gap = true;
        replay->fetching = false;
        replay->traits = 0;
        replay_end(replay);
        break;
    case STREAM_END:
        break;
    }
}

static enum replay_scope scope_of(struct replay *replay, const struct trace_record_hw_tlb_control *control) {
    uint32_t changed;
    bool all;

    switch (control->means) {
    case TRACE_MEANS_mov_cr0:
        changed = replay->has_cr0 ? (replay->cr0 ^ control->value) & CR0_PAGING : 0;
        replay->cr0 = control->value;
        replay->has_cr0 = true;
        return changed ? DROPS_ALL : DROPS_NOTHING;
    case TRACE_MEANS_mov_cr4: /* the first one switches paging bits on */
        changed = replay->has_cr4 ? (replay->cr4 ^ control->value) & CR4_PAGING : 1;
        replay->cr4 = control->value;
        replay->has_cr4 = true;
        return changed ? DROPS_ALL : DROPS_NOTHING;
    case TRACE_MEANS_mov_cr3:
    case TRACE_MEANS_task_switch:
        all = replay->has_cr4 ? !(replay->cr4 & CR4_PGE) : replay->scope == TRACE_SCOPE_everything;
        return all ? DROPS_ALL : DROPS_LOCAL;
    case TRACE_MEANS_invlpg:
        return DROPS_PAGE;
    default:
        return DROPS_NOTHING;
    }
}

static void on_control(struct replay *replay, const struct event *event) {
    const struct trace_record_hw_tlb_control *control = (const void *)event->bytes;
    struct replay_flush flush = {
        .time = event->time,
        .scope = scope_of(replay, control),
        .page = control->value >> 12,
        .loads_root = control->means == TRACE_MEANS_mov_cr3 || control->means == TRACE_MEANS_task_switch,
        .root = control->value,
        .cause = replay->cause,
    };

    replay->fetching = false;
    replay->flush(replay->state, &flush);
}

void replay_event(void *state, const struct context *context, const struct event *event) {
    struct replay *replay = state;
    const struct trace_record_flush *record = (const void *)event->bytes;

    (void)context;
    if (event->header.id == TRACE_ID_flush) {
        replay->cause = (record->label ? REPLAY_LABEL + record->label : record->cause) % REPLAY_CAUSES;
        replay->scope = record->scope;
    } else if (event->header.id == TRACE_ID_hypervisor_start) {
        replay->recording = true;
    } else if (event->header.id == TRACE_ID_hw_tlb_control) {
        replay->recording = true;
        on_control(replay, event);
    }
}

const char *replay_cause_name(uint32_t cause, char *text, size_t size) {
    return cause < REPLAY_LABEL ? value_title(&trace_enumeration_cause, cause, text, size)
                                : value_title(&trace_enumeration_label, cause - REPLAY_LABEL, text, size);
}

void replay_free(struct replay *replay) {
    for (uint32_t i = 0; i < replay->room; i++)
        free(replay->code_traits[i]);
    free(replay->code_traits);
}
