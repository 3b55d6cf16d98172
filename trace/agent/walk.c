/*
 * walk.c - page walks, entry by entry; see agent.h.
 *
 * Rules: a walk begins with the entry that is read in the frame of CR3; when that is present and names a table, the next entry read
 * is in this table and ends the walk. Every entry read is shown to the oracle as one of a table, and what the walk ends at as a
 * mapping, when it lies in the domain's part of the address space. The entry is read before Bochs sets accessed or dirty in it.
 * Source: Intel SDM volume 3, 4.3 (32-bit paging); the part is HYPERVISOR_VIRT_START of Xen's public header xen-x86_32.h without
 * PAE.
 */
#include <string.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"

#define HYPERVISOR_START 0xfc000000u
#define PRESENT 1u
#define WRITABLE 2u
#define LARGE 0x80u
#define LARGE_FRAMES 1024u
#define ENTRIES 1024u
#define NO_FRAME 0xffffffffu

static uint32_t root_frame;            /* frame number in CR3 */
static uint32_t next_table = NO_FRAME; /* where the walk that has begun goes on */
static bool is_domains, is_writable;   /* what its first entry says */

void walk_root(uint32_t cr3) {
    root_frame = cr3 >> 12;
    next_table = NO_FRAME;
}

static uint32_t entry_at(uint32_t address) {
    const void *from = bochs.host_address(NULL, address, BOCHS_READ);
    uint32_t entry = 0;

    if (from)
        memcpy(&entry, from, sizeof(entry));
    return entry;
}

static void end(uint32_t address) {
    uint32_t entry = entry_at(address);

    next_table = NO_FRAME;
    if (is_domains && (entry & PRESENT))
        oracle_mapping(entry >> 12, is_writable && (entry & WRITABLE), address);
}

static void begin(uint32_t address) {
    uint32_t entry = entry_at(address), index = address / sizeof(entry) % ENTRIES;

    count_walk();
    is_domains = index < HYPERVISOR_START >> 22;
    is_writable = entry & WRITABLE;
    if ((entry & PRESENT) && !(entry & LARGE))
        next_table = entry >> 12;
    else if ((entry & PRESENT) && is_domains)
        for (uint32_t i = 0; i < LARGE_FRAMES; i++)
            oracle_mapping((entry >> 22) * LARGE_FRAMES + i, is_writable, address);
}

void walk_read(uint32_t address) {
    uint32_t frame = address >> 12;

    oracle_table(address);
    if (frame == next_table)
        end(address);
    else if (frame == root_frame)
        begin(address);
}
