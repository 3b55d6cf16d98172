/*
 * tlbsim.c - see tlbsim.h.
 */
#include "analysis/tlbsim.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

#define PAGES (1u << 20)

static void differ(struct tlbsim *sim, const char *what, const struct reference *reference) {
    if (sim->first.what)
        return;
    sim->first = (struct tlbsim_difference){ .what = what, .reference = *reference };
}

static void count_alone(struct tlbsim *sim, const struct reference *reference) {
    if (!reference->walk->filled)
        sim->alone_failed++;
    else if (reference->use == WALK_FOR_FETCH)
        sim->alone_fetch++;
    else
        sim->alone_data++;
}

/* The emulator's TLB. */
static void compare(struct tlbsim *sim, const struct reference *reference) {
    enum bochs_answer answer = bochs_refer(&sim->bochs, reference);

    sim->walks += reference->walk != NULL;
    if (reference->alone)
        count_alone(sim, reference);
    if (answer == BOCHS_UNKNOWN) {
        sim->unknown += reference->walk != NULL;
    } else if (answer == BOCHS_WALKS && reference->walk) {
        sim->reproduced++;
    } else if (reference->walk) {
        sim->unmade++;
        differ(sim, "the processor walked, and the modelled TLB has the page", reference);
    } else if (answer == BOCHS_WALKS) {
        struct reference known = *reference;

        sim->surplus++;
        differ(sim, "the processor did not walk, and the modelled TLB does not have the page", reference);
        known.rights = sim->pages[reference->page].rights;
        bochs_load(&sim->bochs, &known);
    }
}

static void learn(struct tlbsim *sim, const struct reference *reference) {
    struct tlb_page *page = &sim->pages[reference->page];

    if (page->levels == 0)
        sim->known[sim->known_count++] = reference->page;
    *page = (struct tlb_page){
        reference->frame,
        (uint16_t)reference->rights,
        (uint8_t)reference->walk->levels,
    };
}

static void on_reference(void *state, const struct reference *reference) {
    struct tlbsim *sim = state;

    compare(sim, reference);
    if (reference->walk && reference->walk->filled)
        learn(sim, reference);
    for (uint32_t i = 0; i < sim->count; i++) {
        tlb_refer(sim->models[i], reference, &sim->pages[reference->page]);
        if (sim->plain[i])
            tlb_refer(sim->plain[i], reference, &sim->pages[reference->page]);
    }
}

static void on_flush(void *state, const struct replay_flush *flush) {
    struct tlbsim *sim = state;

    sim->flushes[flush->cause] += flush->scope != DROPS_NOTHING;
    bochs_flush(&sim->bochs, flush);
    for (uint32_t i = 0; i < sim->count; i++) {
        tlb_flush(sim->models[i], flush);
        if (sim->plain[i])
            tlb_flush(sim->plain[i], flush);
    }
}

static void on_note(void *state, enum replay_note note) {
    struct tlbsim *sim = state;

    bochs_note(&sim->bochs, note);
    if (note != NOTE_LOST)
        return;
    for (uint32_t i = 0; i < sim->count; i++) {
        tlb_forget(sim->models[i], sim->known, sim->known_count);
        if (sim->plain[i])
            tlb_forget(sim->plain[i], sim->known, sim->known_count);
    }
    for (uint32_t i = 0; i < sim->known_count; i++)
        sim->pages[sim->known[i]].levels = 0;
    sim->known_count = 0;
}

void tlbsim_begin(struct tlbsim *sim) {
    memset(sim, 0, sizeof(*sim));
    bochs_begin(&sim->bochs);
    sim->replay.state = sim;
    sim->replay.reference = on_reference;
    sim->replay.flush = on_flush;
    sim->replay.note = on_note;
    sim->known = grow(NULL, PAGES, sizeof(*sim->known));
    sim->pages = grow(NULL, PAGES, sizeof(*sim->pages));
    memset(sim->pages, 0, PAGES * sizeof(*sim->pages));
}

static struct tlb_model *make(const struct tlb_shape *shape) {
    struct tlb_model *model = grow(NULL, 1, sizeof(*model));

    tlb_begin(model, shape);
    return model;
}

void tlbsim_add(struct tlbsim *sim, const struct tlb_shape *shape) {
    struct tlb_shape plain = *shape;

    plain.tags = 0;
    sim->models = grow(sim->models, sim->count + 1, sizeof(struct tlb_model *));
    sim->plain = grow(sim->plain, sim->count + 1, sizeof(struct tlb_model *));
    sim->models[sim->count] = make(shape);
    sim->plain[sim->count] = shape->tags ? make(&plain) : NULL;
    sim->count++;
}

void tlbsim_item(void *state, const struct context *context, const struct stream_item *item) {
    replay_item(&((struct tlbsim *)state)->replay, context, item);
}

void tlbsim_end(struct tlbsim *sim) {
    replay_end(&sim->replay);
}

void tlbsim_event(void *state, const struct context *context, const struct event *event) {
    replay_event(&((struct tlbsim *)state)->replay, context, event);
}

uint64_t tlb_misses(const struct tlb_model *model) {
    return model->counts.misses[WALK_FOR_READ] + model->counts.misses[WALK_FOR_WRITE]
           + model->counts.misses[WALK_FOR_FETCH];
}

int64_t tlbsim_saved(const struct tlbsim *sim, uint32_t i) {
    return sim->plain[i] ? (int64_t)(tlb_misses(sim->plain[i]) - tlb_misses(sim->models[i])) : 0;
}

static void free_model(struct tlb_model *model) {
    if (model)
        tlb_free(model);
    free(model);
}

void tlbsim_free(struct tlbsim *sim) {
    for (uint32_t i = 0; i < sim->count; i++) {
        free_model(sim->models[i]);
        free_model(sim->plain[i]);
    }
    free(sim->models);
    free(sim->plain);
    free(sim->pages);
    free(sim->known);
    replay_free(&sim->replay);
}
