/* play.c - see play.h; grants are in play_grants.c. */
#include "guests/lib/play.h"

#include <xen/grant_table.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

uint32_t play_victims[PLAY_VICTIMS];
uint8_t *play_scratch;
pte_t *play_table;

static play_call *call;

void play_start(play_call *how) {
    call = how;
    play_scratch = page_take();
    play_table = tables_install(PLAY_WINDOW);
    for (uint32_t i = 0; i < PLAY_VICTIMS; i++)
        play_victims[i] = boot_mfn_of(frame_take());
    play_grants_start(how);
}

bool play_gives_away(uint32_t number, uint32_t operation) {
    return boot_is_translated() && number == __HYPERVISOR_grant_table_op &&
           (operation == GNTTABOP_transfer || operation == GNTTABOP_copy);
}

uint32_t play_free_number(void) {
    return (uint32_t)start_info->nr_pages + 512 + random_below(PLAY_WINDOW_PAGES);
}

uint32_t play_frame(void) {
    static const uint32_t others[] = { 0xfffff, 0x100000, 0xffffffff, 0, 1, 0xb8, 0x100, 0x1000 };

    if (random_below(12) != 0)
        return play_victims[random_below(PLAY_VICTIMS)];
    if (boot_is_translated()) /* low numbers are ours, and hold what we live on */
        return random_below(2) ? play_free_number() : others[random_below(3)];
    return others[random_below(COUNT(others))];
}

uint32_t play_address(void) {
    return PLAY_WINDOW + random_below(PLAY_WINDOW_PAGES) * GUEST_PAGE_SIZE + random_below(1024) * 4;
}

uint32_t play_place(void) {
    static const uint32_t nowhere[] = { 0, 4, 0xfbffffff, 0xfc000000, 0xfd000000, 0xffffffff, 0xc0000ffe };

    switch (random_below(12)) {
    case 0:
        return nowhere[random_below(COUNT(nowhere))];
    case 1:
        return play_address();
    default:
        return pointer_word(play_scratch) + 2048 + random_below(8) * 128;
    }
}

long play_set_gdt(void) {
    uint32_t *frames = (uint32_t *)play_scratch, pages = random_below(4);

    for (uint32_t i = 0; i < pages; i++)
        frames[i] = play_frame();
    return call(__HYPERVISOR_set_gdt, pointer_word(frames), pages * 512 - (pages != 0 ? random_below(512) : 0), 0, 0,
                0);
}

long play_update_descriptor(void) {
    static const uint64_t good[] = { 0x00cbf2000000ffffull, 0x00cbfa000000ffffull, 0, 0x00cb92000000ffffull };
    uint64_t descriptor = random_below(3) ? good[random_below(4)] : (uint64_t)random_any() << 32 | random_any();
    uint64_t address = ((uint64_t)play_frame() << 12) + random_below(513) * 8;

    return call(__HYPERVISOR_update_descriptor, (uint32_t)address, (uint32_t)(address >> 32), (uint32_t)descriptor,
                (uint32_t)(descriptor >> 32), 0);
}

/* One frame is given or got. */
static long reserve(uint32_t command, unsigned long *frame) {
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(request.extent_start, frame);
    return call(__HYPERVISOR_memory_op, command, pointer_word(&request), 0, 0, 0);
}

/* A translated guest knows it by the same number, which has no frame now. */
void play_replace(uint32_t which) {
    unsigned long frame = boot_is_translated() ? play_victims[which] : 0xffffffff;

    check_equal(reserve(boot_is_translated() ? XENMEM_populate_physmap : XENMEM_increase_reservation, &frame), 1);
    play_victims[which] = (uint32_t)frame;
}

static long physmap(uint32_t command, uint32_t space, uint32_t index, uint32_t number) {
    struct xen_add_to_physmap to = { .domid = DOMID_SELF, .space = space, .idx = index, .gpfn = number };
    struct xen_remove_from_physmap from = { .domid = DOMID_SELF, .gpfn = number };

    return call(__HYPERVISOR_memory_op, command,
                command == XENMEM_add_to_physmap ? pointer_word(&to) : pointer_word(&from), 0, 0, 0);
}

/* A victim's frame goes elsewhere and comes back; or it goes; the grant table's second frame goes anywhere. */
static long play_physmap(uint32_t which) {
    uint32_t number = play_free_number(), victim = play_victims[which];

    switch (random_below(4)) {
    case 0:
        if (physmap(XENMEM_add_to_physmap, XENMAPSPACE_gmfn, victim, number) != 0)
            return -1;
        tables_update(&play_table[random_below(PLAY_WINDOW_PAGES)], number << 12 | PTE_P | PTE_W);
        if (physmap(XENMEM_add_to_physmap, XENMAPSPACE_gmfn, number, victim) != 0) {
            check(false); /* nothing can have happened to it */
            play_replace(which);
        }
        return 0;
    case 1:
        if (physmap(XENMEM_remove_from_physmap, 0, 0, victim) != 0)
            return -1;
        play_replace(which);
        return 0;
    case 2:
        return physmap(XENMEM_add_to_physmap, XENMAPSPACE_grant_table, 1 + random_below(4), number);
    default:
        return physmap(random_below(2) ? XENMEM_add_to_physmap : XENMEM_remove_from_physmap, 4 + random_below(4),
                       random_any(), number);
    }
}

long play_memory_op(void) {
    uint32_t which = random_below(PLAY_VICTIMS);
    unsigned long frame = play_victims[which];

    if (boot_is_translated() && random_below(2))
        return play_physmap(which);
    if (reserve(XENMEM_decrease_reservation, &frame) != 1)
        return -1;
    play_replace(which);
    return 0;
}
