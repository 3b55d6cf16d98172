/*
 * hooks.c - find, check and patch functions of the running emulator; see agent.h.
 *
 * Rules: each is checked before it is changed, and all before the machine starts. An empty hook of Bochs is `ret` at
 * an address that is a multiple of 16, with no-operation padding up to the next: 16 bytes, of which the jump takes 14.
 * A detour's first instructions, as many as the jump overwrites, are copied elsewhere, with a jump to the rest behind
 * them; they may only be such as name no place in the code.
 * Source: Intel SDM volume 2, "NOP" (multi-byte encodings), "CALL" (E8), "JMP" (E9, FF /4), "PUSH" (50+rd), "MOV" (89,
 * 8B, B8+rd), "SUB" (83 /5).
 */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/agent/agent.h"

#define STUB_BYTES 16u
#define JUMP_BYTES 14u
#define CALL_BYTES 5u

struct code {
    uint8_t *begin;
    size_t bytes;
};

void *hooks_symbol(const char *symbol) {
    void *address = dlsym(RTLD_DEFAULT, symbol);

    if (!address)
        agent_refuse("this Bochs does not export %s; the agent works with bochs-bin of Debian 12 (Bochs 2.7)", symbol);
    return address;
}

/* Length of the no-operation instruction at code, at most room bytes; 0 when there is none. */
static uint32_t nop_length(const uint8_t *code, uint32_t room) {
    uint32_t n = 0;

    while (n < room && (code[n] == 0x66 || code[n] == 0x2e))
        n++;
    if (n < room && code[n] == 0x90)
        return n + 1;
    if (n + 3 > room || code[n] != 0x0f || code[n + 1] != 0x1f)
        return 0;
    switch (code[n + 2]) { /* ModRM: which address form */
    case 0x00:
        n += 3;
        break;
    case 0x40:
        n += 4;
        break;
    case 0x44:
        n += 5;
        break;
    case 0x80:
        n += 7;
        break;
    case 0x84:
        n += 8;
        break;
    default:
        return 0;
    }
    return n <= room ? n : 0;
}

static bool is_stub(const uint8_t *code) {
    uint32_t n = 1;

    if (code[0] != 0xc3)
        return false;
    while (n < STUB_BYTES) {
        uint32_t length = nop_length(code + n, STUB_BYTES - n);

        if (length == 0)
            return false;
        n += length;
    }
    return true;
}

/* Bytes of the function at address by the program's symbol table; 0 when it does not say. */
static uint64_t symbol_bytes(const void *address) {
    Dl_info info;
    ElfW(Sym) *symbol = NULL;

    if (!dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
        return 0;
    return symbol->st_size;
}

const uint8_t *hooks_code(const char *symbol, uint64_t *bytes) {
    const uint8_t *code = hooks_symbol(symbol);

    *bytes = symbol_bytes(code);
    return code;
}

/* Length of the instruction at code, when it is one that compilers begin functions with and that works anywhere; otherwise 0. */
static uint32_t movable_length(const uint8_t *code) {
    uint32_t n = (code[0] & 0xf0) == 0x40; /* REX */
    bool wide = n && (code[0] & 8);

    if ((code[n] & 0xf8) == 0x50) /* push register */
        return n + 1;
    if ((code[n] & 0xf8) == 0xb8) /* mov $constant, register */
        return n + (wide ? 9 : 5);
    if ((code[n] == 0x89 || code[n] == 0x8b) && code[n + 1] >= 0xc0) /* mov register, register */
        return n + 2;
    if (code[n] == 0x8b && code[n + 1] >= 0x80 && (code[n + 1] & 7) != 4) /* mov displacement(register), register */
        return n + 6;
    if (wide && code[n] == 0x83 && code[n + 1] == 0xec) /* sub $constant, %rsp */
        return n + 3;
    return 0;
}

/* How many bytes of whole movable instructions a jump overwrites; 0: there are others among them. */
static uint32_t movable_bytes(const uint8_t *code) {
    uint32_t n = 0, length = 1;

    while (n < JUMP_BYTES && length > 0) {
        length = movable_length(code + n);
        n += length;
    }
    return length > 0 ? n : 0;
}

static _Noreturn void refuse(const char *symbol, const char *wrong) {
    const uint8_t *code = hooks_symbol(symbol);
    char found[3 * STUB_BYTES + 1];

    for (uint32_t i = 0; i < STUB_BYTES; i++)
        snprintf(found + 3 * i, 4, "%02x ", code[i]);
    agent_refuse("%s is %s in this Bochs; found: %s(the agent works with bochs-bin of Debian 12, Bochs 2.7)", symbol, wrong, found);
}

static void check(const struct hook *hook) {
    const uint8_t *code = hooks_symbol(hook->symbol);

    if (hook->kind == HOOK_STUB && !is_stub(code))
        refuse(hook->symbol, "not an empty hook with room for a jump");
    if (hook->kind == HOOK_FUNCTION && symbol_bytes(code) < JUMP_BYTES)
        refuse(hook->symbol, "too short to be redirected");
}

/* Write a jump to target at to: jmp *0(%rip), then the address. */
static void write_jump(uint8_t *to, const void *target) {
    static const uint8_t opcode[] = { 0xff, 0x25, 0, 0, 0, 0 };

    memcpy(to, opcode, sizeof(opcode));
    memcpy(to + sizeof(opcode), &target, sizeof(target));
}

/* Write `bytes` over code. */
static void overwrite(uint8_t *code, const uint8_t *with, uint32_t bytes) {
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)code & ~(page_bytes - 1);
    uintptr_t end = ((uintptr_t)code + bytes + page_bytes - 1) & ~(page_bytes - 1);

    if (mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC))
        agent_refuse("cannot make the code of Bochs writable: %m");
    memcpy(code, with, bytes);
    if (mprotect((void *)begin, end - begin, PROT_READ | PROT_EXEC))
        agent_refuse("cannot protect the code of Bochs again: %m");
}

