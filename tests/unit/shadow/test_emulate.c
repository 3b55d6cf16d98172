/*
 * test_emulate.c - emulated instructions against the processor itself.
 *
 * Random instructions of every supported kind, with every prefix, addressing form and operand width, run on this
 * processor and through a page fault of the engine: memory, registers and defined flags must be the same. A repeated
 * instruction that leaves the table's page is finished by the processor, from where the engine stopped. Addresses of
 * every ModRM form, 16-bit ones too, are compared with what LEA gives.
 */
#include <string.h>

#include "tests/unit/shadow/emulated.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"
#include "tests/unit/shadow/native.h"

#define ROUNDS 200000

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

/* Both run it, twice now and then: the second time the engine knows it. */
static void run_both(const struct sample *sample, const struct code *code, const struct cpu_user_regs *begin,
                     uint32_t defined) {
    uint32_t times = random_below(4) == 0 ? 2 : 1;

    while (times-- != 0) {
        struct cpu_user_regs regs = *begin, native = *begin;

        load_native();
        native_run(code->bytes, code->length, &native);
        run_engine(sample, code, &regs);
        compare(&regs, &native, defined);
    }
}

static void test_instructions(void) {
    uint32_t i;

    guest_begin();
    for (i = 0; i < ROUNDS; i++) {
        const struct sample *sample = &samples[random_below(sample_count)];
        struct cpu_user_regs regs;
        uint32_t defined;
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
        if (sample->kind == SHIFTED && sample->length == 2 && shift_count_of(sample, &code, &regs) > code.size * 8) {
            continue; /* SHLD and SHRD by more than there is: undefined */
        }
        defined = defined_flags(sample, &code, &regs);
        place_code(&code, &regs);
        run_both(sample, &code, &regs, defined);
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

int main(int argc, char **argv) {
    struct cpu_user_regs regs = {.eflags = 0x202};

    random_begin(argc, argv);
    native_begin();
    native_run((const uint8_t *)"\x90", 1, &regs);
    test_instructions();
    test_addresses();
    return check_end("emulate");
}
