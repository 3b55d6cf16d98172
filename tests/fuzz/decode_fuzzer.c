/*
 * decode_fuzzer.c - libFuzzer's target: any bytes, to the engine's decoder and to Zydis. See decoder_oracle.h.
 *
 *     build/fuzz/decode_fuzzer -runs=1000000 -max_len=15 tests/fuzz/corpus/decode
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/decoder_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct decoder_view view;
    const char *difference;

    if (size == 0 || size > 15) {
        return -1; /* not for the corpus */
    }
    difference = decoder_compare(data, (uint32_t)size, &view);
    if (difference != NULL) {
        fprintf(stderr, "%s: %s\n", view.mnemonic != NULL ? view.mnemonic : "no instruction", difference);
        abort();
    }
    return 0;
}
