/* calls.c - the system calls, through int 0x80 (see program.h and system_calls.h). */
#include "guests/workloads/lib/program.h"

static int32_t call(uint32_t number, uint32_t a, uint32_t b, uint32_t c) {
    int32_t result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "cc");
    return result;
}

static uint32_t word(const volatile void *pointer) {
    return (uint32_t)(uintptr_t)pointer;
}

_Noreturn void sys_exit(int32_t status) {
    call(CALL_exit, (uint32_t)status, 0, 0);
    __builtin_unreachable();
}

int32_t sys_fork(void) {
    return call(CALL_fork, 0, 0, 0);
}

int32_t sys_exec(const char *name, const char *arguments) {
    return call(CALL_exec, word(name), word(arguments), 0);
}

int32_t sys_wait(int32_t *status) {
    return call(CALL_wait, word(status), WAIT_for_one, 0);
}

int32_t sys_wait_not(int32_t *status) {
    return call(CALL_wait, word(status), WAIT_not, 0);
}

int32_t sys_pid(void) {
    return call(CALL_pid, 0, 0, 0);
}

int32_t sys_yield(void) {
    return call(CALL_yield, 0, 0, 0);
}

int32_t sys_sleep(uint32_t milliseconds) {
    return call(CALL_sleep, milliseconds, 0, 0);
}

int32_t sys_map(void *address, uint32_t bytes, uint32_t protection) {
    return call(CALL_map, word(address), bytes, protection);
}

int32_t sys_file(const char *name) {
    return call(CALL_file, word(name), 0, 0);
}

int32_t sys_map_file(void *address, int32_t file, uint32_t protection) {
    return call(CALL_map_file, word(address), (uint32_t)file, protection);
}

int32_t sys_unmap(void *address, uint32_t bytes) {
    return call(CALL_unmap, word(address), bytes, 0);
}

int32_t sys_protect(void *address, uint32_t bytes, uint32_t protection) {
    return call(CALL_protect, word(address), bytes, protection);
}

int32_t sys_pipe(int32_t descriptors[2]) {
    return call(CALL_pipe, word(descriptors), 0, 0);
}

int32_t sys_read(int32_t descriptor, void *buffer, uint32_t bytes) {
    return call(CALL_read, (uint32_t)descriptor, word(buffer), bytes);
}

int32_t sys_write(int32_t descriptor, const void *buffer, uint32_t bytes) {
    return call(CALL_write, (uint32_t)descriptor, word(buffer), bytes);
}

int32_t sys_close(int32_t descriptor) {
    return call(CALL_close, (uint32_t)descriptor, 0, 0);
}

int32_t sys_counters(struct counters *counters) {
    return call(CALL_counters, word(counters), 0, 0);
}

int32_t sys_memory_limit(uint32_t frames) {
    return call(CALL_memory_limit, frames, 0, 0);
}

int32_t sys_mode(uint32_t mode) {
    return call(CALL_mode, mode, 0, 0);
}

int32_t sys_measure(const char *name, uint32_t operations) {
    return call(CALL_measure, word(name), operations, 0);
}

int32_t sys_nano(uint32_t which, uint32_t times, void *page) {
    return call(CALL_nano, which, times, word(page));
}
