/*
 * sequence_fuzzer.c - libFuzzer's target: long sequences of moves in the small world (tests/unit/small/).
 *
 * Three bytes are a move: which one; at which callback of the port another vcpu has its turn (128 and up: never); which
 * move that one makes. What is not possible, or has no such number, is passed over: so a corpus outlives new moves. After every move the state must be right.
 *
 *     build/fuzz/sequence_fuzzer -runs=1000000 -max_len=192 tests/fuzz/corpus/sequence
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/small/moves.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kept *beginning, *before;

static void begin(void) {
    moves_begin();
    beginning = malloc(kept_bytes);
    before = malloc(kept_bytes);
    world_begin();
    (void)move_make(&(struct move){.kind = MOVE_LOAD, .a = 0});
    world_keep(beginning);
}

static bool is_move(const uint8_t *bytes, struct move *move) {
    if (bytes[0] >= move_count || (bytes[1] < 128 && bytes[2] >= other_move_count)) {
        return false;
    }
    *move = moves[bytes[0]];
    move->at = bytes[1] < 128 ? bytes[1] % 32 : 0;
    move->other = move->at != 0 ? bytes[2] : 0;
    return true;
}

static _Noreturn void fail(const struct move *last, const char *what) {
    move_print(last);
    fprintf(stderr, "%s\n", what);
    fflush(stdout);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct move move = {0};
    size_t at;

    if (beginning == NULL) {
        begin();
    }
    world_restore(beginning);
    world_trouble = NULL;
    if (setjmp(world_panic) != 0) {
        fail(&move, world_trouble);
    }
    for (at = 0; at + 3 <= size; at += 3) {
        if (!is_move(data + at, &move)) {
            continue;
        }
        world_keep(before);
        if (!move_make(&move) && world_trouble == NULL) {
            world_restore(before);
        } else if (world_check() != NULL) {
            fail(&move, world_check());
        }
    }
    return 0;
}
