/* console.c - reading what the hypervisor has printed (sysctl readconsole): all, in pieces, and clearing it. */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>

#include <xen/errno.h>
#include <xen/sysctl.h>

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/string.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define MOST 0x8000u                 /* twice the ring */
#define PIECE 700u

static char all[MOST], pieces[MOST];

static struct xen_sysctl_readconsole got;

static long read_console(char *buffer, uint32_t count, uint32_t flags, uint32_t index) {
    struct xen_sysctl what = { .cmd = XEN_SYSCTL_readconsole };
    long result;

    what.u.readconsole = (struct xen_sysctl_readconsole){ .clear = flags & 1, .incremental = flags >> 1 & 1,
                                                          .index = index, .count = count };
    set_xen_guest_handle(what.u.readconsole.buffer, buffer);
    result = sysctl(&what);
    got = what.u.readconsole;
    return result;
}

enum { KEEP, CLEAR, GO_ON };

/* Nothing is printed between the calls. */
static uint32_t read_in_pieces(uint32_t index) {
    uint32_t length = 0;

    do {
        if (read_console(pieces + length, PIECE, GO_ON, index) != 0 || got.count > PIECE ||
            got.index != index + got.count)
            return 0;
        length += got.count;
        index = got.index;
    } while (got.count != 0 && length < MOST - PIECE);
    return length;
}

static bool contains(const char *text, uint32_t length, const char *wanted) {
    uint32_t size = strlen(wanted);

    for (uint32_t at = 0; at + size <= length; at++)
        if (memcmp(text + at, wanted, size) == 0)
            return true;
    return false;
}

void check_console(void) {
    check_group("what the hypervisor has printed");
    print("the first mark\n");
    long result = read_console(all, MOST, KEEP, 0);
    uint32_t length = got.count, end = got.index, in_pieces = read_in_pieces(end - length);

    check_equal(result, 0);
    check(length > 100 && length < MOST);
    check(contains(all, length, "the first mark\n"));
    check_equal(in_pieces, length);
    check_equal(memcmp(all, pieces, length), 0);

    result = read_console(all, 0, KEEP, 0);
    check(result == 0 && got.count == 0 && got.index == end - length);
    check_errno(read_console((void *)0xfc000000, MOST, CLEAR, 0), XEN_EFAULT);
    result = read_console(all, MOST, CLEAR, 0);
    check(result == 0 && got.count >= length);           /* what was refused has cleared nothing */
    print("the second mark\n");
    end = got.index;
    check_equal(read_console(all, MOST, KEEP, 0), 0);
    check(got.index - got.count == end);
    check(contains(all, got.count, "the second mark\n") && !contains(all, got.count, "the first mark\n"));
    check_equal(read_console(all, MOST, GO_ON, end - 1), 0);             /* that is gone: from the beginning */
    check_equal(got.index - got.count, end);
}
