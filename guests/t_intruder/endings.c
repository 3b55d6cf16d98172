/* endings.c - to die in the middle of something; see attacks.h. */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/clock.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/random.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/t_intruder/attacks.h"

#define HYPERCALLS 40u
#define REGION 0x40000000u

static struct sched_shutdown reboot = { .reason = SHUTDOWN_reboot };

/* A hypercall, the end, and the hypercall again. Each life takes the next number. */
void attack_die_in_multicall(void) {
    static struct multicall_entry calls[3];
    uint32_t number = random_any() % HYPERCALLS;

    for (uint32_t i = 0; i < 3; i += 2) {
        calls[i].op = number;
        for (uint32_t argument = 0; argument < 5; argument++)
            calls[i].args[argument] = random_any() % 3 ? random_any() % 64 : pointer_word(page_take());
    }
    calls[1].op = __HYPERVISOR_sched_op;
    calls[1].args[0] = SCHEDOP_shutdown;
    calls[1].args[1] = pointer_word(&reboot);
    hypercall_multicall(calls, 3);
    attack_succeeded("lives on after its end, with hypercall", number);
}

static void die(uint32_t port) {
    (void)port;
    hypercall_sched_op(SCHEDOP_shutdown, &reboot);
}

/* A directory full of tables, which takes several parts to check and to give up. */
static pte_t *make_directory(uint32_t tables) {
    pte_t *directory = page_take();

    for (uint32_t i = 0; i < TABLES_GUEST_SLOTS; i++)
        directory[i] = tables_directory()[i];
    for (uint32_t i = 0; i < tables; i++) {
        pte_t *table = page_take();

        for (uint32_t entry = 0; entry < 1024; entry++)
            table[entry] = tables_make(page_frame(page_take) + entry % 8, PTE_P | PTE_A);
        tables_close(table);
        directory[REGION / L2_SPAN + i] = tables_make(page_frame(table), PTE_P | PTE_W | PTE_U | PTE_A);
    }
    tables_close(directory);
    return directory;
}

/* The clock ends the domain between two parts of a long hypercall. */
void attack_die_in_long_call(void) {
    pte_t *directory = make_directory(60);

    event_bind_virq(VIRQ_TIMER, die);
    hypercall_set_timer_op(clock_ns() + 1000 + random_any() % 20000);
    events_enable();
    for (;;) {
        tables_pin(directory, 2);
        tables_unpin(directory);
    }
}

/* On a directory of its own, with pins, descriptor tables shown, and in writable mode with a table disconnected. */
void attack_die_with_tables(void) {
    pte_t *directory = make_directory(20), *table;
    uint64_t *descriptors = page_take();
    unsigned long frame = boot_mfn_of_linear(descriptors);

    page_protect(descriptors, false);
    hypercall_set_gdt(&frame, 512);
    tables_pin(directory, 2);
    tables_load(directory);
    table = tables_install(0x50000000);
    for (uint32_t i = 0; i < 100; i++)
        tables_set(&table[random_any() % 1024], tables_make(page_frame(directory), PTE_P | PTE_A));
    if (random_any() % 2)
        panic("by its own hand");
}

/* Change to and fro, and end right behind a change. */
void attack_die_between_modes(void) {
    pte_t *directory = make_directory(30);

    tables_pin(directory, 2);
    for (uint32_t i = 0; i <= random_any() % 6; i++) {
        hypercall_vm_assist(random_any() % 2 ? VMASST_CMD_enable : VMASST_CMD_disable,
                            PENUMBRA_VMASST_TYPE_shadow_pagetables);
        hypercall_vm_assist(random_any() % 2 ? VMASST_CMD_enable : VMASST_CMD_disable,
                            VMASST_TYPE_writable_pagetables);
    }
}
