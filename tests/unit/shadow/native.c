/* native.c - run one instruction on this processor. See native.h. */
#include "tests/unit/shadow/native.h"

#include <string.h>
#include <sys/mman.h>

#include "tests/unit/shadow/check.h"

/* What the assembly below loads and stores. */
struct native_registers {
    uint32_t eax, ecx, edx, ebx, ebp, esi, edi, eflags;
};

struct native_registers native_registers;
uint32_t native_saved_stack, native_return;

void native_call(void);
void native_back(void);

__asm__(
    ".text\n"
    "native_call:\n"
    "    pushal\n"
    "    movl %esp, native_saved_stack\n"
    "    pushl native_registers+28\n"
    "    popfl\n"
    "    movl native_registers, %eax\n"
    "    movl native_registers+4, %ecx\n"
    "    movl native_registers+8, %edx\n"
    "    movl native_registers+12, %ebx\n"
    "    movl native_registers+16, %ebp\n"
    "    movl native_registers+20, %esi\n"
    "    movl native_registers+24, %edi\n"
    "    jmp 0x51000000\n"
    "native_back:\n"
    "    movl %eax, native_registers\n"
    "    movl %ecx, native_registers+4\n"
    "    movl %edx, native_registers+8\n"
    "    movl %ebx, native_registers+12\n"
    "    movl %ebp, native_registers+16\n"
    "    movl %esi, native_registers+20\n"
    "    movl %edi, native_registers+24\n"
    "    movl native_saved_stack, %esp\n"
    "    pushfl\n"
    "    popl native_registers+28\n"
    "    cld\n"
    "    popal\n"
    "    ret\n");

void native_begin(void) {
    void *data = mmap((void *)NATIVE_DATA, 0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
                      MAP_FIXED_NOREPLACE, -1, 0);
    void *code = mmap((void *)NATIVE_CODE, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    CHECK(data == (void *)NATIVE_DATA && code == (void *)NATIVE_CODE);
    native_return = (uint32_t)(uintptr_t)native_back;
}

uint32_t native_stack(void) {
    return native_saved_stack;
}

void native_run(const uint8_t *code, uint32_t length, struct cpu_user_regs *regs) {
    uint8_t *page = (uint8_t *)NATIVE_CODE;
    uint32_t where = (uint32_t)(uintptr_t)&native_return;

    memcpy(page, code, length);
    page[length] = 0xff; /* jmp *native_return */
    page[length + 1] = 0x25;
    memcpy(page + length + 2, &where, sizeof(where));
    native_registers = (struct native_registers){regs->eax, regs->ecx, regs->edx, regs->ebx,
                                                 regs->ebp, regs->esi, regs->edi, regs->eflags};
    native_call();
    regs->eax = native_registers.eax;
    regs->ecx = native_registers.ecx;
    regs->edx = native_registers.edx;
    regs->ebx = native_registers.ebx;
    regs->ebp = native_registers.ebp;
    regs->esi = native_registers.esi;
    regs->edi = native_registers.edi;
    regs->eflags = native_registers.eflags;
    regs->eip += length;
}
