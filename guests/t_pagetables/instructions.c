/*
 * instructions.c - single instructions that write a live entry (see main.c).
 *
 * Each operation is done twice, on the entry in the live table and on a copy in ordinary memory; afterwards memory, registers and flags must
 * agree, and the translation must be what the entry now says.
 */
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/t_pagetables/t_pagetables.h"

#define FLAGS 0x8d5u         /* CF PF AF ZF SF OF */
#define CARRY 0x1u

/* What an operation left in registers. */
struct result {
    uint32_t value;
    uint32_t flags;
};

typedef struct result operation(volatile pte_t *entry, pte_t operand);

/* One instruction with the entry as %1 and the operand in %0 (read and written). eax holds value for cmpxchg. */
#define OPERATION(name, code)                                                                                     \
    static struct result name(volatile pte_t *entry, pte_t operand) {                                             \
        struct result result = { .value = operand };                                                              \
                                                                                                                  \
        __asm__ volatile("cmpl %0, %0\n\t" code "\n\tpushfl\n\tpopl %2"                                           \
                         : "+q"(result.value), "+m"(*entry), "=r"(result.flags)                                   \
                         : "a"(*(const volatile pte_t *)entry)                                                    \
                         : "cc", "memory", "edx");                                                                \
        return result;                                                                                            \
    }

OPERATION(mov, "movl %0, %1")
OPERATION(mov_immediate, "movl $0, %1")
OPERATION(mov_byte, "movb %b0, %1")
OPERATION(mov_word, "movw %w0, %1")
OPERATION(xchg, "xchgl %0, %1")
OPERATION(lock_xchg, "lock xchgl %0, %1")
OPERATION(cmpxchg, "cmpxchgl %0, %1")
OPERATION(lock_cmpxchg, "lock cmpxchgl %0, %1")
OPERATION(cmpxchg_fails, "incl %%eax\n\tlock cmpxchgl %0, %1\n\tmovl %%eax, %0")
OPERATION(xadd, "lock xaddl %0, %1")
OPERATION(and, "andl %0, %1")
OPERATION(lock_and, "lock andl %0, %1")
OPERATION(and_byte, "lock andb $0xfd, %1")
OPERATION(or, "orl %0, %1")
OPERATION(lock_or, "lock orl %0, %1")
OPERATION(or_byte, "orb $2, %1")
OPERATION(xor, "xorl %0, %1")
OPERATION(lock_xor, "lock xorl %0, %1")
OPERATION(add, "addl $0x200, %1")
OPERATION(lock_add, "lock addl $0x200, %1")
OPERATION(adc, "stc\n\tadcl $0x1ff, %1")
OPERATION(sub, "subl $0x200, %1")
OPERATION(lock_sub, "lock subl $0x200, %1")
OPERATION(sbb, "clc\n\tsbbl $0x200, %1")
OPERATION(inc, "incl %1\n\tdecl %1")
OPERATION(not, "notl %1\n\tnotl %1")
OPERATION(neg, "negl %1\n\tnegl %1")
OPERATION(bts, "btsl $1, %1")
OPERATION(lock_bts, "lock btsl $1, %1")
OPERATION(btr, "btrl $1, %1")
OPERATION(lock_btr, "lock btrl $1, %1")
OPERATION(btc, "btcl $1, %1")
OPERATION(bts_register, "movl $1, %%edx\n\tlock btsl %%edx, %1")
OPERATION(btr_register, "movl $0, %%edx\n\tlock btrl %%edx, %1")
OPERATION(sete, "orb $0x62, %1\n\torb $1, %1")
OPERATION(rotate, "roll $12, %1\n\trorl $12, %1")
OPERATION(pop, "pushl %0\n\tpopl %1")

