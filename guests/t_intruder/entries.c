/* entries.c - stacks, handlers, selectors, descriptors; see attacks.h. */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/clock.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/random.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"
#include "guests/t_intruder/attacks.h"

#define DESCRIPTORS 512u

static const uint32_t places[] = { 0, 2, 0x1000, 0xfbfffffe, 0xfc000000, 0xfd000000, 0xff800000, 0xfffffffe };

static uint32_t any_place(void) {
    return places[random_any() % (sizeof(places) / sizeof(places[0]))];
}

static void ignore(struct trap_frame *frame) {
    user_trapped(frame);
    frame->eip += 2;                 /* the faulting instructions below are two bytes long */
}

static void ignore_faults(void) {
    for (uint32_t vector = 0; vector < 20; vector++)
        if (vector != 14)
            trap_handle(vector, ignore);
}

/* A table of whatever is accepted, in the GDT and in the LDT, and every selector loaded. */
void attack_descriptors(void) {
    uint64_t *table = page_take();
    unsigned long frame = boot_mfn_of_linear(table);
    struct mmuext_op ldt = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = pointer_word(table), .arg2.nr_ents = DESCRIPTORS };

    ignore_faults();
    for (uint32_t i = 0; i < 4 * DESCRIPTORS; i++)
        hypercall_update_descriptor(((uint64_t)frame << 12) + i % DESCRIPTORS * 8,
                                    (uint64_t)random_any() << 32 | random_any());
    page_protect(table, false);
    if (random_any() % 2)
        hypercall_set_gdt(&frame, DESCRIPTORS);
    else
        hypercall_mmuext_op(&ldt, 1, NULL, DOMID_SELF);
    for (uint32_t selector = 0; selector < 0x10000; selector += 1 + random_any() % 3)
        __asm__ volatile("movl %0, %%fs" : : "r"(selector));  /* 8e e0: two bytes */
}

void attack_selectors(void) {
    ignore_faults();
    for (uint32_t selector = 0; selector < 0x10000; selector++)
        __asm__ volatile("movl %0, %%gs" : : "r"(selector));
    __asm__ volatile("movl %0, %%ss" : : "r"(random_any() & 0xffff));
}

USER_CODE_PIECE(code_trap, "ud2");

/* A stack for traps from ring 3 that is not there, or the hypervisor's. */
void attack_trap_stack(void) {
    user_start();
    hypercall_stack_switch(random_any() % 2 ? FLAT_KERNEL_SS : random_any() & 0xffff, any_place());
    user_run(&code_trap, 0);
}

/* The same for an event that comes in ring 1. */
void attack_event_stack(void) {
    event_bind_virq(VIRQ_TIMER, NULL);
    events_enable();
    __asm__ volatile("movl %0, %%esp\n1:\tjmp 1b" : : "r"(any_place()));
}

void attack_handlers(void) {
    struct trap_info table[] = {
        { 6, (uint8_t)random_any(), (uint16_t)random_any(), any_place() },
        { 0x80, 3, (uint16_t)random_any(), any_place() },
        { 13, 7, (uint16_t)random_any(), any_place() },
        { 0, 0, 0, 0 },
    };

    hypercall_set_trap_table(table);
    __asm__ volatile("int $0x80");
    __asm__ volatile("ud2");
}

/* The iret hypercall with a frame of nonsense, on a stack of our own or of nobody's. */
void attack_iret(void) {
    static uint32_t frame[8];
    uint32_t stack = random_any() % 4 ? pointer_word(frame) : any_place();

    ignore_faults();
    for (uint32_t i = 0; i < 8; i++)
        frame[i] = random_any() % 2 ? random_any() : any_place();
    __asm__ volatile("movl %0, %%esp\n\tmovl $23, %%eax\n\tint $0x82\n\tud2" : : "r"(stack));
}

void attack_callbacks(void) {
    hypercall_set_callbacks(random_any() & 0xffff, any_place(), random_any() & 0xffff, any_place());
    event_send(event_bind_ipi(NULL));
    events_enable();
    __asm__ volatile("movl %0, %%ds" : : "r"(0x13));
    for (;;)
        hypercall_sched_op(SCHEDOP_yield, NULL);
}

USER_CODE_PIECE(code_bad, "movl $0xfc000000, %esp\n\tpush %eax\n\tint $0x80");
USER_CODE_PIECE(code_hypercall, "movl $29, %eax\n\tmovl $2, %ebx\n\tint $0x82\n\tint $0x80");
USER_CODE_PIECE(code_ports, "outb %al, $0x20\n\tint $0x80");
USER_CODE_PIECE(code_look, "movl 0xfd400000, %eax\n\tint $0x80");

/* Ring 3 tries what only others may. */
void attack_ring_3(void) {
    static const struct user_code *const codes[] = { &code_bad, &code_hypercall, &code_ports, &code_look };

    ignore_faults();
    trap_handle(TRAP_SYSTEM_CALL, ignore);
    user_start();
    for (uint32_t i = 0; i < 4; i++) {
        struct trap_frame *frame = user_run(codes[i], 0);

        if (frame->vector == TRAP_SYSTEM_CALL)
            attack_succeeded("ring 3 could do what it must not", i);
    }
}
