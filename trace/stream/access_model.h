/*
 * access_model.h - how data accesses are predicted, by the agent that writes them and by the reader alike.
 *
 * An access is one piece of memory, within one page, that an instruction or the delivery of an exception or interrupt
 * read or wrote. Its site is the address of the instruction that last began, and how many accesses that instruction
 * made before it. Of each site is remembered what its last access was and how long it took to the access behind it;
 * from this everything is predicted:
 *   gap      instructions from the access before: as it was behind the site of the access before
 *   shape    bytes and direction: as at this site
 *   address  that of the last access of this site, and as far again as from the last but one
 *   frame    the physical one: of the last access to the page
 * Only what was predicted wrongly is written. The columns of a packet, in their order:
 *
 *   column     what is in it
 *   count      one number: accesses in the packet
 *   tokens     a byte for each access with anything predicted wrongly: in bits 0 to 3 what (ACCESS_WRONG_*), in bits 4
 *              to 7 how many accesses before it, since the last of these, were predicted right; 15 says that a number
 *              with how many more follows
 *   gaps       a number for each wrong gap
 *   shapes     a number for each wrong shape: 4 * bytes + direction (enum access_direction)
 *   addresses  a number for each wrong address: its difference from that of the last access of the site, the sign in
 *              bit 0
 *   frames     a number for each wrong frame
 *   quiet      pairs of numbers, for stretches in which no access was recorded on purpose: instructions from the end of
 *              the last one (of the packet's first instruction, for the first), and how many instructions it lasts
 *
 * Rules: a packet begins with nothing remembered, and can be read with the instructions that ran in its time and no
 * other packet. Any access can be written; sites or pages that share a place in a table only predict one another
 * badly.
 * Callers: access_encode.c beside this file, analysis/stream_accesses.c.
 */
#ifndef TRACE_STREAM_ACCESS_MODEL_H
#define TRACE_STREAM_ACCESS_MODEL_H

#include <stdint.h>
#include <string.h>

enum access_direction { ACCESS_READS = 1, ACCESS_WRITES = 2, ACCESS_READS_AND_WRITES = 3 };

enum access_wrong { ACCESS_WRONG_GAP = 1, ACCESS_WRONG_SHAPE = 2, ACCESS_WRONG_ADDRESS = 4, ACCESS_WRONG_FRAME = 8 };

enum access_column {
    ACCESS_COUNT, ACCESS_TOKENS, ACCESS_GAPS, ACCESS_SHAPES, ACCESS_ADDRESSES, ACCESS_FRAMES, ACCESS_QUIET,
    ACCESS_COLUMNS
};

#define ACCESS_TOKEN_BITS 4u     /* of what is wrong */
#define ACCESS_GAP_MAX 0xffffu   /* that is remembered; longer ones are always wrong */
#define ACCESS_SITE_BITS 16u
#define ACCESS_FRAME_BITS 14u

struct access_site {
    uint32_t address;
    uint32_t stride;
    uint16_t shape;
    uint16_t gap; /* to the access behind */
};

struct access_model {
    struct access_site sites[1u << ACCESS_SITE_BITS];
    uint32_t frames[1u << ACCESS_FRAME_BITS]; /* by page */
    struct access_site start;                 /* stands for the access before the first */
    struct access_site *last;                 /* of the access before */
    uint64_t time;                            /* of the access before */
    uint32_t ordinal;                         /* of the access before, among those of its instruction */
};

/* Nothing is remembered; time: the packet's first instruction. */
static inline void access_model_reset(struct access_model *model, uint64_t time) {
    memset(model, 0, sizeof(*model));
    model->last = &model->start;
    model->time = time;
}

/*
 * The next access is one of the instruction at this address, that began gap instructions after that of the last access.
 */
static inline struct access_site *access_model_site(struct access_model *model, uint64_t gap, uint32_t instruction) {
    const uint32_t golden = 0x9e3779b1u;

    model->ordinal = gap ? 0 : model->ordinal + 1;
    return &model->sites[(instruction + model->ordinal * golden) * golden >> (32 - ACCESS_SITE_BITS)];
}

/* What is remembered of the frame of this linear address's page. */
static inline uint32_t *access_model_frame(struct access_model *model, uint32_t address) {
    return &model->frames[(address >> 12) * 0x9e3779b1u >> (32 - ACCESS_FRAME_BITS)];
}

/* Remember an access of site, gap instructions after the last. The frame is the caller's to remember. */
static inline void access_model_learn(struct access_model *model, struct access_site *site, uint64_t gap,
                                      uint32_t address, uint32_t shape) {
    model->last->gap = gap < ACCESS_GAP_MAX ? (uint16_t)gap : ACCESS_GAP_MAX;
    model->last = site;
    model->time += gap;
    site->stride = address - site->address;
    site->address = address;
    site->shape = (uint16_t)shape;
}

#endif
