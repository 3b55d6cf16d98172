/* linear.c - directories that map themselves and each other, and the hypervisor's slots (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/t_types/t_types.h"

#define SLOT (SELF_AREA / L2_SPAN)

/* Let directory map target as one of its tables. */
static long link(const pte_t *directory, const pte_t *target, pte_t flags) {
    return tables_update(&directory[SLOT], entry_for(target, PTE_P | flags));
}

static void unlink(const pte_t *directory) {
    check_equal(tables_update(&directory[SLOT], 0), 0);
}

static void check_self(void) {
    pte_t *directory = tables_directory();
    uint32_t value, seen = SELF_AREA + SELF_AREA / L2_SPAN * GUEST_PAGE_SIZE;

    check_group("a directory maps itself");
    check_errno(link(directory, directory, PTE_W), XEN_EINVAL);
    check_equal(link(directory, directory, 0), 0);
    check_errno(link(directory, directory, PTE_W), XEN_EINVAL);      /* nor by changing a flag */
    check_errno(link(directory, directory, PTE_W | PTE_A), XEN_EINVAL);
    check_equal(link(directory, directory, PTE_U), 0);
    tables_flush();
    check(probe_read(seen + SLOT * 4, &value) && (value & ~(PTE_A | PTE_D)) == entry_for(directory, PTE_P | PTE_U));
    check(probe_read(SELF_AREA + AREA / 1024 + 4, &value) && value == area_table[1]);
    check(!probe_write(seen, 0));
    check_equal(probe_error_code(), 3);
    check(!probe_write(SELF_AREA + AREA / 1024 + 4, 0));
    check_errno(hypercall_update_va_mapping(seen, 0, UVMF_NONE), XEN_EINVAL);        /* no L1 entry of ours maps it */
    unlink(directory);
    tables_flush();
    check(!probe_read(seen, &value));
}

/* c -> b -> a is one too deep, whichever link comes last, and so is every loop. */
static void check_chains(void) {
    pte_t *a = directory_page(), *b = directory_page(), *c = directory_page();

    check_group("chains and loops");
    check_errno(link(tables_directory(), a, 0), XEN_EINVAL);         /* a is no directory yet, and no L1 table either */
    check_equal(tables_pin(a, 2), 0);
    check_equal(tables_pin(b, 2), 0);
    check_equal(tables_pin(c, 2), 0);
    check_errno(link(b, a, PTE_W), XEN_EINVAL);
    check_equal(link(b, a, 0), 0);
    check_errno(link(b, a, PTE_W), XEN_EINVAL);
    check_errno(link(c, b, 0), XEN_EINVAL);
    check_errno(link(a, b, 0), XEN_EINVAL);
    check_errno(link(a, c, 0), XEN_EINVAL);
    check_equal(link(c, a, 0), 0);                                   /* two may map the same */
    check_equal(link(a, a, 0), 0);                                   /* itself is not deeper */
    unlink(c);
    unlink(b);
    unlink(a);
    check_equal(link(a, c, 0), 0);                                   /* now it may be the other way round */
    check_errno(link(c, b, 0), XEN_EINVAL);
    check_errno(link(b, a, 0), XEN_EINVAL);
    unlink(a);
    check_equal(tables_unpin(c), 0);

    /* The same rules for a directory that is checked as a whole. */
    check_equal(link(b, a, 0), 0);
    check_equal(link(c, b, 0), 0);                                   /* c is memory now, and takes anything */
    check_errno(tables_pin(c, 2), XEN_EINVAL);
    check_equal(link(c, a, PTE_W), 0);
    check_errno(tables_pin(c, 2), XEN_EINVAL);
    check_equal(link(c, a, 0), 0);
    check_equal(tables_pin(c, 2), 0);
    check_equal(tables_unpin(a), 0);                                 /* still a directory: b and c map it */
    check_errno(hypercall_update_va_mapping(AREA, entry_for(a, PTE_P | PTE_W), UVMF_INVLPG), XEN_EINVAL);
    check_equal(tables_unpin(b), 0);
    check_equal(tables_unpin(c), 0);
    tables_open(a);
    tables_open(b);
    tables_open(c);
    for (uint32_t i = TABLES_GUEST_SLOTS; i < 1024; i++)
        check(a[i] == 0 && b[i] == 0 && c[i] == 0);
}

static void check_hypervisor_slots(void) {
    pte_t *directory = tables_directory();

    check_group("the hypervisor's slots");
    for (uint32_t i = TABLES_GUEST_SLOTS; i < 1024; i++) {
        pte_t before = directory[i];

        check_errno(tables_update(&directory[i], 0), XEN_EINVAL);
        check_errno(tables_update(&directory[i], entry_for(area_table, PTE_P)), XEN_EINVAL);
        check_errno(tables_update(&directory[i], before ^ PTE_U), XEN_EINVAL);
        check_errno(hypercall_update_va_mapping(i * L2_SPAN, 0, UVMF_NONE), XEN_EINVAL);
        check_equal(directory[i] & ~(PTE_A | PTE_D), before & ~(PTE_A | PTE_D));
    }
}

void check_linear(void) {
    check_self();
    check_chains();
    check_hypervisor_slots();
}
