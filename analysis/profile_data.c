/*
 * profile_data.c - a profile for other programs: CSV, JSON and folded stacks of profile_print.h.
 */
#include <inttypes.h>

#include "analysis/json.h"
#include "analysis/profile_print.h"

static const char *title_of(const struct profile *profile, const struct image *image) {
    static char title[96];

    return image_title(profile->images, image, title, sizeof(title));
}

void profile_print_csv(FILE *to, const struct profile *profile) {
    fprintf(to, "image,function,calls,instructions,with_callees\n");
    for (uint32_t i = 0; i < profile->function_count; i++) {
        const struct function_count *function = &profile->functions[i];

        fprintf(to, "%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", title_of(profile, function->image), function->name,
                function->calls, function->instructions, function->with_callees);
    }
}

void profile_print_json(FILE *to, const struct profile *profile) {
    static const char *const rings[] = { "ring0", "ring1", "ring2", "ring3" };
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_begin(&json, "instructions", '{');
    json_number(&json, "total", profile->instructions);
    for (unsigned ring = 0; ring < STREAM_RINGS; ring++)
        json_number(&json, rings[ring], profile->ring[ring]);
    json_end(&json, '}');
    json_begin(&json, "images", '[');
    for (uint32_t i = 0; i < profile->image_count; i++) {
        json_begin(&json, NULL, '{');
        json_text(&json, "image", title_of(profile, profile->by_image[i].image));
        json_number(&json, "instructions", profile->by_image[i].instructions);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_begin(&json, "functions", '[');
    for (uint32_t i = 0; i < profile->function_count; i++) {
        const struct function_count *function = &profile->functions[i];

        json_begin(&json, NULL, '{');
        json_text(&json, "image", title_of(profile, function->image));
        json_text(&json, "function", function->name);
        json_number(&json, "calls", function->calls);
        json_number(&json, "instructions", function->instructions);
        json_number(&json, "with_callees", function->with_callees);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_end(&json, '}');
    fputc('\n', to);
}

/* ---- folded stacks ---------------------------------------------------------------------------------------------- */

static void put_path(FILE *to, const struct profile *profile, uint32_t node) {
    uint32_t path[PATHS_DEPTH + 2], depth = 0;
    const char *name;

    for (uint32_t at = node; at; at = profile->paths.nodes[at].parent)
        path[depth++] = at;
    const struct image *image = images_of_function(profile->images, profile->paths.nodes[node].function, &name);

    fprintf(to, "%s", title_of(profile, image));
    while (depth-- > 0) {
        images_of_function(profile->images, profile->paths.nodes[path[depth]].function, &name);
        fprintf(to, ";%s", name);
    }
}

void profile_print_folded(FILE *to, const struct profile *profile) {
    for (uint32_t i = 1; i < profile->paths.count; i++) {
        if (!profile->paths.nodes[i].instructions)
            continue;
        put_path(to, profile, i);
        fprintf(to, " %" PRIu64 "\n", profile->paths.nodes[i].instructions);
    }
}

/* ---- entries ---------------------------------------------------------------------------------------------------- */

void entries_print_csv(FILE *to, const struct profile *profile) {
    const struct entries *entries = profile->entries;
    const char *name;

    fprintf(to, "kind,function,entries,instructions,least,median,p90,most,writes\n");
    for (uint32_t i = 0; i < entries->count; i++) {
        const struct spread *spread = &entries->kinds[i].instructions;

        fprintf(to, "%s,,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
                entries->kinds[i].name, spread->count, spread->sum, spread->least, spread_at(spread, 50),
                spread_at(spread, 90), spread->most, entries->kinds[i].writes);
    }
    for (uint32_t i = 0; i < entries->function_count; i++) {
        images_of_function(profile->images, entries->functions[i].function, &name);
        fprintf(to, "%s,%s,%" PRIu64 ",%" PRIu64 ",,,,,\n", entries->kinds[entries->functions[i].kind].name, name,
                entries->functions[i].entries, entries->functions[i].instructions);
    }
}

static void put_kind(struct json *json, const struct profile *profile, uint32_t kind) {
    const struct entries *entries = profile->entries;
    const struct spread *spread = &entries->kinds[kind].instructions;
    const char *name;

    json_begin(json, NULL, '{');
    json_text(json, "kind", entries->kinds[kind].name);
    json_number(json, "entries", spread->count);
    json_begin(json, "instructions", '{');
    json_number(json, "total", spread->sum);
    json_number(json, "least", spread->least);
    json_number(json, "median", spread_at(spread, 50));
    json_number(json, "p90", spread_at(spread, 90));
    json_number(json, "most", spread->most);
    json_end(json, '}');
    json_number(json, "writes", entries->kinds[kind].writes);
    json_begin(json, "functions", '[');
    for (uint32_t i = 0; i < entries->function_count; i++) {
        if (entries->functions[i].kind != kind)
            continue;
        images_of_function(profile->images, entries->functions[i].function, &name);
        json_begin(json, NULL, '{');
        json_text(json, "function", name);
        json_number(json, "instructions", entries->functions[i].instructions);
        json_number(json, "entries", entries->functions[i].entries);
        json_end(json, '}');
    }
    json_end(json, ']');
    json_end(json, '}');
}

void entries_print_json(FILE *to, const struct profile *profile) {
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_text(&json, "by", entries_by_titles[profile->entries->by]);
    json_number(&json, "ring0", profile->ring[0]);
    json_begin(&json, "kinds", '[');
    for (uint32_t i = 0; i < profile->entries->count; i++)
        put_kind(&json, profile, i);
    json_end(&json, ']');
    json_end(&json, '}');
    fputc('\n', to);
}
