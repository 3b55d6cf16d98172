/*
 * t_walls - a guest kernel runs against every wall of the machine layer: memory of the hypervisor, its selectors, all
 * interrupt vectors, breakpoints that fire inside the hypervisor. Each must give the guest an exception or nothing;
 * none may harm the hypervisor.
 *
 * Expected outcome: success.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/traps.h"

#define VECTOR_DEBUG 1u
#define VECTOR_PROTECTION 13u
#define VECTOR_PAGE_FAULT 14u
#define NOTHING 0xffffu

/* Filled by the handler of every exception, which goes on at resume. */
static volatile uint32_t vector, error_code, resume, debug_traps;

static void any(struct trap_frame *frame) {
    vector = frame->vector;
    error_code = frame->error_code;
    frame->eip = resume;
}

/* Single steps and breakpoints: count them, stop stepping, go on. */
static void debug(struct trap_frame *frame) {
    debug_traps++;
    frame->eflags &= ~0x100u;
}

/* Run code, which goes on behind itself also when it faults; the exception it raised, or NOTHING. */
#define RAISED(code, ...)                                                                                        \
    ({                                                                                                           \
        vector = NOTHING;                                                                                        \
        __asm__ volatile("movl $1f, resume\n\t" code "\n1:" : : __VA_ARGS__ : "memory", "cc", "eax", "ecx", "edx"); \
        vector;                                                                                                  \
    })

/* First words of the parts of the hypervisor's range behind the machine-to-physical table, and its last word. */
static const uint32_t hypervisor_places[] = {
    0xfc400000, 0xfc800000, 0xfd000000, 0xfd00e000, 0xfd400000, 0xfd500000, 0xff000000, 0xff800000,
    0xff801000, 0xffc00000, 0xfffffffc,
};

static void check_memory(void) {
    check_group("hypervisor's memory");
    for (uint32_t i = 0; i < sizeof(hypervisor_places) / sizeof(hypervisor_places[0]); i++) {
        check_equal(RAISED("movl (%0), %%eax", "r"(hypervisor_places[i])), VECTOR_PROTECTION);
        check_equal(RAISED("movl %0, (%0)", "r"(hypervisor_places[i])), VECTOR_PROTECTION);
        check_equal(RAISED("jmp *%0", "r"(hypervisor_places[i])), VECTOR_PROTECTION);
    }
    /* across the edge: its last byte lies behind the limit */
    check_equal(RAISED("movl (%0), %%eax", "r"(0xfc3ffffdu)), VECTOR_PROTECTION);
    check_equal(RAISED("movl (%0), %%eax", "r"(MACH2PHYS_VIRT_START_NONPAE)), NOTHING);
    check_equal(RAISED("movl %0, (%0)", "r"(MACH2PHYS_VIRT_START_NONPAE)), VECTOR_PAGE_FAULT);
}

/* The hypervisor's code, data, TSS, LDT and double-fault selectors, asked for with every privilege. */
static void check_selectors(void) {
    static const uint32_t selectors[] = { 0xe008, 0xe010, 0xe038, 0xe040, 0xe048 };

    check_group("hypervisor's selectors");
    for (uint32_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        for (uint32_t privilege = 0; privilege < 4; privilege++) {
            struct {
                uint32_t offset;
                uint16_t selector;
            } __attribute__((packed)) far = { 0, (uint16_t)(selectors[i] | privilege) };

            check_equal(RAISED("movw %w0, %%es", "r"((uint32_t)far.selector)), VECTOR_PROTECTION);
            check_equal(error_code, selectors[i]);
            check_equal(RAISED("ljmp *%0", "m"(far)), VECTOR_PROTECTION);
            check_equal(RAISED("movw %w0, %%ss", "r"((uint32_t)far.selector)), VECTOR_PROTECTION);
        }
    }
}

/*
 * INT n for every vector that is no system call: gates of exceptions answer as the trap table allows, all others with
 * #GP.
 */
static void check_vectors(void) {
    static uint8_t code[8];

    check_group("interrupt vectors");
    for (uint32_t n = 0; n < 256; n++) {
        if (n == TRAP_SYSTEM_CALL || n == 0x82 || n == VECTOR_DEBUG)
            continue;
        code[0] = 0xcd;                 /* int n; jmp *%eax */
        code[1] = (uint8_t)n;
        code[2] = 0xff;
        code[3] = 0xe0;
        uint32_t raised = RAISED("movl $1f, %%eax\n\tjmp *%0", "r"(code));
        if (raised == VECTOR_PROTECTION && n != VECTOR_PROTECTION)
            check_equal(error_code, n * 8 + 2);
        else
            check(raised == n && n < 32);
    }
}

static void set_debug(uint32_t number, uint32_t value) {
    check_equal(hypercall(__HYPERVISOR_set_debugreg, number, value, 0, 0, 0), 0);
}

/*
 * A data breakpoint on what the hypervisor reads and writes for the guest; steps and held-back traps that meet the
 * gate.
 */
static void check_breakpoints(void) {
    static char text[] = "breakpoint\n";
    static uint32_t stack_selector;
    struct { uint64_t words[8]; } info;

    check_group("breakpoints inside the hypervisor");
    set_debug(0, pointer_word(text));
    set_debug(7, 0xf0001);              /* register 0: reads and writes of 4 bytes */
    check_equal(hypercall_console_io(CONSOLEIO_write, sizeof(text) - 1, text), 0);
    set_debug(0, pointer_word(&info));
    check_equal(hypercall_xen_version(XENVER_extraversion, &info), 0);
    set_debug(0, pointer_word(&stack_selector));
    stack_selector = FLAT_KERNEL_SS;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t result;

        __asm__ volatile("movw %1, %%ss\n\tint $0x82" : "=a"(result) : "m"(stack_selector), "0"(63u) : "memory");
        check_equal((long)result, -38);
    }
    set_debug(7, 0);
    debug_traps = 0;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t result;

        __asm__ volatile("pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tint $0x82\n\tnop"
                         : "=a"(result) : "0"(63u) : "memory", "cc");
        check_equal((long)result, -38);
    }
    check(debug_traps >= 3);
}

_Noreturn void guest_main(void) {
    traps_install();
    for (uint32_t n = 0; n < 32; n++)
        trap_handle(n, any);
    trap_handle(VECTOR_DEBUG, debug);
    check_memory();
    check_selectors();
    check_vectors();
    check_breakpoints();
    check_finish();
}
