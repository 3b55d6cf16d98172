/*
 * test_emulate.c - emulated instructions against the processor itself.
 *
 * Random instructions of every supported kind, with every prefix, addressing form and operand width, run on this
 * processor and through a page fault of the engine: memory, registers and defined flags must be the same. A repeated
 * instruction that leaves the table's page is finished by the processor, from where the engine stopped. Addresses of
 * every ModRM form, 16-bit ones too, are compared with what LEA gives. Unknown instructions must be declined, with
 * nothing changed.
 */
#include <string.h>

#include "shadow/alu.h"
#include "shadow/decode.h"
#include "shadow/emulate.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"
#include "tests/unit/shadow/native.h"

#define L2 8u
#define DATA_L1 9u
#define CODE_L1 10u
#define CODE 11u          /* and 12, the next page */
#define TABLE 16u         /* first data page: a guest table */
#define PLAIN 17u         /* second data page */
#define FLAG_DF (1u << 10)
#define ROUNDS 150000

#define ARITHMETIC FLAGS_ARITHMETIC
#define LOGIC (FLAGS_ARITHMETIC & ~FLAG_AF)
#define BITS (FLAG_CF | FLAG_ZF)

enum kind { PLAIN_FORM, STRING_STOS, STRING_MOVS, MOFFS };

/* One line an opcode. immediate: 0, 1 or 4 (operand size) bytes. */
struct sample {
    uint8_t code[2];
    uint8_t length;
    int8_t extension;     /* of ModRM; -1: any register */
    uint8_t immediate;
    uint8_t width;        /* 1, 4: 2 or 4 by prefix, 8 */
    bool lock;
    uint8_t kind;
    uint32_t defined;     /* flags to compare */
};

#define ALU(base, flags) \
    {{base}, 1, -1, 0, 1, true, 0, flags}, {{base + 1}, 1, -1, 0, 4, true, 0, flags}, \
    {{0x80}, 1, base / 8, 1, 1, true, 0, flags}, {{0x81}, 1, base / 8, 4, 4, true, 0, flags}, \
    {{0x83}, 1, base / 8, 1, 4, true, 0, flags}

