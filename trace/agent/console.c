/*
 * console.c - the bytes that the machine writes to the debug console, port 0xE9; see agent.h.
 *
 * Rules: whole lines reach the file at once, a part of a line when the buffer is full or the run ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "trace/agent/agent.h"

static int file = -1;
static uint8_t buffer[512];
static uint32_t held;

void console_open(const char *path) {
    if (!path)
        return;
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0)
        agent_refuse("cannot open the console file %s: %s", path, strerror(errno));
}

void console_flush(void) {
    uint32_t done = 0;

    while (file >= 0 && done < held) {
        ssize_t n = write(file, buffer + done, held - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* a full disk loses console output, not the run */
        done += (uint32_t)n;
    }
    held = 0;
}

void console_byte(uint8_t byte) {
    if (file < 0)
        return;
    buffer[held++] = byte;
    if (byte == '\n' || held == sizeof(buffer))
        console_flush();
}
