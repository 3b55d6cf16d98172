/*
 * printk.c - see printk.h.
 */
#include "xen/lib/printk.h"

#include <stdbool.h>
#include <stddef.h>

#include "xen/lib/conring.h"
#include "xen/lib/divide.h"
#include "xen/lib/string.h"

#define NUMBER_BYTES 24
/* printk formats into pieces of this size */
#define LINE_BYTES 512

struct output {
    char *buffer;
    uint32_t size, length;   /* length: characters wanted so far; those that do not fit are dropped */
};

struct conversion {
    bool left, zero, wide;
    uint32_t width, precision;
};

static void put(struct output *out, const char *text, uint32_t length) {
    for (uint32_t i = 0; i < length && out->length + 1 < out->size; i++) {
        out->buffer[out->length++] = text[i];
    }
}

static void put_repeated(struct output *out, char character, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        put(out, &character, 1);
    }
}

/* text in its field; prefix (a sign) stands before padding zeros. */
static void put_field(struct output *out, const struct conversion *how, const char *prefix, const char *text,
                      uint32_t length) {
    uint32_t used = strlen(prefix) + length;
    uint32_t padding = how->width > used ? how->width - used : 0;
    if (!how->left && !how->zero) {
        put_repeated(out, ' ', padding);
    }
    put(out, prefix, strlen(prefix));
    if (!how->left && how->zero) {
        put_repeated(out, '0', padding);
    }
    put(out, text, length);
    if (how->left) {
        put_repeated(out, ' ', padding);
    }
}

static void put_number(struct output *out, const struct conversion *how, uint64_t value, uint32_t base, bool negative) {
    char digits[NUMBER_BYTES];
    uint32_t at = NUMBER_BYTES;
    do {
        uint32_t digit;
        value = divide_u64(value, base, &digit);
        digits[--at] = "0123456789abcdef"[digit];
    } while (value);
    put_field(out, how, negative ? "-" : "", digits + at, NUMBER_BYTES - at);
}

static uint32_t parse_number(const char **format) {
    uint32_t value = 0;
    while (**format >= '0' && **format <= '9') {
        value = value * 10 + (uint32_t)(*(*format)++ - '0');
    }
    return value;
}

/* Flags, width, precision and length modifier behind the %; leaves *format at the conversion's letter. */
static struct conversion parse_conversion(const char **format, va_list *arguments) {
    struct conversion how = { .precision = UINT32_MAX };
    for (;; (*format)++) {
        if (**format == '-') {
            how.left = true;
        } else if (**format == '0') {
            how.zero = true;
        } else {
            break;
        }
    }
    how.width = parse_number(format);
    if (**format == '.') {
        (*format)++;
        if (**format == '*') {
            (*format)++;
            how.precision = va_arg(*arguments, uint32_t);
        } else {
            how.precision = parse_number(format);
        }
    }
    if (**format == 'l') {
        (*format)++;
        if (**format == 'l') {
            (*format)++;
            how.wide = true;
        }
    }
    return how;
}

static void put_text(struct output *out, struct conversion *how, const char *text) {
    if (!text) {
        text = "(null)";
    }
    how->zero = false;
    put_field(out, how, "", text, strnlen(text, how->precision));
}

uint32_t vprint_to(char *buffer, uint32_t size, const char *format, va_list given) {
    va_list arguments;
    va_copy(arguments, given);
    struct output out = { buffer, size, 0 };
    while (*format) {
        if (*format != '%') {
            put(&out, format++, 1);
            continue;
        }
        const char *begin = format++;
        struct conversion how = parse_conversion(&format, &arguments);
        char letter = *format;
        char character;
        switch (letter) {
        case 'd': {
            int64_t value = how.wide ? va_arg(arguments, int64_t) : va_arg(arguments, int32_t);
            put_number(&out, &how, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
            break;
        }
        case 'u':
        case 'x':
            put_number(&out, &how, how.wide ? va_arg(arguments, uint64_t) : va_arg(arguments, uint32_t),
                       letter == 'u' ? 10 : 16, false);
            break;
        case 'p':
            how = (struct conversion){ .zero = true, .width = 8 };
            put_number(&out, &how, va_arg(arguments, uint32_t), 16, false);
            break;
        case 'c':
            character = (char)va_arg(arguments, int);
            how.zero = false;
            put_field(&out, &how, "", &character, 1);
            break;
        case 's':
            put_text(&out, &how, va_arg(arguments, const char *));
            break;
        case '%':
            put(&out, "%", 1);
            break;
        default:
            put(&out, begin, (uint32_t)(format - begin) + (letter != 0));
            break;
        }
        format += letter != 0;
    }
    va_end(arguments);
    buffer[out.length] = 0;
    return out.length;
}

uint32_t print_to(char *buffer, uint32_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    uint32_t length = vprint_to(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

void vprintk(const char *format, va_list arguments) {
    char line[LINE_BYTES];
    uint32_t length = vprint_to(line, sizeof(line), format, arguments);

    conring_put(line, length);
    console_write(line, length);
}

void printk(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintk(format, arguments);
    va_end(arguments);
}
