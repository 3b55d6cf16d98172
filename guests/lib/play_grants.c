/*
 * play_grants.c - grant_table_op at random; see play.h.
 *
 * We grant victims to ourselves, map them into the window, by address and by entry, and remember some of the mappings,
 * so that they can be unmapped, after whatever the window's entries have been made meanwhile. The others are left to
 * the end of the domain.
 */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/play.h"
#include "guests/lib/random.h"

#define REFS 16u                     /* of our table, that are used */
#define MAPPINGS 32u                 /* that are remembered */
#define MOST_OF_A_KIND 4u            /* requests in one call */

static volatile struct grant_entry_v1 grants[GUEST_PAGE_SIZE / sizeof(struct grant_entry_v1)]
    __attribute__((aligned(4096)));
static play_call *call;
static uint32_t self, mapped, unmapped, copied, lost;

static struct mapping {
    bool there;
    uint32_t handle, mfn, page;      /* of the window */
    bool writable;
    uint64_t host;                   /* as it was asked for */
} mappings[MAPPINGS];

void play_grants_start(play_call *how) {
    xen_pfn_t frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

    call = how;
    self = event_own_domain();
    set_xen_guest_handle(setup.frame_list, &frame);
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(setup.status, GNTST_okay);
    check_equal(hypercall_update_va_mapping(pointer_word(grants), (uint64_t)frame << 12 | PTE_P | PTE_W | PTE_A | PTE_D,
                                            UVMF_INVLPG), 0);
}

static uint32_t domain(void) {
    static const uint16_t others[] = { 0, 1, 2, 77, DOMID_IO, DOMID_XEN, 0xffff };

    return random_below(12) ? random_below(8) ? self : DOMID_SELF : others[random_below(7)];
}

static uint32_t reference(void) {
    return random_below(16) ? random_below(REFS) : random_below(2) ? random_below(4096) : random_any();
}

static long ask(uint32_t operation, uint32_t count) {
    return call(__HYPERVISOR_grant_table_op, operation, pointer_word(play_scratch), count, 0, 0);
}

/* An entry of our table, also one that is in use. */
static void grant(void) {
    volatile struct grant_entry_v1 *entry = &grants[random_below(REFS)];

    entry->domid = (domid_t)(random_below(8) ? self : domain());
    entry->frame = play_frame();
    entry->flags = random_below(8) ? GTF_permit_access | (random_below(4) ? 0 : GTF_readonly) : (uint16_t)random_any();
}

/* The place for a mapping: an address or an entry of the window; when we are translated, the address of a number. */
static uint64_t host_address(uint32_t page, bool entry) {
    if (boot_is_translated())
        return (uint64_t)play_free_number() << 12;
    return entry ? tables_machine_address(&play_table[page]) : PLAY_WINDOW + page * GUEST_PAGE_SIZE;
}

static void remember(const struct gnttab_map_grant_ref *op, uint32_t page) {
    mapped++;
    mappings[random_below(MAPPINGS)] = (struct mapping){
        .there = true, .handle = op->handle, .mfn = (uint32_t)(op->dev_bus_addr >> 12), .page = page,
        .writable = !(op->flags & GNTMAP_readonly), .host = op->host_addr,
    };
}

static long map(void) {
    struct gnttab_map_grant_ref *ops = (struct gnttab_map_grant_ref *)play_scratch;
    uint32_t count = 1 + random_below(MOST_OF_A_KIND), pages[MOST_OF_A_KIND];

    for (uint32_t i = 0; i < count; i++) {
        bool entry = random_below(4) == 0 && !boot_is_translated();

        pages[i] = random_below(PLAY_WINDOW_PAGES);
        ops[i] = (struct gnttab_map_grant_ref){
            .ref = reference(), .dom = (domid_t)domain(), .status = 1,
            .flags = GNTMAP_host_map | (random_below(3) ? 0 : GNTMAP_readonly) | (entry ? GNTMAP_contains_pte : 0),
            .host_addr = host_address(pages[i], entry),
        };
        if (random_below(16) == 0)
            ops[i].flags = random_any();
        if (random_below(16) == 0)
            ops[i].host_addr = random_below(2) ? play_address() : (uint64_t)play_frame() << 12 | random_below(4096);
    }
    long result = ask(GNTTABOP_map_grant_ref, count);

    for (uint32_t i = 0; i < count; i++)
        if (result == 0 && ops[i].status == GNTST_okay)
            remember(&ops[i], pages[i]);
    return result;
}

