/*
 * stream_sides.c - see stream_sides.h.
 */
#include "analysis/stream_sides.h"

static const char *begin_walks(struct stream_sides *sides, const struct stream_packet *packet) {
    uint32_t bytes = packet->header->sections[SECTION_WALKS].bytes;
    const char *problem = stream_section_unpack(packet, SECTION_WALKS, sides->walk_bytes);

    sides->has_walk = false;
    sides->walks.left = 0;
    sides->walks.broken = false;
    if (problem || bytes == 0)
        return problem;
    bool sound = stream_walks_open(&sides->walks, sides->walk_bytes, bytes, packet->header->first);

    return sound ? NULL : "page walks make no sense";
}

static const char *begin_accesses(struct stream_sides *sides, const struct stream_packet *packet) {
    uint32_t bytes = packet->header->sections[SECTION_ACCESSES].bytes;
    const char *problem = stream_section_unpack(packet, SECTION_ACCESSES, sides->access_bytes);

    sides->has_access = false;
    stream_accesses_none(&sides->accesses);
    if (problem || bytes == 0)
        return problem;
    if (stream_accesses_open(&sides->accesses, sides->access_bytes, bytes, packet->header->first))
        return NULL;
    stream_accesses_none(&sides->accesses);
    return "data accesses make no sense";
}

const char *sides_begin(struct stream_sides *sides, const struct stream_packet *packet, const char **no_accesses) {
    *no_accesses = begin_accesses(sides, packet);
    sides->code = NULL;
    sides->due = 0;
    return begin_walks(sides, packet);
}

void sides_run(struct stream_sides *sides, const struct stream_code *code, uint64_t time) {
    sides->code = code;
    sides->time = time;
    sides->cursor = 0;
    sides->cursor_address = code->address;
}

/* Linear address of the instruction at time. */
static uint32_t address_of(struct stream_sides *sides, uint64_t time) {
    uint64_t index = time - sides->time;

    if (index >= sides->code->instructions)
        index = sides->code->instructions - 1u;
    for (; sides->cursor < index; sides->cursor++)
        sides->cursor_address += sides->code->lengths[sides->cursor];
    return sides->cursor_address;
}

/* Make the next walk and the next access known, as far as they are of instructions before `until`. */
static void look_ahead(struct stream_sides *sides, uint64_t until) {
    if (!sides->has_walk)
        sides->has_walk = stream_walks_take(&sides->walks, &sides->walk);
    if (!sides->has_access && sides->code) {
        sides->access_time = stream_accesses_next(&sides->accesses);
        if (sides->access_time < until)
            sides->has_access =
                stream_accesses_take(&sides->accesses, address_of(sides, sides->access_time), &sides->access);
    }
}

static bool walk_comes_first(const struct stream_sides *sides) {
    if (!sides->has_access || sides->walk.time != sides->access_time)
        return !sides->has_access || sides->walk.time < sides->access_time;
    if (!(sides->walk.outcome & WALK_FILLED))
        return true;
    return !(sides->walk.purpose & WALK_FETCH) && sides->walk.page == sides->access.address >> 12
        && !(sides->walk.purpose & WALK_WRITE) == !(sides->access.kind & ACCESS_WRITE);
}

static void hand_out_walk(struct stream_sides *sides, struct stream_item *item) {
    const struct walk *walk = &sides->walk;
    bool has_table = walk->outcome & WALK_READ_TABLE;

    *item = (struct stream_item){ .kind = STREAM_WALK, .time = walk->time };
    item->walk = (struct stream_walk){
        .address = walk->page << 12, .levels = has_table ? 2 : 1,
        .entry = { walk_directory_address(walk), has_table ? walk_table_address(walk) : 0 },
        .value = { walk->directory, walk->table },
        .set = walk->outcome & (WALK_SET_DIRECTORY | WALK_SET_TABLE),
        .use = walk->purpose & WALK_FETCH ? WALK_FOR_FETCH
             : walk->purpose & WALK_WRITE ? WALK_FOR_WRITE : WALK_FOR_READ,
        .user = walk->purpose & WALK_USER, .filled = walk->outcome & WALK_FILLED,
    };
    sides->has_walk = false;
}

bool sides_take(struct stream_sides *sides, uint64_t until, struct stream_item *item) {
    uint64_t walk_time;

    sides->due = 0;
    look_ahead(sides, until);
    walk_time = sides->has_walk ? sides->walk.time : UINT64_MAX;
    if (walk_time < until && walk_comes_first(sides)) {
        hand_out_walk(sides, item);
        return true;
    }
    if (!sides->has_access) {
        if (sides->code) /* only then the next access is known */
            sides->due = walk_time < sides->access_time ? walk_time : sides->access_time;
        return false;
    }
    *item = (struct stream_item){ .kind = STREAM_ACCESS, .time = sides->access_time, .access = sides->access };
    sides->has_access = false;
    return true;
}

const char *sides_end(struct stream_sides *sides) {
    if (sides->walks.broken || sides->has_walk || sides->walks.left)
        return "page walks make no sense";
    return sides->accesses.broken || sides->has_access || sides->accesses.left ? "data accesses make no sense" : NULL;
}