static const struct sample samples[] = {
    ALU(0x00, ARITHMETIC), ALU(0x08, LOGIC), ALU(0x10, ARITHMETIC), ALU(0x18, ARITHMETIC), ALU(0x20, LOGIC),
    ALU(0x28, ARITHMETIC), ALU(0x30, LOGIC),
    {{0x86}, 1, -1, 0, 1, true, 0, ARITHMETIC}, {{0x87}, 1, -1, 0, 4, true, 0, ARITHMETIC},
    {{0x88}, 1, -1, 0, 1, false, 0, ARITHMETIC}, {{0x89}, 1, -1, 0, 4, false, 0, ARITHMETIC},
    {{0xc6}, 1, 0, 1, 1, false, 0, ARITHMETIC}, {{0xc7}, 1, 0, 4, 4, false, 0, ARITHMETIC},
    {{0xfe}, 1, 0, 0, 1, true, 0, ARITHMETIC}, {{0xfe}, 1, 1, 0, 1, true, 0, ARITHMETIC},
    {{0xff}, 1, 0, 0, 4, true, 0, ARITHMETIC}, {{0xff}, 1, 1, 0, 4, true, 0, ARITHMETIC},
    {{0xf6}, 1, 2, 0, 1, true, 0, ARITHMETIC}, {{0xf6}, 1, 3, 0, 1, true, 0, ARITHMETIC},
    {{0xf7}, 1, 2, 0, 4, true, 0, ARITHMETIC}, {{0xf7}, 1, 3, 0, 4, true, 0, ARITHMETIC},
    {{0x0f, 0xb0}, 2, -1, 0, 1, true, 0, ARITHMETIC}, {{0x0f, 0xb1}, 2, -1, 0, 4, true, 0, ARITHMETIC},
    {{0x0f, 0xc0}, 2, -1, 0, 1, true, 0, ARITHMETIC}, {{0x0f, 0xc1}, 2, -1, 0, 4, true, 0, ARITHMETIC},
    {{0x0f, 0xc7}, 2, 1, 0, 8, true, 0, ARITHMETIC}, {{0x0f, 0xc3}, 2, -1, 0, 8, false, 0, ARITHMETIC},
    {{0x0f, 0xab}, 2, -1, 0, 4, true, 0, BITS}, {{0x0f, 0xb3}, 2, -1, 0, 4, true, 0, BITS},
    {{0x0f, 0xbb}, 2, -1, 0, 4, true, 0, BITS}, {{0x0f, 0xba}, 2, 5, 1, 4, true, 0, BITS},
    {{0x0f, 0xba}, 2, 6, 1, 4, true, 0, BITS}, {{0x0f, 0xba}, 2, 7, 1, 4, true, 0, BITS},
    {{0xa2}, 1, -1, 0, 1, false, MOFFS, ARITHMETIC}, {{0xa3}, 1, -1, 0, 4, false, MOFFS, ARITHMETIC},
    {{0xaa}, 1, -1, 0, 1, false, STRING_STOS, ARITHMETIC}, {{0xab}, 1, -1, 0, 4, false, STRING_STOS, ARITHMETIC},
    {{0xa4}, 1, -1, 0, 1, false, STRING_MOVS, ARITHMETIC}, {{0xa5}, 1, -1, 0, 4, false, STRING_MOVS, ARITHMETIC},
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

/* An instruction being put together. */
struct code {
    uint8_t bytes[16];
    uint32_t length;
    uint32_t size;           /* operand size */
};

static uint32_t *register_at(struct cpu_user_regs *regs, uint32_t number) {
    uint32_t *const slots[8] = {&regs->eax, &regs->ecx, &regs->edx, &regs->ebx, &regs->esp, &regs->ebp, &regs->esi,
                                &regs->edi};

    return slots[number];
}

static void emit(struct code *code, uint32_t value, uint32_t size) {
    memcpy(code->bytes + code->length, &value, size);
    code->length += size;
}

static void random_registers(struct cpu_user_regs *regs) {
    uint32_t i;

    *regs = (struct cpu_user_regs){.cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS, .ss = FLAT_RING1_DS};
    for (i = 0; i < 8; i++) {
        *register_at(regs, i) = random_below(4) == 0 ? random_below(256) - 128 : random_word();
    }
    regs->esp = native_stack();
    regs->eflags = 0x202 | (random_word() & ARITHMETIC);
}

/* A register other than esp. */
static uint32_t random_register(void) {
    uint32_t number = random_below(7);

    return number < 4 ? number : number + 1;
}

/* ModRM, SIB and displacement so that the address is target. */
static void emit_modrm(struct code *code, struct cpu_user_regs *regs, uint32_t reg, uint32_t target) {
    uint32_t base = random_register(), index = random_register(), scale = random_below(4);

    switch (random_below(6)) {
    case 0: /* disp32 */
        emit(code, reg << 3 | 5, 1);
        emit(code, target, 4);
        break;
    case 1: /* [base + disp8] */
        *register_at(regs, base) = target - (uint32_t)(int32_t)(int8_t)scale;
        emit(code, 0x40 | reg << 3 | base, 1);
        emit(code, scale, 1);
        break;
    case 2: /* [base + disp32] */
        emit(code, 0x80 | reg << 3 | base, 1);
        emit(code, target - *register_at(regs, base), 4);
        break;
    case 3: /* [index * scale + disp32] */
        emit(code, reg << 3 | 4, 1);
        emit(code, scale << 6 | index << 3 | 5, 1);
        emit(code, target - (*register_at(regs, index) << scale), 4);
        break;
    case 4: /* [base + index * scale + disp32] */
        emit(code, 0x80 | reg << 3 | 4, 1);
        emit(code, scale << 6 | index << 3 | base, 1);
        emit(code, target - *register_at(regs, base) - (*register_at(regs, index) << scale), 4);
        break;
    default: /* [base], ebp has no such form */
        base = base == 5 ? 3 : base;
        *register_at(regs, base) = target;
        emit(code, reg << 3 | base, 1);
        break;
    }
}

static void emit_prefixes(struct code *code, const struct sample *sample) {
    static const uint8_t segments[] = {0x26, 0x36, 0x3e};

    if (sample->lock && random_below(3) == 0) {
        emit(code, 0xf0, 1);
    }
    if (random_below(5) == 0) {
        emit(code, segments[random_below(3)], 1);
    }
    code->size = sample->width;
    if (sample->width == 4 && random_below(3) == 0) {
        emit(code, 0x66, 1);
        code->size = 2;
    }
    if (sample->kind == STRING_STOS || sample->kind == STRING_MOVS) {
        static const uint8_t repeats[] = {0, 0xf2, 0xf3, 0xf3};
        uint8_t repeat = repeats[random_below(4)];

        if (repeat != 0) {
            emit(code, repeat, 1);
        }
    }
}

/* Registers of a string instruction: everything stays within the two data pages, and begins in the table. */
static void string_registers(struct cpu_user_regs *regs, uint32_t size) {
    bool down = random_below(4) == 0;
    uint32_t count = 1 + random_below(40), room = count * size;

    regs->ecx = count;
    regs->edi = down ? NATIVE_DATA + room + random_below(PAGE_SIZE - room - size)
        : NATIVE_DATA + PAGE_SIZE - size - random_below(600);
    regs->esi = NATIVE_DATA + room + random_below(2 * PAGE_SIZE - 2 * room - size);
    if (regs->esi % PAGE_SIZE + size > PAGE_SIZE) {
        regs->esi &= ~3u; /* a first source across two pages is declined */
    }
    regs->eflags |= down ? FLAG_DF : 0;
}

/* A bit number for BTS and friends with a register: near, so that the operand stays in the table. */
static uint32_t far_bit(uint32_t size, uint32_t *displacement) {
    int32_t bit = (int32_t)random_below(2000) - 1000;

    *displacement = (uint32_t)((bit >> (size == 2 ? 4 : 5)) * (int32_t)size);
    return (uint32_t)bit;
}

static struct code build(const struct sample *sample, struct cpu_user_regs *regs) {
    struct code code = {.length = 0};
    uint32_t reg = sample->extension < 0 ? random_below(8) : (uint32_t)sample->extension, width, moved = 0;
    uint32_t target = NATIVE_DATA + 512 + random_below(PAGE_SIZE - 1024);
    bool bit = sample->defined == BITS && sample->extension < 0;

    emit_prefixes(&code, sample);
    if (sample->kind == STRING_STOS || sample->kind == STRING_MOVS) {
        string_registers(regs, code.size);
        emit(&code, sample->code[0], 1);
        return code;
    }
    if (sample->extension < 0 && reg == 4 && code.size != 1) {
        reg = 3; /* not the stack pointer */
    }
    emit(&code, sample->code[0], 1);
    if (sample->length == 2) {
        emit(&code, sample->code[1], 1);
    }
    if (sample->kind == MOFFS) {
        emit(&code, target, 4);
        return code;
    }
    width = code.length;
    if (bit) {
        uint32_t number = far_bit(code.size, &moved);

        do { /* until the address does not use the register with the bit number in another way */
            code.length = width;
            *register_at(regs, reg) = number;
            emit_modrm(&code, regs, reg, target - moved);
        } while (*register_at(regs, reg) != number);
    } else {
        emit_modrm(&code, regs, reg, target);
    }
    if (sample->immediate == 1) {
        emit(&code, random_word(), 1);
    } else if (sample->immediate == 4) {
        emit(&code, random_word(), code.size);
    }
    return code;
}

static void guest_begin(void) {
    host_begin(32);
    shadow_set_policy(host.shadow, SHADOW_EMULATE, SHADOW_SWITCH_ROOT_CACHE); /* as many stores as they may be */
    mmu_use_caches(false);
    host_table(L2)[l2_index(NATIVE_DATA)] = DATA_L1 << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(L2)[l2_index(NATIVE_CODE)] = CODE_L1 << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(L2)[1] = TABLE << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(DATA_L1)[0] = TABLE << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(DATA_L1)[1] = PLAIN << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(CODE_L1)[0] = CODE << PAGE_SHIFT | PTE_P;
    host_table(CODE_L1)[1] = (CODE + 1) << PAGE_SHIFT | PTE_P;
    host_load(L2);
}

/* TABLE is a shadowed table: slot 1 goes through it. */
static void ensure_table(void) {
    struct translation translation;
    uint32_t error;
    pte_t *entry = &host_table(TABLE)[1000], kept = *entry;

    *entry = PLAIN << PAGE_SHIFT | PTE_P;
    CHECK(mmu_run(1u << L2_SHIFT | 1000u << L1_SHIFT, 1, false, NULL, &translation, &error) == ACCESS_DONE);
    *entry = kept;
    shadow_frame_written(host.shadow, (mfn_t){TABLE});
}

static void random_memory(void) {
    uint32_t i;

    for (i = 0; i < TABLE_ENTRIES; i++) {
        host_table(TABLE)[i] = random_word();
        host_table(PLAIN)[i] = random_word();
    }
}

/* Put the instruction where the guest runs it; now and then across two pages. */
static void place_code(const struct code *code, struct cpu_user_regs *regs) {
    uint32_t offset = random_below(16) == 0 ? PAGE_SIZE - 1 - random_below(code->length) : random_below(PAGE_SIZE - 16);

    memcpy(host.memory + CODE * PAGE_SIZE + offset, code->bytes, code->length);
    regs->eip = NATIVE_CODE + offset;
}

static void load_native(void) {
    memcpy((void *)NATIVE_DATA, host_bytes(TABLE), PAGE_SIZE);
    memcpy((void *)(NATIVE_DATA + PAGE_SIZE), host_bytes(PLAIN), PAGE_SIZE);
}

static void compare(const struct cpu_user_regs *engine, const struct cpu_user_regs *native, uint32_t defined) {
    CHECK_EQUAL(engine->eax, native->eax);
    CHECK_EQUAL(engine->ecx, native->ecx);
    CHECK_EQUAL(engine->edx, native->edx);
    CHECK_EQUAL(engine->ebx, native->ebx);
    CHECK_EQUAL(engine->ebp, native->ebp);
    CHECK_EQUAL(engine->esi, native->esi);
    CHECK_EQUAL(engine->edi, native->edi);
    CHECK_EQUAL(engine->eip, native->eip);
    CHECK_EQUAL(engine->eflags & (defined | FLAG_DF), native->eflags & (defined | FLAG_DF));
    CHECK(memcmp(host_bytes(TABLE), (void *)NATIVE_DATA, PAGE_SIZE) == 0);
    CHECK(memcmp(host_bytes(PLAIN), (void *)(NATIVE_DATA + PAGE_SIZE), PAGE_SIZE) == 0);
}

/* Where the instruction writes first. */
static uint32_t written_address(const struct sample *sample, const struct cpu_user_regs *regs) {
    return sample->kind == STRING_STOS || sample->kind == STRING_MOVS ? regs->edi : NATIVE_DATA + 1;
}

static uint32_t partial;

/* The engine runs it to its end, or as far as it gives; what is left the processor does, on the engine's memory. */
static void run_engine(const struct sample *sample, const struct code *code, struct cpu_user_regs *regs) {
    uint32_t end = regs->eip + code->length, linear = written_address(sample, regs), error = FAULT_PRESENT |
        FAULT_WRITE;
    uint32_t before = shadow_counter(host.shadow, TRACE_COUNTER_emulated_writes);

    CHECK(shadow_page_fault(host.shadow, linear, &error, regs, false) == SHADOW_RETRY);
    CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_emulated_writes), before + 1);
    if (regs->eip == end) {
        return;
    }
    partial++;
    load_native();
    native_run(code->bytes, code->length, regs);
    memcpy(host_bytes(TABLE), (void *)NATIVE_DATA, PAGE_SIZE);
    memcpy(host_bytes(PLAIN), (void *)(NATIVE_DATA + PAGE_SIZE), PAGE_SIZE);
}

