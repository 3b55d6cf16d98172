/*
 * bench - one measurement per operation of the hypervisor, for `make bench`.
 *
 * Each operation is repeated between a measure_begin and a measure_end marker; the trace's counters at both give its
 * cost in instructions by ring. "empty" has nothing between its markers: what they cost themselves. What is measured
 * depends on the paging mode that the guest is started in: here the operations that have nothing to do with it, and
 * those of shadow mode; those on page tables that each mode does in its own way are in tables.c. With role=switch and
 * role=yield two domains measure the switch from one to the other, and nothing else (domains.c). With role=log and
 * role=look nothing is measured here: a privileged domain keeps the log of another one's dirty frames, or does not.
 */
#include <stddef.h>

#include "guests/bench/bench.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

/* Regions for page tables of our own, far from the kernel. */
#define FAULT_AREA 0x10000000u
#define FILL_AREA 0x20000000u

static uint32_t number;

void begin(const char *name) {
    hypercall_marker(PENUMBRA_MARKER_measure_begin, ++number, 0, 0, name);
}

void end(const char *name, uint32_t operations) {
    hypercall_marker(PENUMBRA_MARKER_measure_end, number, operations, 0, name);
    print("%s: %u operations\n", name, operations);
}

static void measure_empty(void) {
    begin("empty");
    end("empty", 1);
}

/* A hypercall that has nothing to do. */
static void measure_null_hypercall(void) {
    begin("null_hypercall");
    for (uint32_t i = 0; i < REPEAT; i++)
        hypercall_xen_version(XENVER_version, NULL);
    end("null_hypercall", REPEAT);
}

/*
 * The page-fault handler goes on at the address in edi: frame {error code, eip, cs, eflags}. It returns within ring 1
 * by itself, so that only the delivery costs ring-0 instructions.
 */
__asm__(".pushsection .text\n"
        "bench_fault_handler:\n\t"
        "addl $4, %esp\n\t"
        "movl %edi, (%esp)\n\t"
        "iret\n"
        ".popsection");
extern const uint8_t bench_fault_handler[];

static void measure_guest_fault(void) {
    static struct trap_info table[2] = { { 14, 0, FLAT_KERNEL_CS, 0 } };
    uint32_t left = REPEAT, value, resume;

    tables_install(FAULT_AREA);               /* a table without entries: the walk ends at level 1 */
    table[0].address = pointer_word(bench_fault_handler);
    hypercall_set_trap_table(table);
    begin("guest_fault");
    __asm__ volatile("movl $1f, %%edi\n"
                     "0:\tmovl (%3), %1\n"
                     "1:\tdecl %0\n\t"
                     "jnz 0b"
                     : "+r"(left), "=&r"(value), "=&D"(resume)
                     : "r"(FAULT_AREA)
                     : "memory", "cc");
    end("guest_fault", REPEAT);
    traps_install();
}

/*
 * The event callback takes what is pending and returns to the interrupted code: frame {eip, cs and saved mask, eflags}.
 * Like the fault handler it needs no hypercall. bench_events counts, so that a delivery that did not come is noticed.
 */
__asm__(".pushsection .text\n"
        "bench_event_handler:\n\t"
        "pushl %eax\n\t"
        "movl shared_info, %eax\n\t"
        "movb $0, (%eax)\n\t"                  /* evtchn_upcall_pending of vcpu 0 */
        "movl $0, 4(%eax)\n\t"                 /* evtchn_pending_sel */
        "movl bench_event_word, %eax\n\t"
        "movl $0, (%eax)\n\t"                  /* evtchn_pending */
        "incl bench_events\n\t"
        "movl shared_info, %eax\n\t"
        "movb $0, 1(%eax)\n\t"                 /* evtchn_upcall_mask: the next may come */
        "popl %eax\n\t"
        "iret\n"
        ".popsection");
extern const uint8_t bench_event_handler[];
volatile unsigned long *bench_event_word;
volatile uint32_t bench_events;

_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_pending) == 0 &&
               offsetof(struct vcpu_info, evtchn_upcall_mask) == 1 &&
               offsetof(struct vcpu_info, evtchn_pending_sel) == 4, "bench_event_handler knows them");

