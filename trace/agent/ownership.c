/*
 * ownership.c - which frames each domain owns, which of the others it may map, and which are validated page tables; see agent.h.
 *
 * Rules: it knows only what the records domain_frames, domain_grant, table_type and domain_ended said. A frame that changes its
 * owner is no table any more. A domain that has ended keeps what it owned until somebody else gets it: others may still map such
 * a frame. When its number is used again nothing of the one before is the new one's.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/agent/agent.h"

#define FRAMES (1u << 20) /* of 4 KiB in 32 bits of physical address */
#define DOMIDS (1u << 16)
#define GROUP 32u
#define GONE 0xffffu /* as an owner: one that has ended, and whose number is another's now */
#define NO_GRANT 0u

/* One frame that one domain may map. Those of a frame, and those that are unused, hang together. */
struct grant {
    uint32_t next, mfn;
    uint16_t domid;
    uint8_t access; /* enum trace_access; none: unused */
};

static uint16_t owner_of[FRAMES]; /* number of the domain and 1; 0: the hypervisor, or nobody */
static uint8_t type_of[FRAMES];   /* enum trace_table_type */
static uint32_t grants_of[FRAMES];
static struct grant *grants; /* the first is not used */
static uint32_t grants_made, grants_room, unused = NO_GRANT;
static bool ended[DOMIDS];

static uint32_t new_grant(void) {
    uint32_t index = unused;

    if (index != NO_GRANT) {
        unused = grants[index].next;
        return index;
    }
    if (grants_made + 1 >= grants_room) {
        grants_room = grants_room ? 2 * grants_room : 1024;
        grants = realloc(grants, grants_room * sizeof(*grants));
        if (!grants)
            end_because(TRACE_OUTCOME_error, "the host has no memory for what the domains may map");
    }
    return ++grants_made;
}

/* Set what domid may do with mfn. */
static void set_grant(uint16_t domid, uint32_t mfn, uint32_t access) {
    uint32_t *link = &grants_of[mfn], index;

    while (*link != NO_GRANT && grants[*link].domid != domid)
        link = &grants[*link].next;
    index = *link;
    if (index == NO_GRANT && access != TRACE_ACCESS_none) {
        index = new_grant();
        grants[index] = (struct grant){ .next = grants_of[mfn], .mfn = mfn, .domid = domid };
        grants_of[mfn] = index;
    } else if (index != NO_GRANT && access == TRACE_ACCESS_none) {
        *link = grants[index].next;
        grants[index].next = unused;
        unused = index;
    }
    if (index != NO_GRANT)
        grants[index].access = (uint8_t)access;
}

/* The first word of a domain whose number was that of one that has ended. */
static void forget_former(uint16_t domid) {
    if (!ended[domid])
        return;
    ended[domid] = false;
    for (uint32_t mfn = 0; mfn < FRAMES; mfn++) {
        if (owner_of[mfn] == domid + 1u)
            owner_of[mfn] = GONE;
    }
    for (uint32_t i = 1; i <= grants_made; i++) {
        if (grants[i].access != TRACE_ACCESS_none && grants[i].domid == domid)
            set_grant(domid, grants[i].mfn, TRACE_ACCESS_none);
    }
}

static void set_owner(uint32_t mfn, uint32_t owner) {
    if (owner_of[mfn] == owner)
        return;
    owner_of[mfn] = (uint16_t)owner;
    type_of[mfn] = TRACE_TABLE_TYPE_none;
}

bool ownership_frames(uint16_t domid, uint32_t first_mfn, uint32_t owned) {
    if (domid > TRACE_NO_DOMAIN || first_mfn % GROUP || first_mfn >= FRAMES)
        return false;
    forget_former(domid);
    for (uint32_t i = 0; i < GROUP; i++) {
        if (owned & 1u << i)
            set_owner(first_mfn + i, domid + 1u);
        else if (owner_of[first_mfn + i] == domid + 1u)
            set_owner(first_mfn + i, 0);
    }
    return true;
}

bool ownership_grant(uint16_t domid, uint32_t mfn, uint32_t access) {
    if (domid > TRACE_NO_DOMAIN || mfn >= FRAMES || !trace_value_name(&trace_enumeration_access, access))
        return false;
    if (access != TRACE_ACCESS_none)
        forget_former(domid);
    set_grant(domid, mfn, access);
    return true;
}

bool ownership_table(uint32_t mfn, uint32_t type) {
    if (mfn >= FRAMES || !trace_value_name(&trace_enumeration_table_type, type))
        return false;
    type_of[mfn] = owner_of[mfn] ? (uint8_t)type : TRACE_TABLE_TYPE_none;
    return true;
}

void ownership_ended(uint16_t domid) {
    ended[domid] = true;
}

enum frame_owner ownership_of(uint32_t mfn, uint32_t domid) {
    if (owner_of[mfn] == 0)
        return FRAME_NOBODYS;
    return owner_of[mfn] == domid + 1u ? FRAME_OWN : FRAME_ANOTHERS;
}

uint32_t ownership_type(uint32_t mfn) {
    return type_of[mfn];
}

uint32_t ownership_access(uint32_t mfn, uint32_t domid) {
    if (owner_of[mfn] == domid + 1u)
        return TRACE_ACCESS_write;
    for (uint32_t i = grants_of[mfn]; i != NO_GRANT; i = grants[i].next) {
        if (grants[i].domid == domid)
            return grants[i].access;
    }
    return TRACE_ACCESS_none;
}