static void test_instructions(void) {
    uint32_t i;

    guest_begin();
    for (i = 0; i < ROUNDS; i++) {
        const struct sample *sample = &samples[random_below(SAMPLES)];
        struct cpu_user_regs regs, native;
        struct code code;

        if (i % 64 == 0) {
            random_memory();
            ensure_table();
        }
        random_registers(&regs);
        if (random_below(4) == 0) { /* CMPXCHG and CMPXCHG8B find what they want */
            regs.eax = regs.edx = 0x01010101u * (random_word() & 0xff);
            memset(host_bytes(TABLE), (int)(regs.eax & 0xff), PAGE_SIZE);
        }
        code = build(sample, &regs);
        place_code(&code, &regs);
        native = regs;
        load_native();
        native_run(code.bytes, code.length, &native);
        run_engine(sample, &code, &regs);
        compare(&regs, &native, sample->defined);
        if (i % 1024 == 0) {
            host_audit();
        }
    }
    CHECK(partial > 100);
    host_end();
}

/* The address of every ModRM form is what LEA says, with 16-bit and 32-bit addresses. */
static void test_addresses(void) {
    uint32_t i;

    for (i = 0; i < 60000; i++) {
        uint8_t bytes[16] = {0x67, 0x89};
        bool short_address = random_below(2);
        uint8_t *opcode = bytes + (short_address ? 1 : 0);
        struct cpu_user_regs regs, native;
        struct instruction instruction;
        uint32_t k;

        opcode[0] = 0x89;
        for (k = 1; k < 8; k++) {
            opcode[k] = (uint8_t)random_word();
        }
        opcode[1] &= 0xc7;       /* the register operand: eax */
        if (opcode[1] >= 0xc0) {
            continue;
        }
        random_registers(&regs);
        CHECK(decode(bytes, sizeof(bytes) - 1, &instruction) == DECODE_DONE);
        native = regs;
        opcode[0] = 0x8d;
        native_run(bytes, instruction.length, &native);
        CHECK_EQUAL(operand_offset(&instruction, &regs), native.eax);
    }
}

