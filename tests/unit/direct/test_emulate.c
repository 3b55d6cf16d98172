/*
 * test_emulate.c - one store to a page table, emulated, against the processor itself.
 *
 * Random instructions of the kinds with which kernels write entries run on this processor, on a copy of the table, and
 * are emulated. Where what the processor left is an entry that may be, table, registers and defined flags must be the
 * same and references add up; where it may not be, or the operand lies across two entries, nothing may have changed.
 * (That instructions of all forms are taken apart rightly is tests/unit/shadow/test_emulate.c's to show.)
 */
#include <string.h>

#include "shadow/alu.h"
#include "tests/unit/direct/host.h"
#include "tests/unit/shadow/native.h"
#include "xen/direct/emulate.h"
#include "xen/direct/update.h"
#include "xen/domain/mode.h"

enum { DIRECTORY, TABLE, DATA_L1, CODE_L1, CODE, PLAIN, MEMORY = 20 };

#define MEMORY_FRAMES 16u
#define ROUNDS 15000u
#define FLAG_TF (1u << 8)
#define FLAG_DF (1u << 10)
#define FLAG_RF (1u << 16)
#define FLAG_VM (1u << 17)
#define ARITHMETIC FLAGS_ARITHMETIC
#define LOGIC (FLAGS_ARITHMETIC & ~FLAG_AF)
#define BITS (FLAG_CF | FLAG_ZF)

enum kind { MODRM, STRING, ABSOLUTE };

