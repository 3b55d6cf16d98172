/* boot.c - boot.h: what the guest was started with, and the words of its command line. */
#include "guests/lib/boot.h"

#include "guests/lib/string.h"

struct start_info *start_info;
struct shared_info *shared_info;

bool boot_option(const char *name, char *value, uint32_t size) {
    const char *at = (const char *)start_info->cmd_line;
    uint32_t length = strlen(name);

    while (*at != '\0') {
        uint32_t word = 0;

        while (at[word] != '\0' && at[word] != ' ')
            word++;
        if (word > length && at[length] == '=' && strncmp(at, name, length) == 0) {
            uint32_t room = word - length < size ? word - length : size;

            string_copy(value, at + length + 1, room);
            return true;
        }
        at += word;
        while (*at == ' ')
            at++;
    }
    return false;
}

uint32_t boot_number(const char *name, uint32_t otherwise) {
    char text[12];
    uint32_t value = 0;

    if (!boot_option(name, text, sizeof(text)))
        return otherwise;
    for (const char *at = text; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint32_t)(*at - '0');
    return value;
}
