/*
 * test_emulate_cases.c - emulated instructions one by one: what is declined, and what needs registers that the
 * processor beside (test_emulate.c) cannot have.
 */
#include <string.h>

#include "shadow/emulate.h"
#include "tests/unit/shadow/emulated.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/native.h"

/*
 * What is not known is declined and changes nothing; so are CPL 3, single steps, 16-bit code, and operands across
 * pages.
 */
#define W(reason) TRACE_FALLBACK_##reason
static void test_declined(void) {
    static const struct {
        uint8_t code[8];
        uint16_t cs;
        uint32_t flags, edi, ecx, why;
    } cases[] = {
        {{0x8f, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(operand)},                    /* POP from nowhere */
        {{0x0f, 0x11, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(instruction)},          /* MOVUPS */
        {{0x50}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(instruction)},                      /* PUSH */
        {{0x66, 0x0f, 0xa5, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 17, W(operand)},       /* SHLD by too much */
        {{0x8c, 0x37}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(instruction)},                /* MOV from no segment */
        {{0xf0, 0x89, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(instruction)},          /* LOCK MOV: no instruction */
        {{0x66, 0x0f, 0xc3, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(instruction)},    /* MOVNTI has no 16-bit form */
        {{0x89, 0xc7}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(instruction)},                /* MOV to a register */
        {{0x89, 0x07}, FLAT_RING3_CS, 0, NATIVE_DATA, 0, W(user_mode)},
        {{0x89, 0x07}, FLAT_RING1_CS, 1u << 8, NATIVE_DATA, 0, W(stepped)},
        {{0x89, 0x07}, FLAT_RING1_CS, 1u << 17, NATIVE_DATA, 0, W(stepped)},
        {{0x89, 0x07}, 0x19, 0, NATIVE_DATA, 0, W(code)},                                /* 16-bit code */
        {{0x89, 0x07}, 0x21, 0, NATIVE_DATA, 0, W(code)},                                /* no such segment */
        {{0x89, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA + PAGE_SIZE - 2, 0, W(operand)},    /* across pages */
        {{0x89, 0x07}, FLAT_RING1_CS, 0, NATIVE_CODE, 0, W(operand)},                    /* not where the fault was */
        {{0x67, 0x89, 0x05}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(operand)},              /* nor is a 16-bit address */
        {{0x64, 0x89, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(operand)},              /* through a null FS */
        {{0xa5}, FLAT_RING1_CS, 0, NATIVE_DATA, 0, W(operand)},                          /* MOVS from nowhere */
        {{0xf3, 0xab}, FLAT_RING1_CS, 0, NATIVE_DATA, TABLE_ENTRIES / 4, W(recycling)},  /* recycles the table */
        {{0xf3, 0xaa}, FLAT_RING1_CS, 0, NATIVE_DATA, PAGE_SIZE / 4, W(recycling)},
        {{0xf3, 0xa5}, FLAT_RING1_CS, 0, NATIVE_DATA, 0x80000000, W(recycling)},
    };
    uint32_t i;

    guest_begin();
    random_memory();
    ensure_table();
    load_native();
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cpu_user_regs regs = {.eip = NATIVE_CODE, .cs = cases[i].cs, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                     .ss = FLAT_RING1_DS, .eflags = 0x202 | cases[i].flags, .edi = cases[i].edi,
                                     .ecx = cases[i].ecx, .esi = 0x70000000, .eax = 0x1234},
                             before = regs;
        struct walk walk;

        memcpy(host_bytes(CODE), cases[i].code, sizeof(cases[i].code));
        CHECK(walk_begin(host.shadow, NATIVE_DATA, FAULT_WRITE, &walk));
        CHECK_EQUAL(emulate_write(host.shadow, &walk, &regs), cases[i].why);
        walk_end(&walk);
        CHECK(memcmp(&regs, &before, sizeof(regs)) == 0);
        CHECK(memcmp(host_bytes(TABLE), (void *)NATIVE_DATA, PAGE_SIZE) == 0);
    }
    host_end();
}

/* What falls back is named: one record, with the reason and the instruction's bytes. */
static void test_named(void) {
    struct cpu_user_regs regs = {.eip = NATIVE_CODE, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                 .eflags = 0x202, .edi = NATIVE_DATA + 32};
    uint32_t error = FAULT_WRITE | FAULT_PRESENT, records = 0;
    struct trace_slot slot;

    guest_begin();
    ensure_table();
    memcpy(host_bytes(CODE), "\x0f\x11\x07\x90", 4); /* MOVUPS */
    while (trace_take(&slot)) {
        ;
    }
    CHECK(shadow_page_fault(host.shadow, NATIVE_DATA + 32, &error, &regs, false) == SHADOW_RETRY);
    CHECK_EQUAL(regs.eip, NATIVE_CODE);
    CHECK_EQUAL(host.shadow->out_of_sync, 1);
    CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_emulation_fallbacks), 1);
    while (trace_take(&slot)) {
        if (slot.header.id == TRACE_ID_shadow_fallback) {
            records++;
            CHECK(slot.words[0] == TABLE && slot.words[1] == NATIVE_DATA + 32 && slot.words[2] == NATIVE_CODE);
            CHECK(slot.words[3] == TRACE_FALLBACK_instruction && slot.words[4] == 0x9007110f);
        }
    }
    CHECK_EQUAL(records, 1);
    host_end();
}

/* The longest string that is still carried out entry by entry. */
static void test_longest_string(void) {
    struct cpu_user_regs regs = {.eip = NATIVE_CODE, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                 .eflags = 0x202, .edi = NATIVE_DATA, .ecx = TABLE_ENTRIES / 4 - 1, .eax = 0x87654320};
    uint32_t error = FAULT_WRITE | FAULT_PRESENT;

    guest_begin();
    ensure_table();
    memcpy(host_bytes(CODE), "\xf3\xab", 2);
    CHECK(shadow_page_fault(host.shadow, NATIVE_DATA, &error, &regs, false) == SHADOW_RETRY);
    CHECK_EQUAL(regs.eip, NATIVE_CODE + 2);
    CHECK_EQUAL(regs.ecx, 0);
    CHECK_EQUAL(host_table(TABLE)[TABLE_ENTRIES / 4 - 2], 0x87654320);
    CHECK_EQUAL(host_table(TABLE)[TABLE_ENTRIES / 4 - 1], 0);
    host_end();
}

/*
 * The same place with other bytes is another instruction, whatever was remembered of it; also where an instruction
 * ends its page.
 */
static void test_changed_code(void) {
    static const uint8_t codes[][4] = {{0x89, 0x07}, {0x00, 0x00}, {0xc6, 0x07, 0x55}, {0x87, 0x07}, {0x00, 0x00},
                                       {0x89, 0x0f}};
    uint32_t i, k;

    guest_begin();
    random_memory();
    ensure_table();
    memset(host_bytes(CODE), 0, PAGE_SIZE);
    for (i = 0; i < 600; i++) {
        uint32_t offset = random_below(2) ? 0x100 : random_below(2) ? PAGE_SIZE - 3 : PAGE_SIZE - 32,
        error = FAULT_PRESENT | FAULT_WRITE;
        struct cpu_user_regs regs = {.eip = NATIVE_CODE + offset, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS,
                                     .eflags = 0x202,
                                     .edi = NATIVE_DATA + 64, .eax = NATIVE_DATA + 64, .ecx = random_word()},
                                     native = regs;

        k = random_below(6);
        memcpy(host_bytes(CODE) + offset, codes[k], 3);
        load_native();
        native_run(codes[k], k == 2 ? 3 : 2, &native);
        CHECK(shadow_page_fault(host.shadow, NATIVE_DATA + 64, &error, &regs, false) == SHADOW_RETRY);
        compare(&regs, &native, k == 1 || k == 4 ? ARITHMETIC : 0);
    }
    host_end();
}

/* Instructions as long as they get: of those that are longer than what is remembered, the end counts as well. */
static void test_long_code(void) {
    /* MOV [ebp + 0x11223344], immediate; without and with prefixes that say nothing new */
    static const uint8_t codes[][INSTRUCTION_BYTES_MAX] = {
        {0xc7, 0x84, 0x25, 0x44, 0x33, 0x22, 0x11}, {0x3e, 0xc7, 0x84, 0x25, 0x44, 0x33, 0x22, 0x11},
        {0x3e, 0x3e, 0xc7, 0x84, 0x25, 0x44, 0x33, 0x22, 0x11},
        {0x3e, 0x3e, 0x3e, 0x3e, 0xc7, 0x84, 0x25, 0x44, 0x33, 0x22, 0x11},
    };
    static const uint32_t lengths[] = {11, 12, 13, 15};
    uint32_t i;

    guest_begin();
    ensure_table();
    for (i = 0; i < 400; i++) {
        struct cpu_user_regs regs = {.eip = NATIVE_CODE + 0x100, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS,
                                     .ss = FLAT_RING1_DS, .eflags = 0x202, .ebp = NATIVE_DATA + 64 - 0x11223344};
        uint32_t error = FAULT_PRESENT | FAULT_WRITE, k = random_below(4);
        uint8_t *code = host_bytes(CODE) + 0x100;

        memcpy(code, codes[k], INSTRUCTION_BYTES_MAX);
        code[lengths[k] - 1] = (uint8_t)i;
        CHECK(shadow_page_fault(host.shadow, NATIVE_DATA + 64, &error, &regs, false) == SHADOW_RETRY);
        CHECK_EQUAL(regs.eip, NATIVE_CODE + 0x100 + lengths[k]);
        CHECK_EQUAL(host_table(TABLE)[16], (i & 0xff) << 24);
    }
    host_end();
}

/* A data segment with a base of its own (0x1000). */
static void test_segment_base(void) {
    struct cpu_user_regs regs = {.eip = NATIVE_CODE, .cs = FLAT_RING1_CS, .ds = 0x10, .es = FLAT_RING1_DS,
                                 .eflags = 0x202,
                                 .edi = NATIVE_DATA - 0x1000 + 16, .eax = 0x87654320};
    uint32_t error = FAULT_WRITE | FAULT_PRESENT;

    guest_begin();
    ensure_table();
    memcpy(host_bytes(CODE), "\x89\x07", 2);
    CHECK(shadow_page_fault(host.shadow, NATIVE_DATA + 16, &error, &regs, false) == SHADOW_RETRY);
    CHECK_EQUAL(regs.eip, NATIVE_CODE + 2);
    CHECK_EQUAL(host_table(TABLE)[4], 0x87654320);
    host_end();
}

/* MOV from segment registers stores 16 bits, whatever the prefix says. */
static void test_segment_registers(void) {
    static const uint16_t selectors[] = {FLAT_RING1_DS, FLAT_RING1_CS, FLAT_RING1_DS, FLAT_RING1_DS, 0x1234, 0x5670};
    uint32_t i, error;

    guest_begin();
    ensure_table();
    for (i = 0; i < 12; i++) {
        struct cpu_user_regs regs = {.eip = NATIVE_CODE, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                     .ss = FLAT_RING1_DS, .fs = 0x1234, .gs = 0x5670, .eflags = 0x202,
                                     .edi = NATIVE_DATA + 8};
        uint8_t code[] = {0x66, 0x8c, (uint8_t)((i % 6) << 3 | 7)};

        host_table(TABLE)[2] = 0xabcdef00;
        memcpy(host_bytes(CODE), i < 6 ? code : code + 1, i < 6 ? 3 : 2);
        error = FAULT_WRITE | FAULT_PRESENT;
        CHECK(shadow_page_fault(host.shadow, NATIVE_DATA + 8, &error, &regs, false) == SHADOW_RETRY);
        CHECK_EQUAL(regs.eip, NATIVE_CODE + (i < 6 ? 3 : 2));
        CHECK_EQUAL(host_table(TABLE)[2], 0xabcd0000u | selectors[i % 6]);
    }
    host_end();
}

/* POP: the address counts from esp after it has grown; the stack may be the table itself. */
static void test_pop(void) {
    static const struct {
        uint8_t code[5];
        uint8_t length, size;
        uint32_t esp, linear;
    } cases[] = {
        {{0x8f, 0x07}, 2, 4, NATIVE_DATA + PAGE_SIZE + 32, NATIVE_DATA + 64},         /* POP [edi] */
        {{0x66, 0x8f, 0x07}, 3, 2, NATIVE_DATA + PAGE_SIZE + 32, NATIVE_DATA + 64},
        {{0x8f, 0x44, 0x24, 0x08}, 4, 4, NATIVE_DATA + 256, NATIVE_DATA + 256 + 12},  /* POP [esp + 8] */
        {{0x8f, 0x07}, 2, 4, NATIVE_DATA + 64, NATIVE_DATA + 64},                     /* to where it comes from */
    };
    uint32_t i, error;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cpu_user_regs regs = {.eip = NATIVE_CODE, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                     .ss = FLAT_RING1_DS, .eflags = 0x202, .edi = NATIVE_DATA + 64,
                                     .esp = cases[i].esp};
        uint32_t value;

        guest_begin();
        random_memory();
        ensure_table();
        memcpy(host_bytes(CODE), cases[i].code, cases[i].length);
        memcpy(&value, host_bytes(TABLE) + (cases[i].esp - NATIVE_DATA), 4);
        error = FAULT_WRITE | FAULT_PRESENT;
        CHECK(shadow_page_fault(host.shadow, cases[i].linear, &error, &regs, false) == SHADOW_RETRY);
        CHECK_EQUAL(regs.eip, NATIVE_CODE + cases[i].length);
        CHECK_EQUAL(regs.esp, cases[i].esp + cases[i].size);
        CHECK(memcmp(host_bytes(TABLE) + (cases[i].linear - NATIVE_DATA), &value, cases[i].size) == 0);
        host_end();
    }
}

int main(int argc, char **argv) {
    struct cpu_user_regs regs = {.eflags = 0x202};

    random_begin(argc, argv);
    native_begin();
    native_run((const uint8_t *)"\x90", 1, &regs);
    test_declined();
    test_named();
    test_longest_string();
    test_segment_base();
    test_changed_code();
    test_long_code();
    test_segment_registers();
    test_pop();
    return check_end("emulate_cases");
}
