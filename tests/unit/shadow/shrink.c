/*
 * shrink.c - a failing sequence, made short and printed. See shrink.h.
 * Source: Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input" (delta debugging), 2002.
 */
#include "tests/unit/shadow/shrink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/shadow/check.h"

/* What a child says of its failure; shared with it. */
static struct failure *said;

static void say(const char *file, int line, const char *text) {
    (void)snprintf(said->file, sizeof(said->file), "%s", file);
    (void)snprintf(said->text, sizeof(said->text), "%s", text);
    said->line = line;
    _exit(1);
}

static _Noreturn void play_silently(uint32_t seed, const struct action *actions, uint32_t count) {
    int nowhere = open("/dev/null", O_WRONLY);

    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    check_failed = say;
    actions_play(seed, actions, count);
    _exit(0);
}

bool shrink_fails(uint32_t seed, const struct action *actions, uint32_t count, struct failure *failure) {
    int status = 0;
    pid_t child;

    if (said == NULL) {
        said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    memset(said, 0, sizeof(*said));
    fflush(NULL);
    child = fork();
    if (child == 0) {
        play_silently(seed, actions, count);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("a sequence cannot be played");
        exit(2);
    }
    *failure = *said;
    return status != 0;
}

/* The sequence under way. */
struct sequence {
    uint32_t seed;
    struct action *actions;
    uint32_t count;
    struct failure failure;
};

static bool fails_as_before(const struct sequence *sequence, const struct action *actions, uint32_t count) {
    struct failure failure;

    return shrink_fails(sequence->seed, actions, count, &failure) && failure.line == sequence->failure.line &&
           strcmp(failure.file, sequence->failure.file) == 0;
}

/* Take out pieces of so many actions, wherever it can be done without. Returns whether any could go. */
static bool take_out(struct sequence *sequence, uint32_t piece) {
    struct action *shorter = malloc(sequence->count * sizeof(*shorter));
    uint32_t at = 0, size;
    bool any = false;

    while (at < sequence->count) {
        size = piece < sequence->count - at ? piece : sequence->count - at;
        memcpy(shorter, sequence->actions, at * sizeof(*shorter));
        memcpy(shorter + at, sequence->actions + at + size, (sequence->count - at - size) * sizeof(*shorter));
        if (fails_as_before(sequence, shorter, sequence->count - size)) {
            sequence->count -= size;
            memcpy(sequence->actions, shorter, sequence->count * sizeof(*shorter));
            any = true;
        } else {
            at += size;
        }
    }
    free(shorter);
    return any;
}

/* Whatever can be 0 becomes 0. */
static void simplify(struct sequence *sequence) {
    uint32_t i, k;

    for (i = 0; i < sequence->count; i++) {
        for (k = 0; k <= ACTION_ARGUMENTS; k++) {
            struct action *action = &sequence->actions[i];
            uint32_t *value = k == 0 ? &action->chance : &action->arguments[k - 1], kept = *value;

            *value = 0;
            if (kept != 0 && !fails_as_before(sequence, sequence->actions, sequence->count)) {
                *value = kept;
            }
        }
    }
}

uint32_t shrink(uint32_t seed, struct action *actions, uint32_t count) {
    struct sequence sequence = {.seed = seed, .actions = actions, .count = count};
    uint32_t piece;

    if (!shrink_fails(seed, actions, count, &sequence.failure)) {
        return 0;
    }
    for (piece = (count + 1) / 2; piece > 1; piece /= 2) {
        (void)take_out(&sequence, piece);
    }
    while (take_out(&sequence, 1)) {
        ;
    }
    simplify(&sequence);
    return sequence.count;
}

void shrink_print(uint32_t seed, const struct action *actions, uint32_t count, const struct failure *failure) {
    uint32_t i, k;

    printf("/* test_shrunk.c - %s:%d: %s */\n", failure->file, failure->line, failure->text);
    printf("#include \"tests/unit/shadow/actions.h\"\n#include \"tests/unit/shadow/check.h\"\n\n");
    printf("static const struct action actions[] = {\n");
    for (i = 0; i < count; i++) {
        printf("    {%s, 0x%x, {", action_names[actions[i].kind], actions[i].chance);
        for (k = 0; k < ACTION_ARGUMENTS; k++) {
            printf(k == 0 ? "0x%x" : ", 0x%x", actions[i].arguments[k]);
        }
        printf("}},\n");
    }
    printf("};\n\nint main(int argc, char **argv) {\n    random_begin(argc, argv);\n");
    printf("    actions_play(%u, actions, %u);\n    return check_end(\"shrunk\");\n}\n", seed, count);
    fflush(stdout);
}
