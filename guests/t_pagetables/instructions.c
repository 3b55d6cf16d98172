/*
 * instructions.c - single instructions that write a live entry (see main.c).
 *
 * Each operation is done twice, on the entry in the live table and on a copy in ordinary memory; afterwards memory,
 * registers and flags must agree, and the translation must be what the entry now says.
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
OPERATION(orb_twice, "orb $0x62, %1\n\torb $1, %1")
OPERATION(rotate, "roll $12, %1\n\trorl $12, %1")
OPERATION(pop, "pushl %0\n\tpopl %1")

/*
 * What the operand is: another entry; one with a byte or word of other rights; bits to keep, to set or to turn over;
 * nothing.
 */
enum operand { ENTRY, RIGHTS, KEEP, SET, ZERO };

#define LOGIC (FLAGS & ~0x10u)       /* AF is undefined after these */

static const struct {
    const char *name;
    operation *run;
    enum operand operand;
    uint32_t flags;                  /* the ones that the instruction defines or keeps */
} operations[] = {
    { "mov", mov, ENTRY, FLAGS },
    { "mov 0", mov_immediate, ENTRY, FLAGS },
    { "movb", mov_byte, RIGHTS, FLAGS },
    { "movw", mov_word, RIGHTS, FLAGS },
    { "xchg", xchg, ENTRY, FLAGS },
    { "lock xchg", lock_xchg, ENTRY, FLAGS },
    { "cmpxchg", cmpxchg, ENTRY, FLAGS },
    { "lock cmpxchg", lock_cmpxchg, ENTRY, FLAGS },
    { "cmpxchg that fails", cmpxchg_fails, ENTRY, FLAGS },
    { "lock xadd", xadd, ZERO, FLAGS },
    { "and", and, KEEP, LOGIC },
    { "lock and", lock_and, KEEP, LOGIC },
    { "lock andb", and_byte, ZERO, LOGIC },
    { "or", or, SET, LOGIC },
    { "lock or", lock_or, SET, LOGIC },
    { "orb", or_byte, ZERO, LOGIC },
    { "xor", xor, SET, LOGIC },
    { "lock xor", lock_xor, SET, LOGIC },
    { "add", add, ZERO, FLAGS },
    { "lock add", lock_add, ZERO, FLAGS },
    { "adc", adc, ZERO, FLAGS },
    { "sub", sub, ZERO, FLAGS },
    { "lock sub", lock_sub, ZERO, FLAGS },
    { "sbb", sbb, ZERO, FLAGS },
    { "inc, dec", inc, ZERO, FLAGS },
    { "not, not", not, ZERO, FLAGS },
    { "neg, neg", neg, ZERO, FLAGS },
    { "bts", bts, ZERO, CARRY },
    { "lock bts", lock_bts, ZERO, CARRY },
    { "btr", btr, ZERO, CARRY },
    { "lock btr", lock_btr, ZERO, CARRY },
    { "btc", btc, ZERO, CARRY },
    { "lock bts register", bts_register, ZERO, CARRY },
    { "lock btr register", btr_register, ZERO, CARRY },
    { "orb, orb", orb_twice, ZERO, LOGIC },
    { "rol, ror", rotate, ZERO, CARRY },
    { "pop", pop, ENTRY, FLAGS },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* An operand with which the operation makes a sensible entry out of old. */
static pte_t operand_for(enum operand kind, pte_t old, uint32_t next) {
    switch (kind) {
    case ENTRY:
        return entry_of(next, old & 0xfff);
    case RIGHTS:
        return old & ~PTE_W;
    case KEEP:
        return ~PTE_W;
    case SET:
        return PTE_W;
    default:
        return 0;
    }
}

static void check_one(uint32_t which, uint32_t slot, pte_t old) {
    volatile pte_t *live = &area_table[slot];
    pte_t model = old;
    pte_t operand = operand_for(operations[which].operand, old, (slot + 3) % FRAMES);
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
    /* With one of the bits that are free for software, so that adding and subtracting it stays within the rights. */
    static const pte_t rights[] = {
        0x200 | PTE_P | PTE_W | PTE_A | PTE_D, 0x200 | PTE_P | PTE_W, 0x200 | PTE_P, 0x600 | PTE_P | PTE_A,
        0x200 | PTE_W, 0x200,
    };

    check_group("instructions on live entries");
    for (uint32_t which = 0; which < OPERATIONS; which++) {
        for (uint32_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
            check_one(which, (which + i) % FRAMES, entry_of(which % FRAMES, rights[i]));
    }
}
