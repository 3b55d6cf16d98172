/* format.c - see format.h. */
#include "guests/lib/format.h"

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/string.h"

struct output {
    char *at;
    char *end;             /* the place of the NUL at the latest */
};

struct field {
    bool left;
    bool zero;
    int width;
    int precision;         /* -1: none */
    int longs;             /* l's seen */
};

static void put(struct output *output, char character) {
    if (output->at < output->end)
        *output->at++ = character;
}

static void put_padded(struct output *output, const struct field *field, const char *text, size_t length) {
    int padding = field->width > (int)length ? field->width - (int)length : 0;

    if (!field->left) {
        while (padding > 0) {
            put(output, ' ');
            padding--;
        }
    }
    for (size_t i = 0; i < length; i++)
        put(output, text[i]);
    while (padding-- > 0)
        put(output, ' ');
}

/* 64-bit division by a small number without the compiler's support library. */
static uint32_t divide(uint64_t *value, uint32_t divisor) {
    uint32_t high = (uint32_t)(*value >> 32);
    uint32_t low = (uint32_t)*value;
    uint32_t remainder = high % divisor;
    uint32_t quotient_high = high / divisor;

    __asm__("divl %2" : "+a"(low), "+d"(remainder) : "r"(divisor) : "cc");
    *value = ((uint64_t)quotient_high << 32) | low;
    return remainder;
}

static void put_number(struct output *output, struct field *field, uint64_t value, uint32_t base, bool negative) {
    char digits[24];
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[divide(&value, base)];
    } while (value != 0);

    if (field->zero && !field->left) {
        int wanted = field->width - (negative ? 1 : 0);

        while ((int)(sizeof(digits) - at) < wanted && at > 1)
            digits[--at] = '0';
    }
    if (negative)
        digits[--at] = '-';
    put_padded(output, field, digits + at, sizeof(digits) - at);
}

/* Read flags, width, precision and length; returns the conversion's character. */
static const char *parse_field(const char *format, struct field *field) {
    *field = (struct field){ .precision = -1 };
    for (; *format == '-' || *format == '0'; format++) {
        if (*format == '-')
            field->left = true;
        else
            field->zero = true;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        field->width = field->width * 10 + (*format - '0');
    if (*format == '.') {
        field->precision = 0;
        for (format++; *format >= '0' && *format <= '9'; format++)
            field->precision = field->precision * 10 + (*format - '0');
    }
    for (; *format == 'l'; format++)
        field->longs++;
    return format;
}

size_t format_text(char *buffer, size_t size, const char *format, va_list arguments) {
    struct output output = { buffer, buffer + size - 1 };
    struct field field;

    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(&output, *format);
            continue;
        }
        format = parse_field(format + 1, &field);
        switch (*format) {
        case 'c': {
            char character = (char)va_arg(arguments, int);

            put_padded(&output, &field, &character, 1);
            break;
        }
        case 's': {
            const char *text = va_arg(arguments, const char *);
            size_t limit = field.precision < 0 ? SIZE_MAX : (size_t)field.precision;

            put_padded(&output, &field, text, strnlen(text, limit));
            break;
        }
        case 'd':
        case 'i': {
            int64_t value = field.longs > 1 ? va_arg(arguments, long long) : va_arg(arguments, int);

            put_number(&output, &field, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, value < 0);
            break;
        }
        case 'u':
        case 'x': {
            uint64_t value = field.longs > 1 ? va_arg(arguments, unsigned long long) : va_arg(arguments, unsigned int);

            put_number(&output, &field, value, *format == 'u' ? 10 : 16, false);
            break;
        }
        case 'p':
            field.zero = true;
            field.width = 8;
            put_number(&output, &field, (uintptr_t)va_arg(arguments, void *), 16, false);
            break;
        case '\0':
            format--;      /* a lone % at the end */
            break;
        default:
            put(&output, *format);
            break;
        }
    }
    *output.at = '\0';
    return (size_t)(output.at - buffer);
}
