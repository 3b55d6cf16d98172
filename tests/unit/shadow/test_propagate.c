/*
 * test_propagate.c - guest entry to shadow entry, over all flags of both levels, against a model written differently.
 *
 * The model asks, right by right, "when may this right be there?", from the words of rules.h; the engine computes
 * masks.
 */
#include "shadow/propagate.h"
#include "shadow/splinter.h"
#include "tests/unit/shadow/check.h"

static bool bit(uint32_t entry, uint32_t number) {
    return entry >> number & 1;
}

/* Bits of an entry, by number: 0 present, 1 writable, 2 user, 3 PWT, 4 PCD, 5 accessed, 6 dirty, 7 PS, 8 global. */
static uint32_t model_l1(uint32_t guest, uint32_t frame, bool table, bool global) {
    uint32_t shadow = 0;

    if (!bit(guest, 0) || !bit(guest, 5)) {
        return 0;
    }
    shadow += frame * 4096;
    shadow += 1;
    if (bit(guest, 1) && bit(guest, 6) && !table) {
        shadow += 2;
    }
    if (bit(guest, 2)) {
        shadow += 4;
    }
    if (bit(guest, 3)) {
        shadow += 8;
    }
    if (bit(guest, 4)) {
        shadow += 16;
    }
    if (bit(guest, 8) && global) {
        shadow += 256;
    }
    return shadow;
}

static uint32_t model_l2(uint32_t guest, uint32_t child) {
    bool large = bit(guest, 7);

    if (!bit(guest, 0) || !bit(guest, 5) || (large && guest / 0x2000 % 0x200 != 0)) {
        return 0;
    }
    return child * 4096 + 1 + (bit(guest, 1) && (!large || bit(guest, 6)) ? 2 : 0) + (bit(guest, 2) ? 4 : 0);
}

static void test_one_level(void) {
    static const uint32_t frames[] = {0, 1, 77, 0x3ff, 0x400, 0xfffff};
    uint32_t flags, k, table, global, reserved;

    for (flags = 0; flags < 4096; flags++) {
        for (k = 0; k < sizeof(frames) / sizeof(frames[0]); k++) {
            for (table = 0; table < 2; table++) {
                for (global = 0; global < 2; global++) {
                    CHECK_EQUAL(propagate_l1(frames[k] << 12 | flags, (mfn_t){frames[k]}, table, passed_on(global)),
                                model_l1(flags, frames[k], table, global));
                }
                CHECK_EQUAL(propagate_fl1(flags, (mfn_t){frames[k]}, table),
                            frames[k] * 4096 + 5 + (table ? 0 : 2) + (flags & 24));
            }
            CHECK_EQUAL(propagate_l2(frames[k] << 12 | flags, (smfn_t){123}), model_l2(frames[k] << 12 | flags, 123));
        }
        for (reserved = 0; reserved < 10; reserved++) { /* bits 12 (PAT) to 21 of a large entry, one by one */
            CHECK_EQUAL(propagate_l2(5u << 22 | 1u << (12 + reserved) | flags, (smfn_t){9}),
                        model_l2(5u << 22 | 1u << (12 + reserved) | flags, 9));
        }
    }
}

/*
 * Rule S3 over both levels: whatever access the two shadow entries allow, the two guest entries allow; and with dirty
 * for writes (S4).
 */
static void test_two_levels(void) {
    static const uint32_t bits[] = {0, 1, 2, 5, 6, 7};
    uint32_t upper_bits, lower_bits, i, access;

    for (upper_bits = 0; upper_bits < 64; upper_bits++) {
        for (lower_bits = 0; lower_bits < 64; lower_bits++) {
            uint32_t upper = 1u << 22, lower = 1024u << 12, link, leaf;

            for (i = 0; i < 6; i++) {
                upper |= (upper_bits >> i & 1) << bits[i];
                lower |= (lower_bits >> i & 1) << bits[i];
            }
            link = propagate_l2(upper, (smfn_t){50});
            leaf = is_large(upper) ? propagate_fl1(splinter_attributes(upper), (mfn_t){1024}, false)
                                   : propagate_l1(lower, (mfn_t){1024}, false, passed_on(false));
            for (access = 0; access < 8; access += 2) {
                bool large = bit(upper, 7);
                bool allowed = bit(upper, 0) && (large || bit(lower, 0)) &&
                    (!(access & 2) || (bit(upper, 1) && (large || bit(lower, 1)))) &&
                               (!(access & 4) || (bit(upper, 2) && (large || bit(lower, 2))));
                bool shadow_allows = (link & leaf & 1) && (!(access & 2) || (link & leaf & 2)) &&
                    (!(access & 4) || (link & leaf & 4));
                bool marked = bit(upper, 5) && (bit(upper, 7) || bit(lower, 5)) &&
                              (!(access & 2) || bit(bit(upper, 7) ? upper : lower, 6));

                CHECK(!shadow_allows || (allowed && marked));
                CHECK(shadow_allows || !(allowed && marked));
            }
        }
    }
}

/* What is retained is a part of both, with the new entry's cache attributes. */
static void test_retained(void) {
    uint32_t flags, same;

    for (flags = 0; flags < 64 * 64; flags++) {
        for (same = 0; same < 2; same++) {
            uint32_t old = (flags & 31) | (flags & 32) << 3, new = (flags >> 6 & 31) | (flags >> 6 & 32) << 3;
            uint32_t kept = retained(7u << 12 | old | 1, (same ? 7u : 8u) << 12 | new);

            if (!same || !bit(new, 0)) {
                CHECK_EQUAL(kept, 0);
            } else {
                CHECK_EQUAL(kept, (7u << 12) + 1 + (bit(old, 1) && bit(new, 1) ? 2 : 0) +
                                  (bit(old, 2) && bit(new, 2) ? 4 : 0) + (bit(old, 8) && bit(new, 8) ? 256 : 0) +
                                  (new & 24));
            }
        }
    }
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_one_level();
    test_two_levels();
    test_retained();
    return check_end("propagate");
}
