/* conring.c - see conring.h. */
#include "xen/lib/conring.h"

#include "xen/lib/string.h"

static char ring[CONRING_BYTES];
static uint32_t begin, end;

static uint32_t until_wrap(uint32_t at) {
    return CONRING_BYTES - at % CONRING_BYTES;
}

void conring_put(const char *text, uint32_t length) {
    while (length != 0) {
        uint32_t part = length < until_wrap(end) ? length : until_wrap(end);

        memcpy(ring + end % CONRING_BYTES, text, part);
        end += part;
        text += part;
        length -= part;
    }
}

uint32_t conring_begin(void) {
    return end - begin > CONRING_BYTES ? end - CONRING_BYTES : begin;
}

uint32_t conring_end(void) {
    return end;
}

uint32_t conring_piece(uint32_t at, const char **text) {
    *text = ring + at % CONRING_BYTES;
    return end - at < until_wrap(at) ? end - at : until_wrap(at);
}

void conring_forget(uint32_t at) {
    begin = at;
}