static void patch(const char *symbol, void *replacement) {
    uint8_t jump[JUMP_BYTES];

    write_jump(jump, replacement);
    overwrite(hooks_symbol(symbol), jump, JUMP_BYTES);
}

void *hooks_detour(const char *symbol, void *replacement) {
    const uint8_t *code = hooks_symbol(symbol);
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    uint32_t bytes = movable_bytes(code);
    uint8_t *moved;

    if (bytes == 0 || symbol_bytes(code) < bytes)
        refuse(symbol, "not a function whose beginning can be moved");
    moved = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (moved == MAP_FAILED)
        agent_refuse("cannot get a page for the beginning of %s: %m", symbol);
    memcpy(moved, code, bytes);
    write_jump(moved + bytes, code + bytes);
    if (mprotect(moved, page_bytes, PROT_READ | PROT_EXEC))
        agent_refuse("cannot make the beginning of %s executable elsewhere: %m", symbol);
    patch(symbol, replacement);
    return moved;
}

/* The program's own code, for dl_iterate_phdr. */
static int own_code(struct dl_phdr_info *program, size_t size, void *found) {
    (void)size;
    for (uint32_t i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &program->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X))
            *(struct code *)found = (struct code){ (uint8_t *)program->dlpi_addr + segment->p_vaddr, segment->p_memsz };
    }
    return 1; /* the program is the first of all that is loaded */
}

void hooks_silence(const char *symbol) {
    static const uint8_t no_operation[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
    const uint8_t *stub = hooks_symbol(symbol);
    struct code code = { NULL, 0 };

    if (!is_stub(stub))
        refuse(symbol, "not an empty hook");
    dl_iterate_phdr(own_code, &code);
    for (uint8_t *at = code.begin; at + CALL_BYTES <= code.begin + code.bytes; at++) {
        int32_t distance;

        if (*at != 0xe8 && *at != 0xe9)
            continue;
        memcpy(&distance, at + 1, sizeof(distance));
        if (at + CALL_BYTES + distance == stub) /* call; or jmp, which is a call and ret */
            overwrite(at, *at == 0xe8 ? no_operation : stub, *at == 0xe8 ? CALL_BYTES : 1);
    }
}

void hooks_patch(const struct hook *hooks, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        check(&hooks[i]);
    for (uint32_t i = 0; i < count; i++)
        patch(hooks[i].symbol, hooks[i].replacement);
}
