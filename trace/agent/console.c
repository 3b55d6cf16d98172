/*
 * console.c - the bytes that the machine writes to the debug console, port 0xE9; see agent.h.
 *
 * Rules: whole lines reach the file at once, a part of a line when the buffer is full or the run ends. The run can be made to end
 * with the last byte of a text, for kernels that never end by themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "trace/agent/agent.h"

static int file = -1;
static uint8_t buffer[512];
static uint32_t held;

#define UNTIL_BYTES_MAX 256u
static const char *until; /* null: nothing ends the run */
static size_t until_bytes;
static char latest[UNTIL_BYTES_MAX]; /* the last until_bytes bytes */

void console_open(const char *path) {
    if (!path)
        return;
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0)
        agent_refuse("cannot open the console file %s: %s", path, strerror(errno));
}

void console_until(const char *text) {
    if (!text)
        return;
    until_bytes = strlen(text);
    if (until_bytes == 0 || until_bytes > UNTIL_BYTES_MAX)
        agent_refuse("PENUMBRA_UNTIL must have 1 to %u bytes", UNTIL_BYTES_MAX);
    until = text;
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

static bool was_said(uint8_t byte) {
    memmove(latest, latest + 1, until_bytes - 1);
    latest[until_bytes - 1] = (char)byte;
    return memcmp(latest, until, until_bytes) == 0;
}

void console_byte(uint8_t byte) {
    if (file >= 0)
        buffer[held++] = byte;
    if (byte == '\n' || held == sizeof(buffer))
        console_flush();
    if (until && was_said(byte))
        end_because(TRACE_OUTCOME_success, "the console has said what the run was to last for");
}
