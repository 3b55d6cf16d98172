/* process.c - making and ending processes (see process.h). The scheduler: schedule.c. */
#include "guests/mini/process.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/mini/exec.h"
#include "guests/mini/kernel_map.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"
#include "guests/mini/pipe.h"
#include "guests/mini/schedule.h"
#include "guests/mini/user_copy.h"

#define STACK_PAGES 2

static struct process processes[PROCESSES];
static uint32_t next_pid = 1;

/* Page 0 of each is never mapped. */
static uint8_t stacks[PROCESSES][1 + STACK_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));

struct process *process_at(uint32_t index) {
    return &processes[index];
}

static uint32_t index_of(const struct process *process) {
    return (uint32_t)(process - processes);
}

static void hide_stack(const struct process *process) {
    kernel_map_hide(stacks[index_of(process)][1], STACK_PAGES);
}

/* An unused process with a kernel stack; NULL: too many. */
static struct process *allocate(void) {
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &processes[i];

        if (process->state != PROCESS_UNUSED)
            continue;
        memset(process, 0, sizeof(*process));
        kernel_map_show(stacks[i][1], STACK_PAGES);
        process->kernel_stack_top = (uint32_t)(uintptr_t)stacks[i][1 + STACK_PAGES];
        process->pid = next_pid++;
        return process;
    }
    return NULL;
}

/* Let process begin at start on its own stack, with room for the frame of its first return to ring 3. */
static void prepare_stack(struct process *process, const void *start) {
    uint32_t *top = (uint32_t *)(process->kernel_stack_top - sizeof(struct trap_frame));

    *--top = (uint32_t)(uintptr_t)start;         /* where switch_stacks returns to */
    for (uint32_t i = 0; i < 4; i++)
        *--top = 0;                              /* the registers that it restores */
    process->kernel_esp = (uint32_t)(uintptr_t)top;
}

static struct trap_frame *user_frame(const struct process *process) {
    return (struct trap_frame *)(process->kernel_stack_top - sizeof(struct trap_frame));
}

/* A forked process's first steps in the kernel. */
static _Noreturn void start_child(void) {
    events_enable();
    enter_user(user_frame(process_current()));
}

int32_t process_fork(const struct trap_frame *frame) {
    struct process *parent = process_current();
    struct process *child = allocate();

    if (child == NULL)
        return -ERROR_too_many;
    child->mm = mm_fork(parent->mm);
    if (child->mm == NULL) {
        hide_stack(child);
        return -ERROR_no_memory;
    }
    child->parent = parent;
    string_copy(child->name, parent->name, sizeof(child->name));
    pipe_copy_descriptors(child->descriptors, parent->descriptors);
    fpu_copy(child, parent);
    prepare_stack(child, start_child);
    *user_frame(child) = *frame;
    user_frame(child)->eax = 0;
    child->state = PROCESS_RUNNABLE;
    machine->name_process(child->mm->directory, child->pid, child->name);
    return (int32_t)child->pid;
}

/* Children of an ended process are the first process's from now on. */
static void give_away_children(struct process *parent) {
    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (processes[i].state != PROCESS_UNUSED && processes[i].parent == parent)
            processes[i].parent = &processes[0];
    }
}

/* Only the statuses that are outcomes mean one; anything else is a failure. */
static uint32_t status_outcome(int32_t status) {
    bool known = status == PENUMBRA_OUTCOME_success || status == PENUMBRA_OUTCOME_skip ||
                 status == PENUMBRA_OUTCOME_error;

    return known ? (uint32_t)status : PENUMBRA_OUTCOME_failure;
}

_Noreturn void process_exit(int32_t status) {
    struct process *process = process_current();
    struct mm *mm = process->mm;

    if (process == &processes[0])
        finish(status_outcome(status));
    pipe_close_descriptors(process->descriptors);
    fpu_forget(process);
    process->mm = NULL;
    mm_activate(NULL);
    mm_destroy(mm);
    give_away_children(process);
    process->status = status;
    process->state = PROCESS_ENDED;
    process_wake(process->parent);
    schedule();
    panic("an ended process runs");
}

/* An ended child of parent; *any: there are children at all. */
static struct process *ended_child(const struct process *parent, bool *any) {
    *any = false;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (processes[i].state == PROCESS_UNUSED || processes[i].parent != parent)
            continue;
        *any = true;
        if (processes[i].state == PROCESS_ENDED)
            return &processes[i];
    }
    return NULL;
}

int32_t process_wait(uint32_t status_pointer, uint32_t how) {
    struct process *parent = process_current();
    struct process *child;
    bool any;

    if (how > WAIT_not)
        return -ERROR_invalid;
    while ((child = ended_child(parent, &any)) == NULL) {
        if (!any)
            return -ERROR_no_entry;
        if (how == WAIT_not)
            return 0;
        process_wait_for(parent, 0);
    }
    if (!copy_to_user(status_pointer, &child->status, sizeof(child->status)))
        return -ERROR_fault;
    hide_stack(child);
    child->state = PROCESS_UNUSED;
    return (int32_t)child->pid;
}

/* The first process's first steps in the kernel: become the program init. */
static _Noreturn void start_init(void) {
    struct trap_frame *frame = user_frame(process_current());
    int32_t result = exec_program(frame, "init", (const char *)start_info->cmd_line);

    if (result != 0) {
        print("error: cannot start the program init from the ramdisk: %s\n", exec_error(result));
        finish(PENUMBRA_OUTCOME_error);
    }
    events_enable();
    enter_user(frame);
}

_Noreturn void process_start(void) {
    struct process *process;

    kernel_map_hide(stacks, sizeof(stacks) / PAGE_SIZE);
    process = allocate();
    process->parent = process;
    prepare_stack(process, start_init);
    pipe_open_console(process->descriptors);
    process->state = PROCESS_RUNNABLE;
    schedule_first(process);
}
