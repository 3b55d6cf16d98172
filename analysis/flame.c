/*
 * flame.c - a profile as a flame graph: a bar a path, as wide as its instructions, on the bar of its caller.
 *
 * Rules: no font, script or file from elsewhere; each bar tells its name and numbers when the pointer rests on it. Bars
 * narrower than LEAST_WIDTH are left out, with what lies on them. The largest stands first. A colour for each kind of
 * image, its shade from the function's name.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/grid.h"
#include "analysis/profile_print.h"

#define WIDTH 1200.0
#define MARGIN 12
#define TOP 64
#define ROW 18
#define LEAST_WIDTH 0.4
#define LETTER 6.6          /* mean width of one at font size 11 */

struct picture {
    FILE *to;
    const struct profile *profile;
    uint32_t *order;        /* nodes by parent, the largest first */
    uint32_t *first;        /* of each node: where its children begin in order; of count: the end */
    unsigned levels;        /* rows of functions */
    unsigned bottom;        /* y of the lowest row */
};

static const struct picture *sorting;  /* qsort has no argument for its comparison */

static int compare(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const struct node *nodes = sorting->profile->paths.nodes;
    const uint64_t *totals = sorting->profile->totals;

    if (nodes[a].parent != nodes[b].parent)
        return nodes[a].parent < nodes[b].parent ? -1 : 1;
    if (totals[a] != totals[b])
        return totals[a] > totals[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void sort_children(struct picture *picture) {
    const struct paths *paths = &picture->profile->paths;
    uint32_t count = paths->count ? paths->count - 1 : 0, node = 0;

    picture->order = grow(NULL, count, sizeof(*picture->order));
    picture->first = grow(NULL, paths->count + 1, sizeof(*picture->first));
    for (uint32_t i = 0; i < count; i++)
        picture->order[i] = i + 1;
    sorting = picture;
    if (count)
        qsort(picture->order, count, sizeof(*picture->order), compare);
    for (uint32_t i = 0; i < count; i++) {
        while (node <= paths->nodes[picture->order[i]].parent)
            picture->first[node++] = i;
    }
    while (node <= paths->count)
        picture->first[node++] = count;
}

static void put_text(FILE *to, const char *text, size_t letters) {
    for (size_t i = 0; text[i] && i < letters; i++) {
        if (strchr("<>&\"'", text[i]))
            fprintf(to, "&#%d;", text[i]);
        else
            fputc(text[i], to);
    }
}

static unsigned shade(const char *name) {
    unsigned hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash >> 8;
}

static void put_colour(FILE *to, enum image_kind kind, const char *name) {
    static const struct { unsigned hue, saturation, light; } colours[] = {
        [IMAGE_FIRMWARE] = { 0, 0, 72 }, [IMAGE_HYPERVISOR] = { 18, 78, 62 }, [IMAGE_KERNEL] = { 208, 52, 64 },
        [IMAGE_PROGRAM] = { 130, 38, 62 },
    };
    unsigned variation = shade(name);

    fprintf(to, "hsl(%u,%u%%,%u%%)", colours[kind].hue + variation % 17, colours[kind].saturation,
            colours[kind].light + variation / 17 % 13);
}

/* level 0 is the lowest row. name: also what a colour's shade comes from. */
static void put_bar(const struct picture *picture, double left, double width, unsigned level, enum image_kind kind,
                    const char *name, uint64_t instructions, uint64_t calls) {
    double y = picture->bottom - (double)level * ROW;
    size_t letters = (size_t)((width - 6) / LETTER), length = strlen(name);
    char number[32];

    put_number(number, instructions);
    fprintf(picture->to, "<g><title>");
    put_text(picture->to, name, length);
    fprintf(picture->to, ": %s instructions, %.2f %%", number,
            100.0 * (double)instructions / (double)picture->profile->instructions);
    if (calls) {
        put_number(number, calls);
        fprintf(picture->to, ", %s calls", number);
    }
    fprintf(picture->to, "</title><rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" fill=\"", left, y,
            width > 1 ? width - 0.5 : width, ROW - 1);
    put_colour(picture->to, kind, name);
    fprintf(picture->to, "\"/>");
    if (width >= 6 + 3 * LETTER) {
        fprintf(picture->to, "<text x=\"%.1f\" y=\"%.0f\">", left + 3, y + 13);
        put_text(picture->to, name, length <= letters ? length : letters - 2);
        fprintf(picture->to, "%s</text>", length <= letters ? "" : "..");
    }
    fprintf(picture->to, "</g>\n");
}

static double width_of(const struct picture *picture, uint64_t instructions) {
    return (WIDTH - 2 * MARGIN) * (double)instructions / (double)picture->profile->instructions;
}

static void put_node(const struct picture *picture, uint32_t node, double left, unsigned level) {
    const struct node *at = &picture->profile->paths.nodes[node];
    const char *name;
    const struct image *image = images_of_function(picture->profile->images, at->function, &name);
    double width = width_of(picture, picture->profile->totals[node]);

    if (width < LEAST_WIDTH)
        return;
    put_bar(picture, left, width, level, image->kind, name, picture->profile->totals[node], at->calls);
    for (uint32_t i = picture->first[node]; i < picture->first[node + 1]; i++) {
        put_node(picture, picture->order[i], left, level + 1);
        left += width_of(picture, picture->profile->totals[picture->order[i]]);
    }
}

/* An image's row, on it the functions that nobody called. */
static void put_image(const struct picture *picture, const struct image_count *count, double left) {
    double width = width_of(picture, count->instructions);
    const char *name;
    char title[96];

    if (width < LEAST_WIDTH)
        return;
    image_title(picture->profile->images, count->image, title, sizeof(title));
    put_bar(picture, left, width, 1, count->image->kind, title, count->instructions, 0);
    for (uint32_t i = picture->first[0]; i < picture->first[1]; i++) {
        uint32_t node = picture->order[i];

        uint32_t function = picture->profile->paths.nodes[node].function;

        if (images_of_function(picture->profile->images, function, &name) != count->image)
            continue;
        put_node(picture, node, left, 2);
        left += width_of(picture, picture->profile->totals[node]);
    }
}

/* Rows of what is wide enough to be drawn. */
static unsigned height_of(const struct picture *picture, uint32_t node) {
    unsigned height = 0;

    for (uint32_t i = picture->first[node]; i < picture->first[node + 1]; i++) {
        if (width_of(picture, picture->profile->totals[picture->order[i]]) >= LEAST_WIDTH) {
            unsigned above = 1 + height_of(picture, picture->order[i]);

            height = above > height ? above : height;
        }
    }
    return height;
}

static void put_legend(const struct picture *picture) {
    for (unsigned kind = IMAGE_FIRMWARE; kind <= IMAGE_PROGRAM; kind++) {
        unsigned left = (unsigned)WIDTH - 4 * 100 + kind * 100;

        fprintf(picture->to, "<rect x=\"%u\" y=\"20\" width=\"12\" height=\"12\" fill=\"", left);
        put_colour(picture->to, kind, "");
        fprintf(picture->to, "\"/><text x=\"%u\" y=\"30\">%s</text>\n", left + 16, image_kind_names[kind]);
    }
}

void profile_print_svg(FILE *to, const struct profile *profile) {
    struct picture picture = { .to = to, .profile = profile };
    double left = MARGIN;
    char number[32];

    sort_children(&picture);
    picture.levels = 2 + (profile->instructions ? height_of(&picture, 0) : 0);
    picture.bottom = TOP + (picture.levels - 1) * ROW;
    put_number(number, profile->instructions);
    fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%u\" viewBox=\"0 0 %.0f %u\" "
            "font-family=\"sans-serif\" font-size=\"11\" fill=\"#222222\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
            "<text x=\"%d\" y=\"32\" font-size=\"17\">Instructions by path of calls</text>\n"
            "<text x=\"%d\" y=\"50\" fill=\"#666666\">%s instructions; rest the pointer on a bar for its numbers"
            "</text>\n",
            WIDTH, picture.bottom + ROW + MARGIN, WIDTH, picture.bottom + ROW + MARGIN, MARGIN, MARGIN, number);
    put_legend(&picture);
    if (profile->instructions)
        put_bar(&picture, MARGIN, WIDTH - 2 * MARGIN, 0, IMAGE_FIRMWARE, "all", profile->instructions, 0);
    for (uint32_t i = 0; i < profile->image_count; i++) {
        put_image(&picture, &profile->by_image[i], left);
        left += width_of(&picture, profile->by_image[i].instructions);
    }
    fprintf(to, "</svg>\n");
    free(picture.order);
    free(picture.first);
}
