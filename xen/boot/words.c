/*
 * words.c - see words.h.
 */
#include "xen/boot/words.h"

#include <stddef.h>

#include "xen/lib/panic.h"
#include "xen/lib/printk.h"
#include "xen/lib/string.h"

_Noreturn void word_refuse(const char *key, const char *value, const char *allowed) {
    panic("boot option %s=%s: allowed is %s", key, value, allowed);
}

static _Noreturn void refuse_name(const char *key, const char *value, const struct name *names) {
    char allowed[ALLOWED_BYTES];
    uint32_t length = 0;
    for (; names->text; names++) {
        length += print_to(allowed + length, sizeof(allowed) - length, "%s%s", length ? ", " : "", names->text);
    }
    word_refuse(key, value, allowed);
}

bool word_find(const struct name *names, const char *value, uint32_t *found) {
    for (; names->text; names++) {
        if (!strcmp(names->text, value)) {
            *found = names->value;
            return true;
        }
    }
    return false;
}

uint32_t word_name(const char *key, const char *value, const struct name *names) {
    uint32_t found;
    if (!word_find(names, value, &found)) {
        refuse_name(key, value, names);
    }
    return found;
}

bool word_digits(const char *value, uint32_t *number) {
    uint64_t sum = 0;
    for (const char *at = value; *at; at++) {
        if (*at < '0' || *at > '9' || (sum = sum * 10 + (uint32_t)(*at - '0')) > UINT32_MAX) {
            return false;
        }
    }
    *number = (uint32_t)sum;
    return *value;
}

uint32_t word_number(const char *key, const char *value, uint32_t least, uint32_t most) {
    char allowed[ALLOWED_BYTES];
    uint32_t number;
    if (!word_digits(value, &number) || number < least || number > most) {
        print_to(allowed, sizeof(allowed), "a number from %u to %u", least, most);
        word_refuse(key, value, allowed);
    }
    return number;
}
