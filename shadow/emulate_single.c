/* emulate_single.c - instructions with one operand in memory. Rules and callers: emulate_single.h. */
#include "shadow/emulate_single.h"

#include "shadow/alu.h"
#include "shadow/guest_entry.h"
#include "shadow/modify.h"

static void perform_cmpxchg8b(struct target *target, uint32_t offset, struct cpu_user_regs *regs) {
    uint64_t wanted = (uint64_t)register_read(regs, REGISTER_EDX, 4) << 32 | register_read(regs, REGISTER_EAX, 4);
    uint64_t found, value = (uint64_t)register_read(regs, REGISTER_ECX, 4) << 32 | register_read(regs, REGISTER_EBX, 4);

    do {
        found = guest_load(target->memory + offset, 8);
    } while (!target_swap(target, offset, found, found == wanted ? value : found, 8));
    if (found == wanted) {
        regs->eflags |= FLAG_ZF;
        return;
    }
    regs->eflags &= ~FLAG_ZF;
    register_write(regs, REGISTER_EAX, 4, (uint32_t)found);
    register_write(regs, REGISTER_EDX, 4, (uint32_t)(found >> 32));
}

/* Read, modify, write. */
static void perform_modify(struct target *target, uint32_t offset, const struct instruction *instruction,
                           struct cpu_user_regs *regs) {
    uint32_t size = instruction->size, found, value, flags;

    do {
        flags = regs->eflags;
        found = (uint32_t)guest_load(target->memory + offset, size);
        value = modified(instruction, regs, found, &flags);
    } while (!target_swap(target, offset, found, value, size));
    modify_registers(instruction, regs, found, flags);
}

static void perform(struct target *target, uint32_t offset, const struct instruction *instruction,
                    struct cpu_user_regs *regs) {
    uint32_t flags = regs->eflags;

    switch (instruction->operation) {
    case OPERATION_MOV:
        target_store(target, offset, source_of(instruction, regs), instruction->size);
        break;
    case OPERATION_MOV_SEGMENT: case OPERATION_SET: /* nothing is read either */
        target_store(target, offset, modified(instruction, regs, 0, &flags), instruction->size);
        break;
    case OPERATION_CMPXCHG8B:
        perform_cmpxchg8b(target, offset, regs);
        break;
    default:
        perform_modify(target, offset, instruction, regs);
        break;
    }
}

/*
 * The offset of the single operand in the target's page; any other number when it is not where the fault was, or
 * crosses into another page.
 */
static uint32_t offset_in_page(const struct target *target, const struct instruction *instruction,
                                      const struct cpu_user_regs *regs) {
    struct shadow_segment segment;
    uint32_t offset;

    if (!emulated_segment(target->shadow, regs, instruction->segment, &segment)) {
        return PAGE_SIZE;
    }
    offset = segment.base + operand_offset(instruction, regs) - target->page;
    return offset + instruction->size > PAGE_SIZE ? PAGE_SIZE : offset;
}

/* POP: the address is that after esp has grown. From a flat stack only, and from one page of it. */
static bool perform_pop(struct target *target, const struct instruction *instruction,
                                                  struct cpu_user_regs *regs) {
    struct cpu_user_regs after = *regs;
    uint32_t offset, size = instruction->size;
    uint64_t value = 0;

    after.esp += size;
    offset = offset_in_page(target, instruction, &after);
    if (offset >= PAGE_SIZE || !is_flat(regs->ss) || regs->esp % PAGE_SIZE + size > PAGE_SIZE ||
        !walk_read(target->shadow, regs->esp, &value, size)) {
        return false;
    }
    target_store(target, offset, value, size);
    *regs = after;
    return true;
}

bool emulate_single(struct target *target, const struct instruction *instruction, struct cpu_user_regs *regs) {
    uint32_t offset;

    if (instruction->operation == OPERATION_POP) {
        return perform_pop(target, instruction, regs);
    }
    offset = offset_in_page(target, instruction, regs);
    if (offset >= PAGE_SIZE || is_undefined(instruction, regs)) {
        return false;
    }
    perform(target, offset, instruction, regs);
    return true;
}
