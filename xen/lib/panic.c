/*
 * panic.c - see panic.h. Everything here must work in any state: it allocates nothing and trusts no pointer but the
 * stack's own bounds.
 */
#include "xen/lib/panic.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "trace/emit.h"
#include "xen/cpu/entry.h"
#include "xen/cpu/io.h"
#include "xen/cpu/shutdown.h"
#include "xen/lib/printk.h"
#include "xen/lib/symbols.h"
#include "xen/mm/paging.h"

#define LAST_RECORDS 16
#define DEEPEST_TRACE 32
#define TEXT_BYTES 240
/* vector of the record `panic` when no exception led here */
#define VECTOR_NONE 256
#define VECTOR_DOUBLE_FAULT 8
#define CALL_OPCODE 0xe8
#define CALL_BYTES 5

static bool panicking;

/*
 * back: 1 for a return address, which may lie behind the end of a function that calls something that does not return.
 */
static void print_place(uint32_t address, uint32_t back) {
    uint32_t offset;
    const char *name = symbol_of(address - back, &offset);
    if (name) {
        printk("  %08x %s+0x%x\n", address, name, offset + back);
    } else {
        printk("  %08x\n", address);
    }
}

static bool in_range(uint32_t address, uint32_t start, uint32_t bytes) {
    return address >= start && address - start <= bytes - 2 * sizeof(uint32_t);
}

/* Is there room for a saved ebp and a return address on one of the stacks? */
static bool on_stack(uint32_t address) {
    return !(address & 3) && (in_range(address, LAYOUT_STACK_GUARD + PAGE_SIZE, LAYOUT_STACK_PAGES * PAGE_SIZE) ||
                              in_range(address, (uint32_t)stack_pages, sizeof(stack_pages)));
}

/* Does address lie behind a CALL with a displacement, the usual kind? */
static bool behind_call(uint32_t address) {
    uint32_t offset;
    return symbol_of(address - 1, &offset) && *(const uint8_t *)(address - CALL_BYTES) == CALL_OPCODE;
}

/*
 * A function that needs no stack may have no frame; its return address then is the word that esp points at, and it is
 * missing in the chain of frames.
 */
static void print_frameless(uint32_t esp, uint32_t ebp) {
    if (on_stack(esp) && on_stack(ebp) && esp < ebp && behind_call(*(const uint32_t *)esp)) {
        print_place(*(const uint32_t *)esp, 1);
    }
}

static void print_trace(uint32_t eip, uint32_t esp, uint32_t ebp) {
    printk("stack trace:\n");
    print_place(eip, 0);
    print_frameless(esp, ebp);
    for (uint32_t depth = 0; depth < DEEPEST_TRACE && on_stack(ebp); depth++) {
        const uint32_t *frame = (const uint32_t *)ebp;
        if (!frame[1]) {
            return;
        }
        print_place(frame[1], 1);
        if (frame[0] <= ebp) {
            return;
        }
        ebp = frame[0];
    }
}

static void print_registers(const struct cpu_user_regs *regs, uint32_t esp) {
    printk("eax %08x ebx %08x ecx %08x edx %08x\n", regs->eax, regs->ebx, regs->ecx, regs->edx);
    printk("esi %08x edi %08x ebp %08x eip %08x\n", regs->esi, regs->edi, regs->ebp, regs->eip);
    if (from_guest(regs)) {
        printk("esp %08x ss %04x ds %04x es %04x fs %04x gs %04x\n", regs->esp, regs->ss, regs->ds, regs->es, regs->fs,
               regs->gs);
    } else {
        printk("esp %08x\n", esp);
    }
    printk("cs %04x eflags %08x cr0 %08x cr2 %08x cr3 %08x cr4 %08x\n", regs->cs, regs->eflags, read_cr0(),
           fault_address(), read_cr3(), read_cr4());
}

static void print_field(const struct trace_header *record, const struct trace_field *field) {
    const uint32_t *value = (const uint32_t *)((const char *)record + field->offset);
    const struct trace_enumeration *values = field->enumeration;
    const char *name = values && !values->is_flags ? trace_value_name(values, *value) : NULL;
    if (field->kind == TRACE_FIELD_text) {
        printk(" %s=%.*s", field->name, (int)field->bytes, (const char *)value);
    } else if (name) {
        printk(" %s=%s", field->name, name);
    } else if (field->kind == TRACE_FIELD_s32) {
        printk(" %s=%d", field->name, (int32_t)*value);
    } else if (field->kind == TRACE_FIELD_u32) {
        printk(" %s=%u", field->name, *value);
    } else {
        printk(" %s=0x%x", field->name, *value);
    }
}

static void print_record(const struct trace_header *record, void *context) {
    const struct trace_description *description = trace_describe(record->id);
    (void)context;
    printk("  #%u d%u v%u %s", record->sequence, record->domid, record->vcpu, description ? description->name : "?");
    for (uint32_t i = 0; description && i < description->field_count; i++) {
        print_field(record, &description->fields[i]);
    }
    printk("\n");
}

static _Noreturn void end(const struct cpu_user_regs *regs, uint32_t esp, uint32_t vector, const char *format,
                          va_list arguments) {
    static char text[TEXT_BYTES];
    if (panicking) {
        machine_end(TRACE_OUTCOME_panic);
    }
    panicking = true;
    vprint_to(text, sizeof(text), format, arguments);
    printk("\nPANIC: %s\n", text);
    print_registers(regs, esp);
    print_trace(regs->eip, esp, regs->ebp);
    if (trace_mask) {
        printk("last trace records:\n");
        trace_last_records(LAST_RECORDS, print_record, NULL);
    }
    trace_panic(vector, regs->eip, text);
    machine_end(TRACE_OUTCOME_panic);
}

/*
 * The caller's caller: what panic() was called from. The general registers are past saving; they are shown as they
 * are.
 */
static void current_registers(struct cpu_user_regs *regs, uint32_t *frame) {
    asm volatile("mov %%ebx, %0\n mov %%esi, %1\n mov %%edi, %2" : "=m"(regs->ebx), "=m"(regs->esi), "=m"(regs->edi));
    regs->ebp = frame[0];
    regs->eip = frame[1];
    regs->cs = 0;
    asm volatile("pushf\n pop %0" : "=r"(regs->eflags));
}

void panic(const char *format, ...) {
    struct cpu_user_regs regs = { .eax = 0 };
    va_list arguments;
    uint32_t *frame = __builtin_frame_address(0);
    current_registers(&regs, frame);
    va_start(arguments, format);
    end(&regs, (uint32_t)(frame + 2), VECTOR_NONE, format, arguments);
}

void panic_with_registers(const struct cpu_user_regs *regs, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    /* the frame of an exception in ring 0 ends where the interrupted stack goes on; the double fault's is complete */
    uint32_t esp = regs->entry_vector == VECTOR_DOUBLE_FAULT ? regs->esp : (uint32_t)&regs->esp;
    end(regs, esp, regs->entry_vector, format, arguments);
}

void assertion_failed(const char *file, int line, const char *expression) {
    panic("%s:%d: assertion failed: %s", file, line, expression);
}