static const struct sample {
    uint8_t code[2];
    uint8_t length;
    int8_t extension;   /* of ModRM; -1: a register */
    uint8_t immediate;  /* bytes: 0, 1, 4 (operand size) */
    bool byte;
    uint8_t kind;
    uint32_t defined;   /* flags to compare */
} samples[] = {
    { { 0x88 }, 1, -1, 0, true, MODRM, ARITHMETIC }, { { 0x89 }, 1, -1, 0, false, MODRM, ARITHMETIC },
    { { 0xc6 }, 1, 0, 1, true, MODRM, ARITHMETIC }, { { 0xc7 }, 1, 0, 4, false, MODRM, ARITHMETIC },
    { { 0xa2 }, 1, -1, 0, true, ABSOLUTE, ARITHMETIC }, { { 0xa3 }, 1, -1, 0, false, ABSOLUTE, ARITHMETIC },
    { { 0x86 }, 1, -1, 0, true, MODRM, ARITHMETIC }, { { 0x87 }, 1, -1, 0, false, MODRM, ARITHMETIC },
    { { 0x01 }, 1, -1, 0, false, MODRM, ARITHMETIC }, { { 0x09 }, 1, -1, 0, false, MODRM, LOGIC },
    { { 0x11 }, 1, -1, 0, false, MODRM, ARITHMETIC }, { { 0x20 }, 1, -1, 0, true, MODRM, LOGIC },
    { { 0x21 }, 1, -1, 0, false, MODRM, LOGIC }, { { 0x31 }, 1, -1, 0, false, MODRM, LOGIC },
    { { 0x81 }, 1, 1, 4, false, MODRM, LOGIC }, { { 0x81 }, 1, 4, 4, false, MODRM, LOGIC },
    { { 0x83 }, 1, 0, 1, false, MODRM, ARITHMETIC }, { { 0x83 }, 1, 4, 1, false, MODRM, LOGIC },
    { { 0x83 }, 1, 5, 1, false, MODRM, ARITHMETIC }, { { 0x80 }, 1, 1, 1, true, MODRM, LOGIC },
    { { 0xff }, 1, 0, 0, false, MODRM, ARITHMETIC }, { { 0xfe }, 1, 1, 0, true, MODRM, ARITHMETIC },
    { { 0xf7 }, 1, 2, 0, false, MODRM, ARITHMETIC }, { { 0xf7 }, 1, 3, 0, false, MODRM, ARITHMETIC },
    { { 0x0f, 0xb0 }, 2, -1, 0, true, MODRM, ARITHMETIC }, { { 0x0f, 0xb1 }, 2, -1, 0, false, MODRM, ARITHMETIC },
    { { 0x0f, 0xc0 }, 2, -1, 0, true, MODRM, ARITHMETIC }, { { 0x0f, 0xc1 }, 2, -1, 0, false, MODRM, ARITHMETIC },
    { { 0x0f, 0xba }, 2, 5, 1, false, MODRM, BITS }, { { 0x0f, 0xba }, 2, 6, 1, false, MODRM, BITS },
    { { 0x0f, 0xba }, 2, 7, 1, false, MODRM, BITS },
    { { 0xd1 }, 1, 0, 0, false, MODRM, ARITHMETIC }, { { 0xd0 }, 1, 3, 0, true, MODRM, ARITHMETIC },
    { { 0xd1 }, 1, 4, 0, false, MODRM, LOGIC }, { { 0xd0 }, 1, 7, 0, true, MODRM, LOGIC },
    { { 0x0f, 0x94 }, 2, -1, 0, true, MODRM, ARITHMETIC }, { { 0x0f, 0x9d }, 2, -1, 0, true, MODRM, ARITHMETIC },
    { { 0xaa }, 1, -1, 0, true, STRING, ARITHMETIC }, { { 0xab }, 1, -1, 0, false, STRING, ARITHMETIC },
    { { 0xa4 }, 1, -1, 0, true, STRING, ARITHMETIC }, { { 0xa5 }, 1, -1, 0, false, STRING, ARITHMETIC },
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

struct code {
    uint8_t bytes[16];
    uint32_t length;
    uint32_t size;      /* operand size */
    bool repeat;        /* bytes[0] is a rep prefix */
};

static uint32_t emulated, refused, across;

static void begin(void) {
    host_reset(&mode_writable);
    CHECK_EQUAL(host.domain.mode->prepare(&host.domain), 0);
    host_table(FRAME(DIRECTORY))[0] = ENTRY(FRAME(TABLE), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[l2_index(NATIVE_DATA)] = ENTRY(FRAME(DATA_L1), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[l2_index(NATIVE_CODE)] = ENTRY(FRAME(CODE_L1), PTE_P | PTE_W);
    host_table(FRAME(DATA_L1))[0] = ENTRY(FRAME(TABLE), PTE_P);
    host_table(FRAME(DATA_L1))[1] = ENTRY(FRAME(PLAIN), PTE_P | PTE_W);
    host_table(FRAME(CODE_L1))[0] = ENTRY(FRAME(CODE), PTE_P);
    CHECK_EQUAL(host_load(FRAME(DIRECTORY)), 0);
    host.domain.direct.emulate = true;
    host_audit();
}

static pte_t legal_entry(void) {
    static const uint32_t flags[] = { 0, PTE_P, PTE_P | PTE_W, PTE_P | PTE_W | PTE_U, PTE_P | PTE_A | PTE_D };

    if (random_below(10) == 0) {
        return ENTRY(FRAME(random_below(PLAIN)), PTE_P); /* tables may be looked at */
    }
    return ENTRY(FRAME(MEMORY + random_below(MEMORY_FRAMES)), flags[random_below(5)] | random_below(8) << 9);
}

/* May the table have it? */
static bool is_legal(pte_t entry) {
    uint32_t n = (entry >> PAGE_SHIFT) - HOST_FIRST;

    return !(entry & PTE_P) ||
           (!(entry & (PTE_PWT | PTE_PCD | PTE_PS | PTE_G)) && ((n < HOST_GUEST && (n > CODE_L1 || !(entry & PTE_W))) ||
                                                                entry >> PAGE_SHIFT == HOST_SHARED_INFO));
}

static void random_registers(struct cpu_user_regs *regs) {
    uint32_t *const general[] = { &regs->eax, &regs->ecx, &regs->edx, &regs->ebx, &regs->ebp, &regs->esi, &regs->edi };

    *regs = (struct cpu_user_regs){ .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS, .ss = FLAT_RING1_DS,
                                    .eip = NATIVE_CODE };
    for (uint32_t i = 0; i < 7; i++) {
        *general[i] = random_below(3) ? legal_entry() : random_below(2) ? random_below(8) : random_word();
    }
    regs->eflags = 0x202 | (random_word() & ARITHMETIC);
}

static void emit(struct code *code, uint32_t word, uint32_t size) {
    memcpy(code->bytes + code->length, &word, size);
    code->length += size;
}

static void emit_modrm(struct code *code, struct cpu_user_regs *regs, uint32_t reg, uint32_t linear) {
    switch (random_below(3)) {
    case 0:
        emit(code, reg << 3 | 5, 1);
        emit(code, linear, 4);
        break;
    case 1:
        emit(code, reg << 3 | 6, 1);
        regs->esi = linear;
        break;
    default:
        emit(code, 0x40 | reg << 3 | 7, 1);
        emit(code, 0xf8, 1);
        regs->edi = linear + 8;
    }
}

static void build_string(struct code *code, const struct sample *sample, struct cpu_user_regs *regs, uint32_t linear) {
    code->repeat = random_below(3) == 0;
    if (code->repeat) {
        memmove(code->bytes + 1, code->bytes, code->length);
        code->bytes[0] = 0xf3;
        code->length++;
        regs->ecx = random_below(2) ? 1 : 1 + random_below(1000);
    }
    emit(code, sample->code[0], 1);
    regs->edi = linear;
    regs->esi = NATIVE_DATA + PAGE_SIZE + 8 + random_below(PAGE_SIZE - 16);
    regs->eflags |= random_below(3) ? 0 : FLAG_DF;
}

static struct code build(const struct sample *sample, struct cpu_user_regs *regs, uint32_t linear) {
    struct code code = { .size = sample->byte ? 1 : 4 };
    uint32_t reg = sample->extension >= 0 ? (uint32_t)sample->extension : random_below(sample->byte ? 8 : 4);

    if (!sample->byte && random_below(4) == 0) {
        emit(&code, 0x66, 1);
        code.size = 2;
    }
    if (sample->kind == STRING) {
        build_string(&code, sample, regs, linear);
        return code;
    }
    emit(&code, sample->code[0], 1);
    if (sample->length == 2) {
        emit(&code, sample->code[1], 1);
    }
    if (sample->kind == ABSOLUTE) {
        emit(&code, linear, 4);
        return code;
    }
    emit_modrm(&code, regs, reg, linear);
    if (sample->immediate != 0) {
        emit(&code, random_below(2) ? legal_entry() : random_below(8), sample->immediate == 1 ? 1 : code.size);
    }
    return code;
}

/* What the processor makes of it; of a repeated one, of one iteration. */
static void run_native(const struct code *code, struct cpu_user_regs *regs) {
    memcpy((void *)NATIVE_DATA, host_table(FRAME(TABLE)), PAGE_SIZE);
    memcpy((void *)(NATIVE_DATA + PAGE_SIZE), host_table(FRAME(PLAIN)), PAGE_SIZE);
    native_run(code->bytes + code->repeat, code->length - code->repeat, regs);
    if (code->repeat) {
        regs->ecx--;
        regs->eip = regs->ecx == 0 ? NATIVE_CODE + code->length : NATIVE_CODE;
    }
}

static void check_done(const struct cpu_user_regs *is, const struct cpu_user_regs *wanted, uint32_t flags) {
    CHECK(is->eax == wanted->eax && is->ecx == wanted->ecx && is->edx == wanted->edx && is->ebx == wanted->ebx);
    CHECK(is->ebp == wanted->ebp && is->esi == wanted->esi && is->edi == wanted->edi);
    CHECK_EQUAL(is->eip, wanted->eip);
    CHECK_EQUAL(is->eflags & (flags | FLAG_DF), wanted->eflags & (flags | FLAG_DF));
    CHECK(memcmp(host_table(FRAME(TABLE)), (void *)NATIVE_DATA, PAGE_SIZE) == 0);
}

static void one_instruction(void) {
    static uint8_t before[PAGE_SIZE];
    const struct sample *sample = &samples[random_below(SAMPLES)];
    uint32_t linear = NATIVE_DATA + 4 * random_below(64) + (random_below(3) ? 0 : random_below(4));
    uint32_t index = linear % PAGE_SIZE / sizeof(pte_t);
    struct cpu_user_regs regs, wanted, kept;
    struct code code;

    random_registers(&regs);
    if (random_below(3) == 0) { /* CMPXCHG finds what it wants */
        regs.eax = host_table(FRAME(TABLE))[index];
    }
    code = build(sample, &regs, linear);
    memcpy(host_table(FRAME(CODE)), code.bytes, code.length);
    memcpy(before, host_table(FRAME(TABLE)), PAGE_SIZE);
    wanted = kept = regs;
    run_native(&code, &wanted);
    bool fits = linear % sizeof(pte_t) + code.size <= sizeof(pte_t);
    bool may = fits && is_legal(((pte_t *)NATIVE_DATA)[index]);

    CHECK_EQUAL(emulate_store(&host.domain, linear, (mfn_t){ FRAME(TABLE) }, &regs), may);
    if (may) {
        emulated++;
        check_done(&regs, &wanted, sample->defined);
    } else {
        refused += fits;
        across += !fits;
        CHECK(memcmp(&regs, &kept, sizeof(regs)) == 0);
        CHECK(memcmp(host_table(FRAME(TABLE)), before, PAGE_SIZE) == 0);
        CHECK(!fits || host.domain.direct.refusal.entry == ((pte_t *)NATIVE_DATA)[index]);
    }
}

static void test_instructions(void) {
    begin();
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        host_table(FRAME(PLAIN))[i] = legal_entry();
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (round % 8 == 0) {
            CHECK_EQUAL(update_entry(&host.domain, request(FRAME(TABLE), random_below(64), false), legal_entry()), 0);
        }
        one_instruction();
        if (round % 16 == 0) {
            CHECK_EQUAL(host_audit_rules(), 0);
        }
    }
    CHECK(emulated > ROUNDS / 4 && refused > ROUNDS / 20 && across > ROUNDS / 50);
    CHECK_EQUAL(host.domain.mmu_counters[TRACE_MMU_COUNTER_emulated_writes], emulated);
}

/* The same through the fault of a guest, with segments of its own; and what is declined, with nothing changed. */
static void test_segments_and_refusals(void) {
    static const struct {
        uint8_t code[4];
        uint16_t cs, ds;
        uint32_t flags, ecx;
        bool done;
    } cases[] = {
        { { 0x89, 0x07 }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 0, true },
        { { 0x89, 0x07 }, FLAT_RING1_CS, FLAT_RING1_DS, FLAG_RF, 0, true },
        { { 0x89, 0x87, 0x00, 0xf0 }, FLAT_RING1_CS, HOST_BASED, 0, 0, true }, /* [edi - 0x1000], completed below */
        { { 0x89, 0x07 }, FLAT_RING1_CS, HOST_BASED, 0, 0, false },            /* not where the fault was */
        { { 0x89, 0x07 }, FLAT_RING3_CS, FLAT_RING1_DS, 0, 0, false },
        { { 0x89, 0x07 }, FLAT_RING1_CS, FLAT_RING1_DS, FLAG_TF, 0, false },
        { { 0x89, 0x07 }, FLAT_RING1_CS, FLAT_RING1_DS, FLAG_VM, 0, false },
        { { 0x89, 0x07 }, HOST_CODE16, FLAT_RING1_DS, 0, 0, false },
        { { 0x89, 0x07 }, FLAT_RING1_CS, 0, 0, 0, false },
        { { 0x67, 0x89, 0x05 }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 0, false },   /* a 16-bit address */
        { { 0x0f, 0xc7, 0x0f }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 0, false },   /* CMPXCHG8B: two entries */
        { { 0xf3, 0xab }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 0, false },         /* nothing to repeat */
        { { 0xa5 }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 0, false },               /* MOVS from nowhere */
        { { 0x8f, 0x07 }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 0, false },         /* POP */
        { { 0x50 }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 0, false },               /* PUSH */
        { { 0x66, 0x0f, 0xa5, 0x07 }, FLAT_RING1_CS, FLAT_RING1_DS, 0, 17, false }, /* SHLD by more than there is */
    };

    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cpu_user_regs regs = { .eip = NATIVE_CODE, .cs = cases[i].cs, .ds = cases[i].ds, .es = FLAT_RING1_DS,
                                      .eflags = 0x202 | cases[i].flags, .edi = NATIVE_DATA, .ecx = cases[i].ecx,
                                      .esi = 0x70000000, .eax = ENTRY(FRAME(MEMORY), PTE_P | PTE_W) }, kept = regs;
        uint32_t error = 3;

        begin();
        memcpy(host_table(FRAME(CODE)), cases[i].code, 4);
        host_table(FRAME(CODE))[1] = 0x0000ffff;
        enum fault_answer answer = host.domain.mode->page_fault(&host.domain, NATIVE_DATA, &error, &regs, false);

        CHECK_EQUAL(answer, cases[i].done ? FAULT_REPAIRED : FAULT_TO_GUEST);
        CHECK_EQUAL(host_table(FRAME(TABLE))[0], cases[i].done ? regs.eax : 0);
        if (cases[i].done) {
            CHECK(regs.eip > kept.eip && !(regs.eflags & FLAG_RF));
        } else {
            CHECK(memcmp(&regs, &kept, sizeof(regs)) == 0);
        }
        CHECK(!host.domain.direct.disconnected.active && !host.domain.ended);
        host_audit();
    }
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    host_begin();
    native_begin();
    test_instructions();
    test_segments_and_refusals();
    return check_end("emulate");
}