/* Which flags the instruction defines. */
static const struct {
    const char *name;
    operation *run;
    uint32_t flags;
} operations[] = {
    { "mov", mov, FLAGS }, { "mov 0", mov_immediate, FLAGS }, { "movb", mov_byte, FLAGS }, { "movw", mov_word, FLAGS },
    { "xchg", xchg, FLAGS }, { "lock xchg", lock_xchg, FLAGS }, { "cmpxchg", cmpxchg, FLAGS }, { "lock cmpxchg", lock_cmpxchg, FLAGS },
    { "cmpxchg that fails", cmpxchg_fails, FLAGS }, { "lock xadd 0", xadd, FLAGS },
    { "and", and, FLAGS & ~0x10u }, { "lock and", lock_and, FLAGS & ~0x10u }, { "lock andb", and_byte, FLAGS & ~0x10u },
    { "or", or, FLAGS & ~0x10u }, { "lock or", lock_or, FLAGS & ~0x10u }, { "orb", or_byte, FLAGS & ~0x10u },
    { "xor", xor, FLAGS & ~0x10u }, { "lock xor", lock_xor, FLAGS & ~0x10u },
    { "add", add, FLAGS }, { "lock add", lock_add, FLAGS }, { "adc", adc, FLAGS },
    { "sub", sub, FLAGS }, { "lock sub", lock_sub, FLAGS }, { "sbb", sbb, FLAGS },
    { "inc, dec", inc, FLAGS }, { "not, not", not, FLAGS }, { "neg, neg", neg, FLAGS },
    { "bts", bts, CARRY }, { "lock bts", lock_bts, CARRY }, { "btr", btr, CARRY }, { "lock btr", lock_btr, CARRY }, { "btc", btc, CARRY },
    { "lock bts register", bts_register, CARRY }, { "lock btr register", btr_register, CARRY },
    { "orb, orb", sete, FLAGS & ~0x10u }, { "rol, ror", rotate, CARRY }, { "pop", pop, FLAGS },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* An operand with which the operation makes a sensible entry out of another. */
static pte_t operand_for(const char *name, pte_t old, uint32_t next) {
    switch (name[0] == 'l' ? name[5] : name[0]) {
    case 'a':
        return ~PTE_W;
    case 'o':
        return PTE_W | PTE_A;
    case 'x':
        return name[1] == 'o' || name[6] == 'o' ? PTE_W : name[5] == 'x' && name[6] == 'a' ? 0 : entry_of(next, old & 0xfff);
    case 'm':
        return name[3] == 'b' || name[3] == 'w' ? (old & ~0xfffu) | (old & 0xfff & ~PTE_W) : entry_of(next, old & 0xfff);
    default:
        return entry_of(next, old & 0xfff);
    }
}

static void check_one(uint32_t which, uint32_t slot, pte_t old) {
    volatile pte_t *live = &area_table[slot];
    pte_t model = old;
    pte_t operand = operand_for(operations[which].name, old, (slot + 3) % FRAMES);
    uint32_t linear = AREA + slot * GUEST_PAGE_SIZE;
    struct result expected, got;
    bool right;

    *live = old;
    tables_flush_page(linear);
    check_translation(linear, *live);            /* now it is in the TLB and has been shadowed */
    model = *live;
    expected = operations[which].run(&model, operand);
    got = operations[which].run(live, operand);
    tables_flush_page(linear);
    right = check_equal(*live, model);
    right &= check_equal(got.value, expected.value);
    right &= check_equal(got.flags & operations[which].flags, expected.flags & operations[which].flags);
    if (!right)
        print("  by %s on %x with %x\n", operations[which].name, old, operand);
    check_translation(linear, model);
}

void check_instructions(void) {
    static const pte_t rights[] = { PTE_P | PTE_W | PTE_A | PTE_D, PTE_P | PTE_W, PTE_P, PTE_P | PTE_A | 0x600, PTE_W, 0 };

    check_group("instructions on live entries");
    for (uint32_t which = 0; which < OPERATIONS; which++) {
        for (uint32_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
            check_one(which, (which + i) % FRAMES, entry_of(which % FRAMES, rights[i]));
    }
}
