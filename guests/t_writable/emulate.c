/* emulate.c - every store emulated, by vm_assist (see main.c). */
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/t_writable/t_writable.h"

#define SLOT 40u
#define LINEAR (AREA_A + SLOT * GUEST_PAGE_SIZE)

/* One instruction with the entry as %1 and the operand in %0. eax holds the entry's value for cmpxchg. */
#define INSTRUCTION(name, code)                                                                                   \
    static pte_t name(volatile pte_t *entry, pte_t operand) {                                                     \
        __asm__ volatile(code : "+q"(operand), "+m"(*entry) : "a"(*(const volatile pte_t *)entry) : "cc", "memory"); \
        return operand;                                                                                           \
    }

INSTRUCTION(mov, "movl %0, %1")
INSTRUCTION(mov_zero, "movl $0, %1")
INSTRUCTION(xchg, "xchgl %0, %1")
INSTRUCTION(cmpxchg, "lock cmpxchgl %0, %1")
INSTRUCTION(clear_write, "lock andl $0xfffffffd, %1")
INSTRUCTION(clear_byte, "lock andb $0xfd, %1")
INSTRUCTION(set_write, "orl $2, %1")
INSTRUCTION(set_byte, "orb $2, %1")
INSTRUCTION(toggle, "lock xorl $2, %1")
INSTRUCTION(bts, "lock btsl $1, %1")
INSTRUCTION(btr, "lock btrl $1, %1")
INSTRUCTION(btc, "btcl $1, %1")
INSTRUCTION(add, "lock addl $0x200, %1")
INSTRUCTION(sub, "subl $0x200, %1")

static const struct {
    const char *name;
    pte_t (*run)(volatile pte_t *entry, pte_t operand);
} instructions[] = {
    { "mov", mov }, { "mov 0", mov_zero }, { "xchg", xchg }, { "cmpxchg", cmpxchg }, { "and", clear_write },
    { "andb", clear_byte }, { "or", set_write }, { "orb", set_byte }, { "xor", toggle }, { "bts", bts }, { "btr", btr },
    { "btc", btc }, { "add", add }, { "sub", sub },
};

/* Each on the entry and on a copy in ordinary memory: the same entry, and the same register. */
static void check_instructions(void) {
    check_group("emulated instructions");
    for (uint32_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
        pte_t model = entry_of(i % PAGES, 0x600 | PTE_P | PTE_W | PTE_A | PTE_D), operand = entry_of(2, PTE_P | PTE_A);

        tables_set(&table_a[SLOT], model);
        pte_t register_wanted = instructions[i].run(&model, operand);
        pte_t register_got = instructions[i].run(&table_a[SLOT], operand);
        bool right = check_equal(table_a[SLOT], model);

        right &= check_equal(register_got, register_wanted);
        right &= check(connected(AREA_A));
        tables_flush_page(LINEAR);
        right &= check_equal(probe_write(LINEAR + 4, i), (model & PTE_P) != 0 && (model & PTE_W) != 0);
        if (!right)
            print("  by %s\n", instructions[i].name);
    }
}

static void check_strings(void) {
    pte_t source[4];
    const void *from = source;
    void *to = &table_a[SLOT];
    uint32_t count = 4;

    check_group("emulated strings");
    for (uint32_t i = 0; i < 4; i++)
        source[i] = entry_of(i, PTE_P);
    __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    check(from == source + 4 && to == &table_a[SLOT + 4] && count == 0);
    tables_flush();
    for (uint32_t i = 0; i < 4; i++)
        check(shows(LINEAR + i * GUEST_PAGE_SIZE, i));
    to = &table_a[SLOT + 3];
    count = 4;
    __asm__ volatile("std\n\trep stosl\n\tcld" : "+D"(to), "+c"(count) : "a"(0) : "memory");
    check(to == &table_a[SLOT - 1] && count == 0);
    tables_flush();
    for (uint32_t i = 0; i < 4; i++)
        check(table_a[SLOT + i] == 0 && !shows(LINEAR + i * GUEST_PAGE_SIZE, i));
}

/* A refused entry is the guest's page fault, and the entry is as it was. */
static void check_refused(void) {
    const pte_t bad[] = { entry_of(1, PTE_P | 0x8), entry_of(1, PTE_P | 0x10), entry_of(1, PTE_P | 0x80),
                          entry_of(1, PTE_P | 0x100), 0x1000 | PTE_P, 0xfffff000 | PTE_P,
                          tables_make(page_frame(table_b), PTE_P | PTE_W) };

    check_group("refused when emulated");
    tables_set(&table_a[SLOT], entry_of(1, PTE_P));
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check(!probe_write((uint32_t)(uintptr_t)&table_a[SLOT], bad[i]));
        check_equal(probe_error_code(), 3);
        check_equal(probe_address(), (uint32_t)(uintptr_t)&table_a[SLOT]);
        check_equal(table_a[SLOT] & ~PTE_A, entry_of(1, PTE_P));
        check(shows(LINEAR, 1));
    }
    tables_set(&table_a[SLOT], 0);
    tables_flush();
}

void check_emulation(void) {
    check_equal(hypercall_vm_assist(VMASST_CMD_enable, PENUMBRA_VMASST_TYPE_writable_emulate), 0);
    check_instructions();
    check_strings();
    check_refused();
    check_equal(hypercall_vm_assist(VMASST_CMD_disable, PENUMBRA_VMASST_TYPE_writable_emulate), 0);
    store_twice(&table_b[SLOT], 0);
    check(!connected(AREA_B));
    tables_flush();
}
