/* system_call.c - the system calls (system_calls.h), each a line of one table. */
#include <stddef.h>

#include "guests/lib/clock.h"
#include "guests/mini/counters.h"
#include "guests/mini/exec.h"
#include "guests/mini/files.h"
#include "guests/mini/frames.h"
#include "guests/mini/kernel_traps.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"
#include "guests/mini/nano.h"
#include "guests/mini/options.h"
#include "guests/mini/pipe.h"
#include "guests/mini/process.h"
#include "guests/mini/swap.h"
#include "guests/mini/user_copy.h"

typedef int32_t call_function(struct trap_frame *frame);

struct counters counters;

static int32_t call_exit(struct trap_frame *frame) {
    process_exit((int32_t)frame->ebx);
}

static int32_t call_fork(struct trap_frame *frame) {
    return process_fork(frame);
}

static int32_t call_exec(struct trap_frame *frame) {
    char name[NAME_BYTES];
    char arguments[ARGUMENT_BYTES];

    if (!copy_text_from_user(name, frame->ebx, sizeof(name)) ||
        !copy_text_from_user(arguments, frame->ecx, sizeof(arguments)))
        return -ERROR_fault;
    return exec_program(frame, name, arguments);
}

static int32_t call_wait(struct trap_frame *frame) {
    return process_wait(frame->ebx, frame->ecx);
}

static int32_t call_pid(struct trap_frame *frame) {
    (void)frame;
    return (int32_t)process_current()->pid;
}

static int32_t call_yield(struct trap_frame *frame) {
    (void)frame;
    process_yield();
    return 0;
}

static int32_t call_sleep(struct trap_frame *frame) {
    uint64_t wake_at = clock_ns() + (uint64_t)frame->ebx * 1000000u;

    while (clock_ns() < wake_at)
        process_wait_for(NULL, wake_at);
    return 0;
}

static int32_t call_map(struct trap_frame *frame) {
    return mm_map(process_current()->mm, frame->ebx, frame->ecx, frame->edx);
}

static int32_t call_file(struct trap_frame *frame) {
    char name[NAME_BYTES];

    return copy_text_from_user(name, frame->ebx, sizeof(name)) ? file_number(name) : -ERROR_fault;
}

static int32_t call_map_file(struct trap_frame *frame) {
    return mm_map_file(process_current()->mm, frame->ebx, frame->ecx, frame->edx);
}

static int32_t call_unmap(struct trap_frame *frame) {
    return mm_unmap(process_current()->mm, frame->ebx, frame->ecx);
}

static int32_t call_protect(struct trap_frame *frame) {
    return mm_protect(process_current()->mm, frame->ebx, frame->ecx, frame->edx);
}

static int32_t call_pipe(struct trap_frame *frame) {
    return pipe_create(frame->ebx);
}

static int32_t call_read(struct trap_frame *frame) {
    return pipe_read(frame->ebx, frame->ecx, frame->edx);
}

static int32_t call_write(struct trap_frame *frame) {
    return pipe_write(frame->ebx, frame->ecx, frame->edx);
}

static int32_t call_close(struct trap_frame *frame) {
    return pipe_close(frame->ebx);
}

static int32_t call_counters(struct trap_frame *frame) {
    counters.user_frames = frames_user();
    counters.swap_slots = swap_slots_used();
    return copy_to_user(frame->ebx, &counters, sizeof(counters)) ? 0 : -ERROR_fault;
}

static int32_t call_memory_limit(struct trap_frame *frame) {
    if (options.memory_limit == 0)
        frames_set_limit(frame->ebx);
    return 0;
}

static int32_t call_mode(struct trap_frame *frame) {
    uint32_t mode = frame->ebx;

    if (mode == MODE_ask)
        return (int32_t)machine->mode();
    return mode < MODES ? machine->change_mode(mode) : -ERROR_invalid;
}

static int32_t call_measure(struct trap_frame *frame) {
    static uint32_t number;
    char name[NAME_BYTES];

    if (!copy_text_from_user(name, frame->ebx, sizeof(name)))
        return -ERROR_fault;
    if (frame->ecx == 0)
        number++;
    machine->measure(number, frame->ecx, name);
    return 0;
}

static int32_t call_nano(struct trap_frame *frame) {
    return nano(frame->ebx, frame->ecx, frame->edx);
}

static call_function *const calls[CALL_COUNT] = {
    [CALL_exit] = call_exit,       [CALL_fork] = call_fork,           [CALL_exec] = call_exec,
    [CALL_wait] = call_wait,       [CALL_pid] = call_pid,             [CALL_yield] = call_yield,
    [CALL_sleep] = call_sleep,     [CALL_map] = call_map,             [CALL_unmap] = call_unmap,
    [CALL_protect] = call_protect, [CALL_pipe] = call_pipe,           [CALL_read] = call_read,
    [CALL_write] = call_write,     [CALL_close] = call_close,         [CALL_counters] = call_counters,
    [CALL_memory_limit] = call_memory_limit, [CALL_mode] = call_mode,
    [CALL_measure] = call_measure, [CALL_nano] = call_nano,
    [CALL_file] = call_file,       [CALL_map_file] = call_map_file,
};

void system_call(struct trap_frame *frame) {
    uint32_t number = frame->eax;
    bool replaces_frame = number == CALL_exec;
    int32_t result = -ERROR_no_call;

    if (number < CALL_COUNT && calls[number] != NULL)
        result = calls[number](frame);
    if (!replaces_frame || result != 0)
        frame->eax = (uint32_t)result;
}
