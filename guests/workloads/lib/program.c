/* program.c - see program.h. */
#include "guests/workloads/lib/program.h"

#include <stdarg.h>

#include "guests/lib/format.h"

_Noreturn void program_start(const char *arguments);

_Noreturn void program_start(const char *arguments) {
    sys_exit(program_main(arguments));
}

void print(const char *format, ...) {
    char line[256];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = format_text(line, sizeof(line), format, arguments);
    va_end(arguments);
    sys_write(1, line, length);
}

bool option_text(const char *arguments, const char *name, char *value, uint32_t size) {
    uint32_t length = strlen(name);

    while (*arguments != '\0') {
        uint32_t word = 0;

        while (arguments[word] != '\0' && arguments[word] != ' ')
            word++;
        if (word > length && arguments[length] == '=' && strncmp(arguments, name, length) == 0) {
            string_copy(value, arguments + length + 1, word - length < size ? word - length : size);
            return true;
        }
        arguments += word;
        while (*arguments == ' ')
            arguments++;
    }
    return false;
}

uint32_t option_number(const char *arguments, const char *name, uint32_t otherwise) {
    char text[12];
    uint32_t value = 0;

    if (!option_text(arguments, name, text, sizeof(text)))
        return otherwise;
    for (const char *at = text; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint32_t)(*at - '0');
    return value;
}

uint32_t *map_pages(uint32_t pages) {
    int32_t result = sys_map(NULL, pages * PAGE_SIZE, PROTECTION_read | PROTECTION_write);

    if (result < 0 && result > -4096) {
        print("error: cannot map %u pages: %d\n", pages, result);
        sys_exit(OUTCOME_error);
    }
    return (uint32_t *)(uintptr_t)result;
}

void read_all(int32_t descriptor, void *buffer, uint32_t bytes) {
    uint8_t *to = buffer;

    while (bytes != 0) {
        int32_t got = sys_read(descriptor, to, bytes);

        expect(got > 0);
        to += got;
        bytes -= (uint32_t)got;
    }
}

void wait_expecting(int32_t status) {
    int32_t got = -1;

    expect(sys_wait(&got) > 0);
    if (got != status)
        print("a child ended with status %d, not %d\n", got, status);
    expect(got == status);
}

uint32_t random_next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

void expect_condition(bool holds, const char *text, const char *file, int line) {
    if (holds)
        return;
    print("FAILED %s:%d %s (process %d)\n", file, line, text, sys_pid());
    sys_exit(OUTCOME_failure);
}
