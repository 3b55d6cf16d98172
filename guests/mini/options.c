/* options.c - see options.h. */
#include "guests/mini/options.h"

#include <stdbool.h>
#include <stddef.h>

#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/mini/swap.h"
#include "guests/mini/system_calls.h"

struct options options;

static const struct word {
    const char *name;
    uint32_t *number;            /* NULL: the programs read it */
    bool text;
    const char *meaning;
} words[] = {
    { "workload", NULL, true, "which program to run; all: every one" },
    { "mem_limit", &options.memory_limit, false, "most frames that programs may have at a time" },
    { "swap", &options.swap_frames, false, "frames in the swap area" },
    { "rounds", NULL, false, "how often the workload repeats its work" },
    { "pages", NULL, false, "how many pages the workload uses" },
    { "times", NULL, false, "how often the workload does each of its operations" },
    { "forks", NULL, false, "how many processes nano forks" },
    { "processes", NULL, false, "how many processes the workload makes" },
    { "files", NULL, false, "how many files map-files maps" },
    { "every", NULL, false, "and it writes to one in so many" },
    { "global", &options.global_pages, false, "1: the kernel's pages are global where that is possible" },
    { "large", &options.large_pages, false, "1: the kernel's map has pages of 4 MiB where that is possible" },
    { "hop", &options.hop_ticks, false, "ticks between two changes of the paging mode; 0: none" },
    { "seed", &options.seed, false, "beginning of the pseudo-random sequence of paging modes" },
    { "switches", NULL, false, "how many changes of the paging mode mode-hop makes" },
    { "pause", NULL, false, "the most turns of other programs between two of them" },
    { "together", NULL, false, "how many workloads mode-hop runs at a time" },
};

static _Noreturn void refuse(const char *word, uint32_t length, const char *why) {
    char shown[41];

    string_copy(shown, word, length < sizeof(shown) ? length + 1 : sizeof(shown));
    print("error: command line, at \"%s\": %s; allowed words:\n", shown, why);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        print("  %s=%s  %s\n", words[i].name, words[i].text ? "NAME" : "NUMBER", words[i].meaning);
    finish(PENUMBRA_OUTCOME_error);
}

static bool parse_number(const char *text, uint32_t length, uint32_t *number) {
    uint32_t value = 0;

    if (length == 0 || length > 9)
        return false;
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *number = value;
    return true;
}

/* Fewer frames than this and a process could not hold the pages that one instruction needs while others want theirs. */
#define LEAST_LIMIT 32

static void read_word(const char *word, uint32_t length) {
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint32_t name = strlen(words[i].name);
        uint32_t number;

        if (length <= name || word[name] != '=' || strncmp(word, words[i].name, name) != 0)
            continue;
        if (words[i].text)
            return;
        if (!parse_number(word + name + 1, length - name - 1, &number))
            refuse(word, length, "the value must be a decimal number");
        if (words[i].number == &options.memory_limit && number != 0 && number < LEAST_LIMIT)
            refuse(word, length, "the limit must be 0 (none) or at least 32 frames");
        if (words[i].number != NULL)
            *words[i].number = number;
        return;
    }
    refuse(word, length, "unknown word");
}

void options_read(const char *command_line, uint32_t frames) {
    options.swap_frames = frames / 4;
    options.seed = 1;
    if (strlen(command_line) >= ARGUMENT_BYTES)
        refuse(command_line, 40, "the command line is too long");
    for (const char *at = command_line; *at != '\0';) {
        uint32_t length = 0;

        while (at[length] != '\0' && at[length] != ' ')
            length++;
        if (length != 0)
            read_word(at, length);
        at += length;
        while (*at == ' ')
            at++;
    }
    if (options.swap_frames > SWAP_SLOTS)
        options.swap_frames = SWAP_SLOTS;
}
