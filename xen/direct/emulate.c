/*
 * emulate.c - see emulate.h.
 *
 * An instruction is turned into the entry that it would leave, which is written like that of a hypercall; registers and
 * flags that it has changed are put back when the entry was refused.
 */
#include "xen/direct/emulate.h"

#include <xen/xen.h>

#include "shadow/decode.h"
#include "shadow/guest_entry.h"
#include "shadow/modify.h"
#include "xen/direct/table.h"
#include "xen/direct/update.h"
#include "xen/domain/domain.h"
#include "xen/guest/segment.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/user_copy.h"

#define FLAG_TF (1u << 8)
#define FLAG_DF (1u << 10)
#define FLAG_RF (1u << 16)
#define FLAG_VM (1u << 17)

/* One instruction on its way. */
struct store {
    struct instruction instruction;
    struct cpu_user_regs *regs; /* the guest's */
    uint32_t linear;             /* of its first byte */
    uint32_t shift, mask;        /* where in the entry its operand lies */
};

/* The registers that an instruction may change, as they were: all of them are back when its entry is refused. */
struct changed {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp, eflags;
};

static void keep(struct changed *before, const struct cpu_user_regs *regs) {
    *before = (struct changed){ regs->eax, regs->ebx, regs->ecx, regs->edx,
                                regs->esi, regs->edi, regs->ebp, regs->eflags };
}

static void restore(const struct changed *before, struct cpu_user_regs *regs) {
    regs->eax = before->eax;
    regs->ebx = before->ebx;
    regs->ecx = before->ecx;
    regs->edx = before->edx;
    regs->esi = before->esi;
    regs->edi = before->edi;
    regs->ebp = before->ebp;
    regs->eflags = before->eflags;
}

/* A segment that is not one of Xen's flat ones. */
static __attribute__((noinline)) bool other_segment_base(uint32_t selector, uint32_t segment_register, uint32_t *base) {
    struct segment segment;

    if (!segment_find(current_vcpu(), selector, &segment) || segment.system || segment.expand_down) {
        return false;
    }
    *base = segment.base;
    return segment_register != SEGMENT_CS || segment.big;
}

/* The base of a segment that offsets from 0 up are valid in. The processor has checked the access that faulted. */
static inline bool segment_base(const struct cpu_user_regs *regs, uint32_t segment_register, uint32_t *base) {
    uint32_t selector = selector_read(regs, segment_register);

    *base = 0;
    return __builtin_expect(selector == FLAT_RING1_DS || selector == FLAT_RING1_CS || selector == FLAT_RING3_DS, 1) ||
           other_segment_base(selector, segment_register, base);
}

/* The instruction: at once where as much can be read, else up to where it cannot. */
static bool fetch(struct store *store) {
    uint32_t code[4], base, have = INSTRUCTION_BYTES_MAX;

    if (!segment_base(store->regs, SEGMENT_CS, &base)) {
        return false;
    }
    if (!read_guest_words(base + store->regs->eip, code)) {
        have -= copy_from_guest(code, base + store->regs->eip, INSTRUCTION_BYTES_MAX);
    }
    return have != 0 && decode((const uint8_t *)code, have, &store->instruction) == DECODE_DONE;
}

static bool is_string(const struct instruction *instruction) {
    return instruction->operation == OPERATION_STOS || instruction->operation == OPERATION_MOVS;
}

/* Is the operand at linear, and within one entry? */
static bool locate(struct store *store, uint32_t linear) {
    const struct instruction *instruction = &store->instruction;
    uint32_t base, size = instruction->size;
    bool string = is_string(instruction);

    if (instruction->address16 || size > sizeof(pte_t) ||
        !segment_base(store->regs, string ? SEGMENT_ES : instruction->segment, &base)) {
        return false;
    }
    store->linear = base + (string ? store->regs->edi : operand_offset(instruction, store->regs));
    store->shift = store->linear % sizeof(pte_t) * 8;
    store->mask = size == sizeof(pte_t) ? UINT32_MAX : (1u << size * 8) - 1;
    /* an operand that is not at the address that faulted begins before the table: it crosses into it */
    return store->linear == linear && store->linear % sizeof(pte_t) + size <= sizeof(pte_t);
}

/* One iteration of STOS or MOVS. */
static bool string_value(struct store *store, uint32_t *value) {
    const struct instruction *instruction = &store->instruction;
    uint32_t step = store->regs->eflags & FLAG_DF ? -(uint32_t)instruction->size : instruction->size, base;

    *value = store->regs->eax;
    if (instruction->repeat && store->regs->ecx == 0) {
        return false;
    }
    if (instruction->operation == OPERATION_MOVS) {
        if (!segment_base(store->regs, instruction->segment, &base) ||
            copy_from_guest(value, base + store->regs->esi, instruction->size) != 0) {
            return false;
        }
        store->regs->esi += step;
    }
    store->regs->edi += step;
    if (instruction->repeat) {
        store->regs->ecx--;
    }
    return true;
}

/* What the operand becomes, and the registers; not of MOV. */
static bool compute(struct store *store, uint32_t found, uint32_t *value) {
    const struct instruction *instruction = &store->instruction;
    uint32_t flags = store->regs->eflags;

    if (is_string(instruction)) {
        return string_value(store, value);
    }
    if (instruction->operation == OPERATION_CMPXCHG8B || instruction->operation == OPERATION_POP ||
        is_undefined(instruction, store->regs)) {
        return false;
    }
    *value = modified(instruction, store->regs, found, &flags);
    modify_registers(instruction, store->regs, found, flags);
    return true;
}

/* The operand becomes value, in the entry as it is found. */
static bool write_operand(struct domain *domain, const struct store *store, mfn_t table, pte_t found, uint32_t value) {
    pte_t wanted = value;

    if (__builtin_expect(store->mask != UINT32_MAX, 0)) {
        wanted = (found & ~(store->mask << store->shift)) | (value & store->mask) << store->shift;
    }

    return update_l1_entry(domain, table, store->linear % PAGE_SIZE / sizeof(pte_t), wanted,
                           TRACE_WRITE_VIA_emulate) == 0;
}

static bool perform(struct domain *domain, struct store *store, mfn_t table) {
    uint32_t value;

    if (!table_window(domain, table)) {
        return false;
    }
    pte_t found = guest_entry_load(&domain->direct.window.entries[store->linear % PAGE_SIZE / sizeof(pte_t)]);
    uint32_t operand = found >> store->shift & store->mask;

    if (store->instruction.operation == OPERATION_MOV) {
        return write_operand(domain, store, table, found, source_of(&store->instruction, store->regs));
    }
    struct changed before;

    keep(&before, store->regs);
    if (!compute(store, operand, &value)) {
        return false;
    }
    bool done = write_operand(domain, store, table, found, value);

    if (!done) {
        restore(&before, store->regs);
    }
    return done;
}

bool emulate_store(struct domain *domain, uint32_t linear, mfn_t table, struct cpu_user_regs *regs) {
    struct store store;

    store.regs = regs;
    /* single-stepping owes a trap after the instruction, which is not made here */
    if ((regs->cs & 3) == 3 || (regs->eflags & (FLAG_TF | FLAG_VM)) || !fetch(&store) || !locate(&store, linear) ||
        !perform(domain, &store, table)) {
        return false;
    }
    regs->eflags &= ~FLAG_RF;
    if (!is_string(&store.instruction) || !store.instruction.repeat || regs->ecx == 0) {
        regs->eip += store.instruction.length;
    }
    domain->mmu_counters[TRACE_MMU_COUNTER_emulated_writes]++;
    return true;
}
