/*
 * t_global - global pages: with CR4.PGE, entries with the global bit outlive the load of another page directory, and
 * only then.
 *
 * The guest may set it in shadow mode, unless the boot line says global=no. Two directories map the same address to
 * different pages, so a read tells which translation the processor used. Elsewhere, as on Xen, CR4 cannot be changed and
 * an entry with the bit is refused. CPUID shows PGE nowhere, as on Xen. Between two reads the guest may give way to other domains
 * (yields=N), which must not be seen. Command line: offered=no when the boot line says so. Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define AREA 0x40000000u
#define TABLE_AREA 0x44000000u   /* where a frame becomes a table */
#define CR4_PGE 0x80u
#define CPUID_PGE (1u << 13)
#define ALL (PTE_P | PTE_W | PTE_A | PTE_D)
#define FIRST 0x11111111u
#define OTHER 0x22222222u

static uint32_t *first_page, *other_page;
static pte_t *first_table, *other_table, *other_directory;
static volatile uint32_t faults, fault_resume;

static void general_protection(struct trap_frame *frame) {
    faults++;
    frame->eip = fault_resume;
}

static uint32_t read_cr4(void) {
    uint32_t value;

    __asm__ volatile("movl %%cr4, %0" : "=r"(value));
    return value;
}

/* False: it faulted. */
static bool write_cr4(uint32_t value) {
    uint32_t before = faults;

    __asm__ volatile("movl $1f, fault_resume\n\tmovl %0, %%cr4\n1:" : : "r"(value) : "memory");
    return faults == before;
}

