/* user.c - see user.h. */
#include "guests/lib/user.h"

#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"

static uint8_t trap_stack[8192] __attribute__((aligned(16)));
static struct trap_frame captured;
static uint32_t saved_esp;         /* of user_run while ring 3 runs; 0: it does not */
static uint8_t *code_page;

void user_start(void) {
    pte_t *table = tables_install(USER_AREA);
    const pte_t kernel = PTE_P | PTE_W | PTE_A | PTE_D;

    code_page = page_take();
    tables_set(&table[0], tables_make(page_frame(code_page), PTE_P | PTE_U | PTE_A));
    tables_set(&table[1], tables_make(page_frame(page_take()), kernel | PTE_U));
    tables_set(&table[2], tables_make(page_frame(page_take()), kernel | PTE_U));
    tables_set(&table[3], tables_make(page_frame(page_take()), kernel));
    if (hypercall_stack_switch(FLAT_KERNEL_SS, pointer_word(trap_stack) + sizeof(trap_stack)) != 0)
        panic("the hypervisor refused the kernel stack");
}

struct trap_frame *user_run(const struct user_code *code, uint32_t eax) {
    struct trap_frame frame = {
        .eax = eax, .ds = FLAT_USER_DS, .es = FLAT_USER_DS, .eip = USER_CODE, .cs = FLAT_USER_CS,
        .eflags = EFLAGS_IF | 2, .esp = USER_STACK_END, .ss = FLAT_USER_SS,
    };

    memcpy(code_page, code->instructions, code->bytes);
    return user_continue(&frame);
}

struct trap_frame *user_continue(struct trap_frame *frame) {
    struct trap_frame entered = *frame;

    user_enter(&saved_esp, &entered);
    return &captured;
}

struct trap_frame *user_run_with(uint32_t *stack) {
    user_enter_by_hypercall(&saved_esp, stack);
    return &captured;
}

void user_trapped(const struct trap_frame *frame) {
    uint32_t esp = saved_esp;

    if (!trap_from_user(frame) || esp == 0)
        return;
    captured = *frame;
    saved_esp = 0;
    user_leave(esp);
}
