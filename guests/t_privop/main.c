/*
 * t_privop - privileged instructions in a ring-1 kernel: carried out for it, or refused with a general protection
 * fault.
 *
 * Expected outcome: success.
 */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define AREA 0x40000000u
#define CR0_TS 8u
#define CR0_PE_PG 0x80000001u

static volatile uint32_t faults, fault_code, fault_resume, ticks;

static void general_protection(struct trap_frame *frame) {
    faults++;
    fault_code = frame->error_code;
    frame->eip = fault_resume;
}

static void tick(uint32_t port) {
    (void)port;
    ticks++;
}

/* Run code; returns whether it faulted. Goes on behind it in any case. */
#define FAULTS(code, ...)                                                                                        \
    ({                                                                                                           \
        uint32_t before_ = faults;                                                                               \
                                                                                                                 \
        __asm__ volatile("movl $1f, fault_resume\n\t" code "\n1:"                                               \
                         : : __VA_ARGS__ : "memory", "cc", "eax", "ecx", "edx");                                 \
        faults != before_;                                                                                       \
    })

static uint32_t read_cr0(void) {
    uint32_t value;

    __asm__ volatile("movl %%cr0, %0" : "=r"(value));
    return value;
}

static void check_control_registers(void) {
    uint32_t value, base = boot_mfn_of_linear(tables_directory());

    check_group("control registers");
    value = read_cr0();
    check_equal(value & CR0_PE_PG, CR0_PE_PG);
    check_equal(value & CR0_TS, 0);
    __asm__ volatile("movl %0, %%cr0" : : "r"(value | CR0_TS));
    check_equal(read_cr0() & CR0_TS, CR0_TS);
    __asm__ volatile("clts");
    check_equal(read_cr0() & CR0_TS, 0);
    check(FAULTS("movl %0, %%cr0", "r"(value & ~0x80000000u)));      /* paging off */
    check_equal(read_cr0(), value);

    probe_read(AREA + 0x1234, &value);
    __asm__ volatile("movl %%cr2, %0" : "=r"(value));
    check_equal(value, AREA + 0x1234);
    __asm__ volatile("movl %0, %%cr2" : : "r"(0x5678u));
    __asm__ volatile("movl %%cr2, %0" : "=r"(value));
    check_equal(value, 0x5678);

    __asm__ volatile("movl %%cr3, %0" : "=r"(value));
    check_equal(xen_cr3_to_pfn(value), base);                        /* the guest's own directory */
    __asm__ volatile("movl %0, %%cr3" : : "r"(value) : "memory");
    check(FAULTS("movl %0, %%cr3", "r"(0xfffff000u)));
    __asm__ volatile("movl %%cr3, %0" : "=r"(value));
    check_equal(xen_cr3_to_pfn(value), base);

    __asm__ volatile("movl %%cr4, %0" : "=r"(value));
    __asm__ volatile("movl %0, %%cr4" : : "r"(value));               /* the same value is no change */
    check(FAULTS("movl %%cr1, %%eax", "i"(0)));
}

static void check_translation(void) {
    pte_t *table = tables_install(AREA);
    uint32_t *first = page_take(), *second = page_take();

    check_group("invlpg and mov cr3");
    first[0] = 0x11111111;
    second[0] = 0x22222222;
    tables_set(&table[0], tables_make(page_frame(first), PTE_P | PTE_A));
    check_equal(*(volatile uint32_t *)AREA, 0x11111111);
    tables_set(&table[0], tables_make(page_frame(second), PTE_P | PTE_A));
    __asm__ volatile("invlpg (%0)" : : "r"(AREA) : "memory");
    check_equal(*(volatile uint32_t *)AREA, 0x22222222);
    tables_set(&table[0], tables_make(page_frame(first), PTE_P | PTE_A));
    __asm__ volatile("movl %%cr3, %%eax\n\tmovl %%eax, %%cr3" : : : "eax", "memory");
    check_equal(*(volatile uint32_t *)AREA, 0x11111111);
}

static void cpuid(uint32_t leaf, uint32_t out[4]) {
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

/* The prefix with which a kernel asks the hypervisor, not the processor: ud2, "xen". */
static void cpuid_forced(uint32_t leaf, uint32_t out[4]) {
    __asm__ volatile(".byte 0x0f, 0x0b, 'x', 'e', 'n'\n\tcpuid"
                     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                     : "a"(leaf), "c"(0));
}

static void check_cpuid(void) {
    uint32_t real[4], seen[4];

    check_group("cpuid");
    cpuid(0, real);
    cpuid_forced(0, seen);
    check(real[1] == seen[1] && real[2] == seen[2] && real[3] == seen[3]);
    cpuid_forced(1, seen);
    check_equal(seen[3] & 1u << 6, 0);           /* PAE is not for a two-level guest */
    check_equal(seen[3] & 1u << 13, 0);          /* nor are global pages shown, as on Xen */
    cpuid_forced(0x40000000, seen);
    check_equal(seen[1], 0x566e6558);            /* "XenVMMXenVMM" */
    check_equal(seen[2], 0x65584d4d);
    check_equal(seen[3], 0x4d4d566e);
}

static void check_refused(void) {
    uint16_t descriptor[3] = { 0xffff, 0, 0 };

    check_group("what is refused");
    check(FAULTS("inb $0x60, %%al", "i"(0)));
    check(FAULTS("movl $0x508, %%edx\n\tinl %%dx, %%eax", "i"(0)));
    check(FAULTS("movl $0x504, %%edx\n\tmovl $7, %%eax\n\toutl %%eax, %%dx", "i"(0)));
    check(FAULTS("movl $0x12345678, %%ecx\n\trdmsr", "i"(0)));
    check(FAULTS("movl $0x12345678, %%ecx\n\twrmsr", "i"(0)));
    check(FAULTS("lgdt %0", "m"(descriptor)));
    check(FAULTS("lidt %0", "m"(descriptor)));
    check(FAULTS("movw $8, %%ax\n\tltr %%ax", "i"(0)));
    check(FAULTS("movw $8, %%ax\n\tlldt %%ax", "i"(0)));
    check(FAULTS("movw $1, %%ax\n\tlmsw %%ax", "i"(0)));
    check(FAULTS("invd", "i"(0)));
    check_equal(fault_code, 0);
}

static void check_halt(void) {
    uint32_t before = ticks;
    uint64_t start;

    check_group("hlt and rdtsc");
    events_enable();
    __asm__ volatile("hlt");                     /* waits for an event, the clock's */
    check(ticks > before);
    start = clock_tsc();
    check(clock_tsc() > start);
    __asm__ volatile("wbinvd" : : : "memory");
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    trap_handle(13, general_protection);
    trap_handle(6, general_protection);
    event_bind_virq(VIRQ_TIMER, tick);
    check_control_registers();
    check_translation();
    check_cpuid();
    check_refused();
    check_halt();
    check_finish();
}
