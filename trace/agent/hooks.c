/*
 * hooks.c - find, check and patch functions of the running emulator; see agent.h.
 *
 * Rules: all are checked before the first is changed. An empty hook of Bochs is `ret` at an address that is a multiple of 16, with
 * no-operation padding up to the next: 16 bytes, of which the jump takes 14.
 * Source: Intel SDM volume 2, "NOP" (multi-byte encodings) and "JMP" (FF /4).
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

static void check(const struct hook *hook) {
    const uint8_t *code = hooks_symbol(hook->symbol);
    char found[3 * STUB_BYTES + 1];

    if (hook->kind == HOOK_STUB ? is_stub(code) : symbol_bytes(code) >= JUMP_BYTES)
        return;
    for (uint32_t i = 0; i < STUB_BYTES; i++)
        snprintf(found + 3 * i, 4, "%02x ", code[i]);
    agent_refuse("%s is %s in this Bochs; found: %s(the agent works with bochs-bin of Debian 12, Bochs 2.7)", hook->symbol,
                 hook->kind == HOOK_STUB ? "not an empty hook with room for a jump" : "too short to be redirected", found);
}

static void patch(const struct hook *hook) {
    uint8_t *code = hooks_symbol(hook->symbol);
    uint8_t jump[JUMP_BYTES] = { 0xff, 0x25, 0, 0, 0, 0 }; /* jmp *0(%rip), then the address */
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)code & ~(page_bytes - 1);
    uintptr_t end = ((uintptr_t)code + JUMP_BYTES + page_bytes - 1) & ~(page_bytes - 1);

    memcpy(jump + 6, &hook->replacement, sizeof(hook->replacement));
    if (mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC))
        agent_refuse("cannot make the code of %s writable: %m", hook->symbol);
    memcpy(code, jump, sizeof(jump));
    if (mprotect((void *)begin, end - begin, PROT_READ | PROT_EXEC))
        agent_refuse("cannot protect the code of %s again: %m", hook->symbol);
}

void hooks_patch(const struct hook *hooks, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        check(&hooks[i]);
    for (uint32_t i = 0; i < count; i++)
        patch(&hooks[i]);
}