/* Half of the time the entry is made again what the mapping made it: what came later may have replaced it. */
static long unmap(void) {
    struct gnttab_unmap_grant_ref *op = (struct gnttab_unmap_grant_ref *)play_scratch;
    struct mapping *mapping = &mappings[random_below(MAPPINGS)];
    long result;

    *op = (struct gnttab_unmap_grant_ref){
        .handle = mapping->there ? mapping->handle : random_any() >> random_below(32), .host_addr = mapping->host,
        .status = 1,
    };
    if (mapping->there && random_below(2))
        tables_update(&play_table[mapping->page],
                      (boot_is_translated() ? (uint32_t)(mapping->host >> 12) : mapping->mfn) << 12 | PTE_P | PTE_A |
                      (mapping->writable ? PTE_W : 0));
    if (random_below(16) == 0)
        op->host_addr = play_address();
    if (random_below(16) == 0)
        op->dev_bus_addr = (uint64_t)(random_below(2) ? mapping->mfn : play_frame()) << 12;
    result = ask(GNTTABOP_unmap_grant_ref, 1);
    if (result == 0 && op->status == GNTST_okay) {
        mapping->there = false;
        unmapped++;
    }
    return result;
}

static void make_copy_end(struct gnttab_copy_ptr *end, bool by_reference) {
    end->domid = (domid_t)domain();
    end->offset = (uint16_t)(random_below(16) ? random_below(2048) : random_any());
    if (by_reference)
        end->u.ref = reference();
    else
        end->u.gmfn = play_frame();
}

static long copy(void) {
    struct gnttab_copy *ops = (struct gnttab_copy *)play_scratch;
    uint32_t count = 1 + random_below(MOST_OF_A_KIND);

    for (uint32_t i = 0; i < count; i++) {
        ops[i] = (struct gnttab_copy){ .flags = (uint16_t)(random_below(16) ? random_below(4) : random_any()),
                                       .len = (uint16_t)(random_below(16) ? random_below(2049) : random_any()) };
        make_copy_end((struct gnttab_copy_ptr *)&ops[i].source, ops[i].flags & GNTCOPY_source_gref);
        make_copy_end((struct gnttab_copy_ptr *)&ops[i].dest, ops[i].flags & GNTCOPY_dest_gref);
    }
    long result = ask(GNTTABOP_copy, count);

    for (uint32_t i = 0; i < count; i++)
        copied += result == 0 && ops[i].status == GNTST_okay;
    return result;
}

/* Nobody here accepts a frame; one that could have been given is lost all the same. */
static long transfer(void) {
    struct gnttab_transfer *op = (struct gnttab_transfer *)play_scratch;
    uint32_t which = random_below(PLAY_VICTIMS);

    *op = (struct gnttab_transfer){ .mfn = random_below(8) ? play_victims[which] : random_any() | 0x80000000,
                                    .domid = (domid_t)domain(), .ref = reference(), .status = 1 };
    long result = ask(GNTTABOP_transfer, 1);

    if (op->mfn == play_victims[which] && op->status != GNTST_bad_page && op->status != 1) {
        play_replace(which);
        lost++;
    }
    return result;
}

static long look(void) {
    struct gnttab_setup_table *setup = (struct gnttab_setup_table *)play_scratch;

    if (random_below(2)) {
        *(struct gnttab_query_size *)play_scratch = (struct gnttab_query_size){ .dom = (domid_t)domain() };
        return ask(GNTTABOP_query_size, 1);
    }
    *setup = (struct gnttab_setup_table){ .dom = (domid_t)domain(), .nr_frames = random_below(6) };
    setup->frame_list.p = (void *)(uintptr_t)play_place();
    return ask(GNTTABOP_setup_table, 1);
}

static long nonsense(void) {
    uint32_t operation = random_below(16);

    random_fill(play_scratch, 256);
    if (play_gives_away(__HYPERVISOR_grant_table_op, operation))
        return -1;
    return call(__HYPERVISOR_grant_table_op, operation,
                random_below(2) ? pointer_word(play_scratch) : play_place(), random_below(20), 0, 0);
}

void play_check_grants(void) {
    print("grants: %u mapped, %u unmapped, %u copied, %u frames lost by transfer\n", mapped, unmapped, copied, lost);
    check(mapped != 0 && unmapped != 0 && copied != 0 && lost != 0);
}

long play_grant(void) {
    static long (*const kinds[])(void) = { map, map, unmap, unmap, unmap, copy, copy, transfer, look, nonsense };

    grant();
    return kinds[random_below(sizeof(kinds) / sizeof(kinds[0]))]();
}
