/*
 * stream_walks.c - page walks of the instruction stream; see stream.h and trace/stream/walk_model.h.
 *
 * Rules: Bochs translates a linear address that its TLB does not have in one function, which reports each entry that
 * it reads or writes but not the address: so the function is replaced by one that calls it. When it does not return
 * there was a page fault, and the walk is written down when the next one begins or the packet ends.
 */
#include <string.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"
#include "trace/stream/walk_encode.h"

typedef uint64_t translation(void *cpu, uint64_t linear, uint32_t *offset_mask, unsigned user, unsigned purpose);

static translation *translate; /* Bochs's own */
static struct walk_encoder encoder;
static struct walk walk; /* the last one */
static struct walk *under_way; /* it, while it has neither ended nor been written down */
static uint32_t entries_read; /* by it */

static void write_down(void) {
    if (under_way && !walk_put(&encoder, under_way))
        end_because(TRACE_OUTCOME_error, "a packet of the instruction stream has no room for its page walks");
    under_way = NULL;
}

static uint64_t look_up(void *cpu, uint64_t linear, uint32_t *offset_mask, unsigned user, unsigned purpose) {
    static const uint8_t purposes[] = { [BOCHS_READ] = WALK_READ, [BOCHS_WRITE] = WALK_WRITE, [BOCHS_EXECUTE] = WALK_FETCH,
                                        [BOCHS_READ_WRITE] = WALK_WRITE };
    uint64_t found;

    write_down();
    if (!stream_on)
        return translate(cpu, linear, offset_mask, user, purpose);
    walk = (struct walk){ .time = count_now(), .page = (uint32_t)linear >> 12,
                          .purpose = purposes[purpose & 3] | (user ? WALK_USER : 0) };
    under_way = &walk;
    entries_read = 0;
    found = translate(cpu, linear, offset_mask, user, purpose);
    walk.outcome |= WALK_FILLED;
    write_down();
    if (__builtin_expect(encoder.full, 0))
        count_attend();
    return found;
}

/* An entry that is about to be used, as it is now. */
static uint32_t entry_at(uint32_t address) {
    const void *from = bochs.host_address(NULL, address, BOCHS_READ);
    uint32_t entry = 0;

    if (from)
        memcpy(&entry, from, sizeof(entry));
    return entry;
}

void walks_read(uint32_t address) {
    if (!under_way)
        return;
    if (entries_read++ == 0) {
        under_way->root = address >> 12;
        under_way->directory = entry_at(address);
    } else {
        under_way->table = entry_at(address);
        under_way->outcome |= WALK_READ_TABLE;
    }
}

/* A directory can be its own table: then the first that is set is accessed, for the directory's sake. */
void walks_write(uint32_t address) {
    bool is_leaf;

    if (!under_way)
        return;
    is_leaf = (under_way->outcome & WALK_READ_TABLE) &&
              (address != walk_directory_address(under_way) || (under_way->directory & WALK_ENTRY_ACCESSED) ||
               (under_way->outcome & WALK_SET_DIRECTORY));
    under_way->outcome |= is_leaf ? WALK_SET_TABLE : WALK_SET_DIRECTORY;
}

void walks_want(void) {
    translate = (translation *)hooks_detour(BOCHS_TRANSLATE_LEGACY, look_up);
}

void walks_begin(uint64_t time) {
    walk_begin(&encoder, time);
}

bool walks_full(void) {
    return encoder.full;
}

uint32_t walks_bytes(void) {
    return columns_bytes(encoder.columns, WALK_COLUMNS);
}

uint32_t walks_end(uint8_t *content) {
    write_down();
    return walk_end(&encoder, content);
}