/*
 * What is not known is declined and changes nothing; so are CPL 3, single steps, 16-bit code, and operands across
 * pages.
 */
static void test_declined(void) {
    static const struct {
        uint8_t code[8];
        uint16_t cs;
        uint32_t flags, edi, ecx;
    } cases[] = {
        {{0x8f, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0},                    /* POP */
        {{0x0f, 0x11, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0},              /* MOVUPS */
        {{0xd1, 0x27}, FLAT_RING1_CS, 0, NATIVE_DATA, 0},                    /* SHL */
        {{0x89, 0xc7}, FLAT_RING1_CS, 0, NATIVE_DATA, 0},                    /* MOV to a register */
        {{0x89, 0x07}, FLAT_RING3_CS, 0, NATIVE_DATA, 0},
        {{0x89, 0x07}, FLAT_RING1_CS, 1u << 8, NATIVE_DATA, 0},
        {{0x89, 0x07}, FLAT_RING1_CS, 1u << 17, NATIVE_DATA, 0},
        {{0x89, 0x07}, 0x19, 0, NATIVE_DATA, 0},                             /* 16-bit code */
        {{0x89, 0x07}, 0x21, 0, NATIVE_DATA, 0},                             /* no such segment */
        {{0x89, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA + PAGE_SIZE - 2, 0},    /* across pages */
        {{0x89, 0x07}, FLAT_RING1_CS, 0, NATIVE_CODE, 0},                    /* not where the fault was */
        {{0x64, 0x89, 0x07}, FLAT_RING1_CS, 0, NATIVE_DATA, 0},              /* through a null FS */
        {{0xa5}, FLAT_RING1_CS, 0, NATIVE_DATA, 0},                          /* MOVS from nowhere */
        {{0xf3, 0xab}, FLAT_RING1_CS, 0, NATIVE_DATA, TABLE_ENTRIES / 4},    /* recycles the table */
        {{0xf3, 0xaa}, FLAT_RING1_CS, 0, NATIVE_DATA, PAGE_SIZE / 4},
        {{0xf3, 0xa5}, FLAT_RING1_CS, 0, NATIVE_DATA, 0x80000000},
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
        CHECK(!emulate_write(host.shadow, &walk, &regs));
        walk_end(&walk);
        CHECK(memcmp(&regs, &before, sizeof(regs)) == 0);
        CHECK(memcmp(host_bytes(TABLE), (void *)NATIVE_DATA, PAGE_SIZE) == 0);
    }
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

int main(int argc, char **argv) {
    struct cpu_user_regs regs = {.eflags = 0x202};

    random_begin(argc, argv);
    native_begin();
    native_run((const uint8_t *)"\x90", 1, &regs);
    test_instructions();
    test_addresses();
    test_declined();
    test_longest_string();
    test_segment_base();
    test_changed_code();
    return check_end("emulate");
}
