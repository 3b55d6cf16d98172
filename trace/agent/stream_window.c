/*
 * stream_window.c - which instructions are recorded, and of which of them the data accesses; see stream.h.
 *
 * A window is described by words with commas between them, all of which must hold:
 *   from=N, until=N   instructions since reset; until the first one that is not recorded any more
 *   ring=R            the privilege ring; several with + between them
 *   domain=D          the domain that the processor works for, in whatever ring; several with + between them; idle: none
 *   marker=N          from the guest's marker of phase N to that of another phase, or from the begin of measurement N to
 *                     its end
 *
 * Rules: a window opens and closes where a run of instructions ends, which for from and until is a few instructions
 * late.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/agent/agent.h"
#include "trace/agent/stream.h"

#define DOMAINS_MAX 16u

static struct window {
    uint64_t from, until;
    uint32_t rings; /* a bit each; 0: any */
    uint32_t domain_count; /* 0: any */
    uint32_t domains[DOMAINS_MAX];
    bool has_marker, is_marked; /* is_marked: marker, or the lack of any in the description, lets it be open */
    uint32_t marker;
} windows[STREAM_WINDOWS] = { { .until = UINT64_MAX }, { .until = UINT64_MAX } };

static bool is_chosen;
static uint32_t domain = TRACE_NO_DOMAIN;

/* ---- the description --------------------------------------------------------------------------------------------- */

static _Noreturn void refuse(const char *name, const char *text) {
    agent_refuse("%s=%s; it must be words from=N, until=N, ring=0..3, domain=N or marker=N with commas between them, each "
                 "once; several rings, or up to 16 domains, have + between them; until is behind from", name, text);
}

/* Numbers with + between them, of at most `most`; each is handed to add, which takes one or several. False: they are not. */
static bool numbers(struct window *window, const char *text, uint64_t most,
                    bool (*add)(struct window *window, uint64_t number)) {
    bool more = true;

    while (more) {
        char *end;
        uint64_t number;

        if (strncmp(text, "idle", 4) == 0 && most == TRACE_NO_DOMAIN) {
            number = TRACE_NO_DOMAIN;
            end = (char *)text + 4;
        } else if (*text < '0' || *text > '9') {
            return false;
        } else {
            number = strtoull(text, &end, 10);
        }
        more = *end == '+';
        if (number > most || (*end && !more) || !add(window, number))
            return false;
        text = end + 1;
    }
    return true;
}

static bool add_from(struct window *window, uint64_t number) {
    bool is_first = window->from == 0;

    window->from = number;
    return is_first;
}

static bool add_until(struct window *window, uint64_t number) {
    bool is_first = window->until == UINT64_MAX;

    window->until = number;
    return is_first;
}

static bool add_ring(struct window *window, uint64_t number) {
    window->rings |= 1u << number;
    return true;
}

static bool add_domain(struct window *window, uint64_t number) {
    if (window->domain_count == DOMAINS_MAX)
        return false;
    window->domains[window->domain_count++] = (uint32_t)number;
    return true;
}

static bool add_marker(struct window *window, uint64_t number) {
    bool is_first = !window->has_marker;

    window->has_marker = true;
    window->marker = (uint32_t)number;
    return is_first;
}

static const struct {
    const char *key;
    uint64_t most;
    bool (*add)(struct window *window, uint64_t number);
} words[] = {
    { "from=", UINT64_MAX - 1, add_from }, { "until=", UINT64_MAX - 1, add_until }, { "ring=", RINGS - 1, add_ring },
    { "domain=", TRACE_NO_DOMAIN, add_domain }, { "marker=", UINT32_MAX, add_marker },
};

/* taken: bits of the words that there have been. */
static bool take_word(struct window *window, const char *word, uint32_t *taken) {
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i].key);

        if (strncmp(word, words[i].key, length))
            continue;
        if (*taken & 1u << i)
            return false;
        *taken |= 1u << i;
        return numbers(window, word + length, words[i].most, words[i].add);
    }
    return false;
}

void window_describe(enum stream_window which, const char *name, const char *text) {
    struct window *window = &windows[which];
    char copy[512], *rest = copy, *word;
    uint32_t taken = 0;

    if (text && strlen(text) >= sizeof(copy))
        refuse(name, text);
    strcpy(copy, text ? text : "");
    while ((word = strsep(&rest, ",")) && text && *text) {
        if (!take_word(window, word, &taken))
            refuse(name, text);
    }
    if (window->from >= window->until)
        refuse(name, text);
    window->is_marked = !window->has_marker;
    is_chosen |= which == WINDOW_INSTRUCTIONS && text && *text;
}

bool window_is_chosen(void) {
    return is_chosen;
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static bool has_domain(const struct window *window) {
    for (uint32_t i = 0; i < window->domain_count; i++) {
        if (window->domains[i] == domain)
            return true;
    }
    return window->domain_count == 0;
}

bool window_is_open(enum stream_window which, uint64_t time, uint32_t ring) {
    const struct window *window = &windows[which];

    bool has_ring = window->rings == 0 || (window->rings >> ring & 1);

    return time >= window->from && time < window->until && has_ring && window->is_marked && has_domain(window);
}

uint64_t window_next(uint64_t time) {
    uint64_t next = UINT64_MAX;

    for (uint32_t i = 0; i < STREAM_WINDOWS; i++) {
        if (windows[i].from > time && windows[i].from < next)
            next = windows[i].from;
        if (windows[i].until > time && windows[i].until < next)
            next = windows[i].until;
    }
    return next;
}

void window_domain(uint32_t domid) {
    domain = domid;
    count_attend();
}

void window_marker(uint32_t kind, uint32_t number) {
    for (uint32_t i = 0; i < STREAM_WINDOWS; i++) {
        struct window *window = &windows[i];

        if (!window->has_marker)
            continue;
        if (kind == TRACE_MARKER_phase)
            window->is_marked = number == window->marker;
        else if (kind == TRACE_MARKER_measure_begin || kind == TRACE_MARKER_measure_end)
            window->is_marked = number == window->marker ? kind == TRACE_MARKER_measure_begin : window->is_marked;
    }
    count_attend();
}