static bool cpuid_shows(void) {
    uint32_t a = 1, b, c, d;

    __asm__ volatile(".byte 0x0f, 0x0b, 'x', 'e', 'n'\n\tcpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return (d & CPUID_PGE) != 0;
}

static uint32_t read_at(uint32_t linear) {
    return *(volatile uint32_t *)linear;
}

/* The first directory maps page n of the area with flags to first_page, the other one to other_page. */
static uint32_t map(uint32_t n, pte_t flags) {
    first_table[n] = tables_make(page_frame(first_page), flags);
    other_table[n] = tables_make(page_frame(other_page), flags);
    tables_flush();
    return AREA + n * GUEST_PAGE_SIZE;
}

/* Use page n under the first directory, then load the other one. */
static uint32_t use_and_load(uint32_t n, pte_t flags) {
    uint32_t linear = map(n, flags);

    check_equal(tables_load(tables_directory()), 0);
    check_equal(read_at(linear), FIRST);
    check_equal(tables_load(other_directory), 0);
    return linear;
}

static void check_loads(bool global) {
    uint32_t linear;

    check_group(global ? "with CR4.PGE" : "without");
    check_equal(read_at(use_and_load(1, ALL)), OTHER);
    linear = use_and_load(2, ALL | PTE_G);
    check_equal(read_at(linear), global ? FIRST : OTHER);
    check_equal(tables_load(tables_directory()), 0);
    check_equal(read_at(linear), FIRST);
    linear = use_and_load(3, ALL | PTE_G);
    tables_flush_page(linear);
    check_equal(read_at(linear), OTHER);
    linear = use_and_load(4, ALL | PTE_G);
    tables_flush();
    check_equal(read_at(linear), OTHER);
}

static void check_control_register(void) {
    uint32_t linear = use_and_load(5, ALL | PTE_G);

    check_group("CR4");
    check(write_cr4(read_cr4() & ~CR4_PGE));
    check_equal(read_cr4() & CR4_PGE, 0);
    check_equal(read_at(linear), OTHER);
    check_equal(read_at(use_and_load(5, ALL | PTE_G)), OTHER);
    check(write_cr4(read_cr4() | CR4_PGE));
    check_equal(read_cr4() & CR4_PGE, CR4_PGE);
    check(!write_cr4(read_cr4() ^ 0x10u));       /* PSE is not the guest's */
    check_equal(hypercall_vm_assist(VMASST_CMD_disable, PENUMBRA_VMASST_TYPE_shadow_global), 0);
    check_equal(read_at(use_and_load(5, ALL | PTE_G)), OTHER);
    check_equal(hypercall_vm_assist(VMASST_CMD_enable, PENUMBRA_VMASST_TYPE_shadow_global), 0);
    check_equal(read_at(use_and_load(5, ALL | PTE_G)), FIRST);
}

/*
 * A page that was written through a global entry of the first directory becomes a table while the other one is loaded:
 * what is stored to it from then on through that address must be seen.
 */
static void check_table(void) {
    volatile pte_t *seen = (volatile pte_t *)(AREA + 6 * GUEST_PAGE_SIZE);
    uint32_t *frame = page_take();

    check_group("a page becomes a table");
    first_table[6] = tables_make(page_frame(frame), ALL | PTE_G);
    other_table[6] = first_table[6];
    check_equal(tables_load(tables_directory()), 0);
    seen[0] = tables_make(page_frame(first_page), ALL);
    check_equal(tables_load(other_directory), 0);
    other_directory[TABLE_AREA / L2_SPAN] = tables_make(page_frame(frame), ALL);
    check_equal(read_at(TABLE_AREA), FIRST);
    seen[0] = tables_make(page_frame(other_page), ALL);
    tables_flush_page(TABLE_AREA);
    check_equal(read_at(TABLE_AREA), OTHER);
    for (uint32_t i = 0; i < 64; i++) {          /* often enough to go out of sync, and back at the load */
        seen[i] = tables_make(page_frame(i % 2 != 0 ? first_page : other_page), ALL);
        if (i % 16 == 15)
            check_equal(tables_load(other_directory), 0);
    }
    check_equal(read_at(TABLE_AREA + 5 * GUEST_PAGE_SIZE), FIRST);
    seen[5] = tables_make(page_frame(other_page), ALL);
    check_equal(tables_load(other_directory), 0);
    check_equal(read_at(TABLE_AREA + 5 * GUEST_PAGE_SIZE), OTHER);
    other_directory[TABLE_AREA / L2_SPAN] = 0;
    check_equal(tables_load(tables_directory()), 0);
}

/* Other domains, which have the same address too, run in between. */
static void check_others(void) {
    uint32_t linear = map(7, ALL | PTE_G), wrong = 0, mine = boot_mfn_of_linear(first_page);

    check_group("other domains");
    check_equal(tables_load(tables_directory()), 0);
    first_page[0] = mine;
    for (uint32_t i = boot_number("yields", 0); i != 0; i--) {
        wrong += read_at(linear) != mine;
        hypercall_sched_op(SCHEDOP_yield, NULL);
    }
    check_equal(wrong, 0);
    first_page[0] = FIRST;
}

/* Tables with the bit are not for other modes; when it is gone they are. */
static void check_modes(void) {
    uint32_t value;

    check_group("modes");
    (void)map(1, ALL);
    for (uint32_t n = 2; n < 8; n++)
        first_table[n] = other_table[n] = 0;
    first_table[2] = tables_make(page_frame(first_page), ALL | PTE_G);
    mode_protect_tables();
    page_protect(other_directory, false);
    page_protect(other_table, false);
    check_errno(mode_switch(PENUMBRA_MODE_direct), XEN_EINVAL);
    check_equal(read_cr4() & CR4_PGE, CR4_PGE);
    check_equal(read_at(AREA + 2 * GUEST_PAGE_SIZE), FIRST);
    check_equal(tables_update(&first_table[2], 0), 0);
    check_equal(mode_switch(PENUMBRA_MODE_direct), 0);
    check(!probe_read(AREA + 2 * GUEST_PAGE_SIZE, &value)); /* a change of mode forgets it */
    check_equal(read_at(AREA + GUEST_PAGE_SIZE), FIRST);
    check_errno(tables_update(&first_table[2], tables_make(page_frame(first_page), PTE_P | PTE_A | PTE_G)), XEN_EINVAL);
    check_equal(read_cr4() & CR4_PGE, CR4_PGE);
    check(write_cr4(read_cr4() & ~CR4_PGE));
    check(!write_cr4(read_cr4() | CR4_PGE));
    check_equal(mode_switch(PENUMBRA_MODE_shadow), 0);
    check_equal(read_cr4() & CR4_PGE, 0);
}

static void check_offered(void) {
    first_page = page_take();
    other_page = page_take();
    other_directory = page_take();
    other_table = page_take();
    first_page[0] = FIRST;
    other_page[0] = OTHER;
    first_table = tables_install(AREA);
    memcpy(other_directory, tables_directory(), GUEST_PAGE_SIZE);
    other_directory[AREA / L2_SPAN] = tables_make(page_frame(other_table), PTE_P | PTE_W | PTE_A);
    check_equal(read_cr4() & CR4_PGE, 0);
    check_loads(false);
    check(write_cr4(read_cr4() | CR4_PGE));
    check_equal(read_cr4() & CR4_PGE, CR4_PGE);
    check_loads(true);
    check_control_register();
    check_table();
    check_others();
    check_modes();
}

/* As on Xen. */
static void check_not_offered(void) {
    check_group("not offered");
    check_equal(read_cr4() & CR4_PGE, 0);
    check(!write_cr4(read_cr4() | CR4_PGE));
    if (mode_now() == PENUMBRA_MODE_direct || mode_now() == PENUMBRA_MODE_writable) {
        pte_t *table = tables_install(AREA);

        check_errno(tables_update(&table[0], tables_make(page_frame(page_take()), PTE_P | PTE_A | PTE_G)), XEN_EINVAL);
    }
}

_Noreturn void guest_main(void) {
    char offered[4] = "yes";

    traps_install();
    probe_start();
    trap_handle(13, general_protection);
    boot_option("offered", offered, sizeof(offered));
    check(!cpuid_shows());
    if (mode_now() == PENUMBRA_MODE_shadow && offered[0] == 'y')
        check_offered();
    else
        check_not_offered();
    check_finish();
}
