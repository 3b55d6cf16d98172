/*
 * host.h - a machine for the shadow engine to live in: the port, made of ordinary memory.
 *
 * Guest frames are 0 .. HOST_FRAMES - 1, pool frames HOST_POOL_FIRST .. ; one domain. The fake checks by itself what
 * no audit can
 * see: references balance, maps balance, a panic of the engine ends the program unless it is expected.
 */
#ifndef UNIT_HOST_H
#define UNIT_HOST_H

#include <setjmp.h>

#include "shadow/rules.h"
#include "shadow/types.h"
#include "tests/unit/shadow/check.h"

#define HOST_FRAMES 2304u
#define HOST_POOL_FIRST 0x4000u
#define HOST_POOL_MAX 512u

/* Where the fake hypervisor's mark stands in every root. */
#define HOST_SLOT_MARK (0x00777000u | PTE_P | PTE_W)

enum ownership { OWNED, FOREIGN, GRANTED_READ };

struct host_frame {
    uint8_t ownership;
    bool known_table;                     /* the guest said so */
    bool held;                            /* somebody else may write it */
    uint32_t read_references;
    uint32_t write_references;
};

struct host {
    uint8_t *memory;                      /* guest frames */
    uint8_t *pool;
    struct host_frame frames[HOST_FRAMES];
    uint32_t frame_of[HOST_FRAMES];       /* by number: the frame that the guest means; itself unless it is translated */
    uint32_t number_of[HOST_FRAMES];      /* the other way */
    bool renumbered;                      /* some number means another frame than its own */
    struct shadow *shadow;
    void *state;
    smfn_t loaded;                        /* the fake CR3; 0: the hypervisor's own root */
    uint32_t mapped;                      /* maps that were not undone */
    uint32_t flushes, full_flushes, page_flushes;
    uint32_t last_cause, last_linear;
    bool dead;
    /* called whenever the engine asks for a frame number: the place to change guest memory under its feet */
    void (*interfere)(mfn_t mfn);
    uint32_t refuse_reference;            /* n: the n-th reference asked for from now on is refused */
    uint32_t refuse_frame;                /* n: the n-th translation of a frame number is: there is no such frame */
    uint32_t refuse_ownership;            /* n: the n-th question whether a frame is the domain's is answered with no */
    uint32_t reference_limit;             /* so many references to a frame there can be; 0: any number */
    bool stores_to_tables;                /* the guest has the assist for writable page tables */
    bool violations_expected;             /* then audits say nothing */
    bool panic_expected;
    jmp_buf panic_exit;
    const char *panic_text;
};

extern struct host host;

/* A new machine, all guest memory zero and owned, the engine created with so many pool frames. */
void host_begin(uint32_t pool_frames);
/* The engine destroyed; every reference must have been put, every map undone. */
void host_end(void);
/* The same for a machine that is too damaged for that: nothing is checked. */
void host_abandon(void);

/* The engine gets a pool of so many frames, its own or another, as the hypervisor does it. No root is loaded then. */
void host_resize(uint32_t pool_frames);

/* The frame that the guest means by number; beyond HOST_FRAMES there is none. And what is known of it. */
static inline uint32_t host_mfn(uint32_t number) {
    return number < HOST_FRAMES ? host.frame_of[number] : number;
}
static inline struct host_frame *host_frame(uint32_t number) {
    return &host.frames[host.frame_of[number]];
}
/* Two numbers mean each other's frame from now on. The engine is told nothing. */
void host_exchange_numbers(uint32_t a, uint32_t b);

/* Guest memory of the frame with this number as a table or as bytes. */
pte_t *host_table(uint32_t number);
uint8_t *host_bytes(uint32_t number);

/* Make the frame with this number the base pointer and load its root, as the hypervisor does. Returns whether the root was cached. */
bool host_load(uint32_t number);

/* Run a full audit, which must find nothing; the fake's own books must agree too. */
void host_audit(void);
/* Run a full audit and return the rules broken, as bits 1 << n. */
uint32_t host_audit_rules(void);
/* Nothing is mapped but the current base pointer's table and the page of the last emulated instruction. */
bool host_maps_balance(void);
/* References to guest frames as the fake counts them agree with the present leaf entries. */
bool host_references_agree(void);

/* A fault record taken from the trace: its path flags. */
uint32_t host_last_path(void);

#endif
