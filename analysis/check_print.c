/*
 * check_print.c - what the trace checker found: as a table, CSV and JSON, and the first offences for people.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/check.h"
#include "analysis/grid.h"
#include "analysis/json.h"

void print_check_table(FILE *to, const struct check *check) {
    static const char *const heading[] = { "rule", "name", "checked", "offences" };
    struct grid grid = { .columns = 4, .texts = 2 };
    char instructions[CELL_BYTES];

    put_number(instructions, check->follow->totals.instructions);
    fprintf(to, "Instructions: %s\n\n", instructions);
    grid_row(&grid);
    for (unsigned i = 0; i < 4; i++)
        strcpy(grid_cell(&grid, i), heading[i]);
    for (unsigned rule = 1; rule <= CHECK_RULES; rule++) {
        grid_row(&grid);
        snprintf(grid_cell(&grid, 0), CELL_BYTES, "%u", rule);
        strcpy(grid_cell(&grid, 1), check_rule_name(rule));
        put_number(grid_cell(&grid, 2), check->checked[rule]);
        put_number(grid_cell(&grid, 3), check->offences[rule]);
    }
    print_grid(to, &grid);
    grid_free(&grid);
}

void print_check_csv(FILE *to, const struct check *check) {
    fprintf(to, "rule,name,checked,offences\n");
    for (unsigned rule = 1; rule <= CHECK_RULES; rule++)
        fprintf(to, "%u,%s,%" PRIu64 ",%" PRIu64 "\n", rule, check_rule_name(rule), check->checked[rule],
                check->offences[rule]);
}

static void put_offence(struct json *json, const struct check_offence *offence) {
    json_begin(json, NULL, '{');
    json_number(json, "rule", offence->rule);
    json_text(json, "name", check_rule_name(offence->rule));
    json_number(json, "instruction", offence->time);
    json_number(json, "address", offence->address);
    json_number(json, "ring", offence->context.ring);
    json_number(json, "domid", offence->context.domid);
    json_number(json, "vcpu", offence->context.vcpu);
    json_text(json, "what", offence->what);
    json_end(json, '}');
}

void print_check_json(FILE *to, const struct check *check) {
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_number(&json, "instructions", check->follow->totals.instructions);
    json_number(&json, "missing", check->follow->totals.missing);
    json_begin(&json, "rules", '[');
    for (unsigned rule = 1; rule <= CHECK_RULES; rule++) {
        json_begin(&json, NULL, '{');
        json_number(&json, "rule", rule);
        json_text(&json, "name", check_rule_name(rule));
        json_number(&json, "checked", check->checked[rule]);
        json_number(&json, "offences", check->offences[rule]);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_begin(&json, "first", '[');
    for (unsigned i = 0; i < check->kept; i++)
        put_offence(&json, &check->list[i]);
    json_end(&json, ']');
    json_end(&json, '}');
}

void print_check_offences(FILE *to, const struct check *check) {
    char domain[32];

    for (unsigned i = 0; i < check->kept; i++) {
        const struct check_offence *offence = &check->list[i];

        fprintf(
            to,
            "rule %u (%s) broken at instruction %" PRIu64 ", address %#010" PRIx32 ", ring %" PRIu32 ", domain %s, "
            "vcpu %" PRIu32 ": %s\n",
            offence->rule, check_rule_name(offence->rule), offence->time, offence->address, offence->context.ring,
            domain_title(&check->follow->domains, offence->context.domain, domain, sizeof(domain)),
            offence->context.vcpu, offence->what);
    }
    if (check_offences(check) > check->kept)
        fprintf(to, "%" PRIu64 " more\n", check_offences(check) - check->kept);
}
