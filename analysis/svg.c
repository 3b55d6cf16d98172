/*
 * svg.c - flush statistics as a picture: for each group two bars, its flushes and the page walks that they cost.
 *
 * Rules: the guest's time only; the groups with the most flushes, the rest in one line; no font, script or file from
 * elsewhere.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/print.h"

#define ROWS_MAX 14
#define ROW_HEIGHT 26
#define TOP 64
#define TITLE_LEFT 16
#define BARS_LEFT 300
#define BARS_WIDTH 200
#define NUMBER_WIDTH 80
#define COLUMN_WIDTH (BARS_WIDTH + NUMBER_WIDTH + 20)
#define WIDTH (BARS_LEFT + 2 * COLUMN_WIDTH)

struct bar {
    char title[96];
    uint64_t flushes, walks;
};

static void put_text(FILE *to, const char *text) {
    for (; *text; text++) {
        if (strchr("<>&\"'", *text))
            fprintf(to, "&#%d;", *text);
        else
            fputc(*text, to);
    }
}

static void name_bar(struct bar *bar, const struct tallies *tallies, const struct tally *tally,
                     const struct processes *processes) {
    size_t used = 0;
    char text[40];

    for (unsigned i = 0; i < 4; i++) {
        if (!(tallies->dimensions & dimension_names[i].dimension) || used >= sizeof(bar->title))
            continue;
        used += (size_t)snprintf(bar->title + used, sizeof(bar->title) - used, "%s%s", used ? ", " : "",
                                 tally_title(tally, dimension_names[i].dimension, processes, text, sizeof(text)));
    }
}

/* Groups with flushes, the largest first; returns how many bars there are. */
static unsigned collect(struct bar *bars, const struct flushes *flushes) {
    const struct tallies *tallies = &flushes->run.groups[0];
    unsigned count = 0, others = 0;

    for (uint32_t i = 0; i < tallies->count && tallies->list[i].flushes; i++) {
        struct bar *bar = &bars[count < ROWS_MAX - 1 ? count++ : ROWS_MAX - 1];

        bar->flushes += tallies->list[i].flushes;
        bar->walks += tallies->list[i].walks;
        if (bar == &bars[ROWS_MAX - 1])
            snprintf(bar->title, sizeof(bar->title), "%u more", ++others);
        else
            name_bar(bar, tallies, &tallies->list[i], flushes->processes);
    }
    return count + (others > 0);
}

static void put_bar(FILE *to, unsigned left, unsigned top, uint64_t value, uint64_t largest, const char *colour) {
    double width = largest ? (double)value * BARS_WIDTH / (double)largest : 0;

    fprintf(to, "<rect x=\"%u\" y=\"%u\" width=\"%.1f\" height=\"16\" rx=\"2\" fill=\"%s\"/>\n", left, top,
            width < 1 ? 1 : width, colour);
    fprintf(to, "<text x=\"%.1f\" y=\"%u\">%" PRIu64 "</text>\n", left + width + 6, top + 13, value);
}

void print_svg(FILE *to, const struct flushes *flushes) {
    struct bar bars[ROWS_MAX] = { 0 };
    unsigned count = collect(bars, flushes), height = TOP + count * ROW_HEIGHT + 16;
    uint64_t most_flushes = 0, most_walks = 0;

    for (unsigned i = 0; i < count; i++) {
        most_flushes = bars[i].flushes > most_flushes ? bars[i].flushes : most_flushes;
        most_walks = bars[i].walks > most_walks ? bars[i].walks : most_walks;
    }
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\" "
            "font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
            WIDTH, height, WIDTH, height);
    fprintf(to,
            "<g font-weight=\"bold\"><text x=\"%d\" y=\"40\">TLB flushes</text><text x=\"%d\" y=\"40\">flushes</text>"
            "<text x=\"%d\" y=\"40\">page walks until the next flush</text></g>\n",
            TITLE_LEFT, BARS_LEFT, BARS_LEFT + COLUMN_WIDTH);
    for (unsigned i = 0; i < count; i++) {
        unsigned top = TOP + i * ROW_HEIGHT;

        fprintf(to, "<text x=\"%d\" y=\"%u\">", TITLE_LEFT, top + 13);
        put_text(to, bars[i].title);
        fprintf(to, "</text>\n");
        put_bar(to, BARS_LEFT, top, bars[i].flushes, most_flushes, "#3b6ea8");
        put_bar(to, BARS_LEFT + COLUMN_WIDTH, top, bars[i].walks, most_walks, "#c8742f");
    }
    fprintf(to, "</svg>\n");
}