/* Sent and delivered, from the hypercall to the callback's first instruction. */
static void measure_event(const char *name, uint32_t send_port, uint32_t port) {
    struct vcpu_info *vcpu = &shared_info->vcpu_info[0];

    bench_event_word = &shared_info->evtchn_pending[port / 32];
    *bench_event_word = 0;               /* a channel that has just been bound is pending */
    vcpu->evtchn_pending_sel = 0;
    vcpu->evtchn_upcall_pending = 0;
    bench_events = 0;
    hypercall_set_callbacks(FLAT_KERNEL_CS, pointer_word(bench_event_handler), FLAT_KERNEL_CS,
                            pointer_word(trap_entry_failsafe));
    vcpu->evtchn_upcall_mask = 0;
    begin(name);
    for (uint32_t i = 0; i < REPEAT; i++)
        event_send(send_port);
    end(name, REPEAT);
    vcpu->evtchn_upcall_mask = 1;
    traps_install();
    if (bench_events != REPEAT)
        panic("%s: %u of %u events were delivered", name, bench_events, REPEAT);
}

/* From a port to itself, and from one end of a channel to the other. */
static void measure_events(void) {
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_alloc_unbound near = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain far = { .remote_dom = DOMID_SELF };

    if (hypercall_event_channel_op(EVTCHNOP_bind_ipi, &ipi) != 0 ||
        hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &near) != 0)
        panic("the hypervisor refused an event channel");
    far.remote_port = near.port;
    if (hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &far) != 0)
        panic("the hypervisor refused to bind the channel");
    measure_event("event_self", ipi.port, ipi.port);
    measure_event("event_channel", far.local_port, near.port);
}

/*
 * First touches of pages that the guest's entries map, with accessed and dirty set already. Page 0 makes the tables'
 * shadows first.
 */
static void measure_shadow_fill(void) {
    pte_t *table = page_take();
    pte_t *slot = &tables_directory()[FILL_AREA / L2_SPAN];

    for (uint32_t i = 0; i <= REPEAT; i++)
        table[i] = tables_make(frame_take(), PTE_P | PTE_W | PTE_A | PTE_D);
    *(volatile pte_t *)slot = tables_make(page_frame(table), PTE_P | PTE_W | PTE_A);
    *(volatile uint32_t *)FILL_AREA = 1;
    begin("shadow_fill");
    for (uint32_t i = 1; i <= REPEAT; i++)
        *(volatile uint32_t *)(FILL_AREA + i * GUEST_PAGE_SIZE) = i;
    end("shadow_fill", REPEAT);
}

/* Two page directories in turn, both known to the hypervisor. */
static void measure_base_pointer(void) {
    pte_t *other = page_take();
    struct mmuext_op operations[2] = { { .cmd = MMUEXT_NEW_BASEPTR }, { .cmd = MMUEXT_NEW_BASEPTR } };

    for (uint32_t i = 0; i < 1024; i++)
        other[i] = tables_directory()[i];
    operations[0].arg1.mfn = boot_mfn_of(page_frame(other));
    operations[1].arg1.mfn = boot_mfn_of_linear(tables_directory());
    for (uint32_t i = 0; i < 4; i++) {
        if (hypercall_mmuext_op(&operations[i % 2], 1, NULL, DOMID_SELF) != 0)
            panic("the hypervisor refused the base pointer");
    }
    begin("base_pointer");
    for (uint32_t i = 0; i < REPEAT; i++)
        hypercall_mmuext_op(&operations[i % 2], 1, NULL, DOMID_SELF);
    end("base_pointer", REPEAT);
}

static void measure_shadow_mode(void) {
    measure_null_hypercall();
    measure_guest_fault();
    measure_events();
    measure_shadow_fill();
    measure_base_pointer();
    measure_spaces();
    measure_policies();
}

_Noreturn void guest_main(void) {
    char role[8] = "";

    boot_option("role", role, sizeof(role));
    traps_install();
    /* The domain's clock would only add its interrupts to the counts. */
    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    if (role[0] == 'y') {
        yield_in_turn();
        finish(PENUMBRA_OUTCOME_success);
    }
    if (role[0] == 'l') {
        watch_other(role[2] == 'g');
        finish(PENUMBRA_OUTCOME_success);
    }
    measure_empty();
    if (role[0] == 's') {
        measure_domain_switch();
        finish(PENUMBRA_OUTCOME_success);
    }
    if (mode_now() == PENUMBRA_MODE_shadow)
        measure_shadow_mode();
    measure_grants();
    measure_tables();
    finish(PENUMBRA_OUTCOME_success);
}
