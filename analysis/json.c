/*
 * json.c - see json.h.
 */
#include "analysis/json.h"

#include <inttypes.h>

void json_quote(FILE *to, const char *text) {
    fputc('"', to);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(to, "\\%c", *at);
        else if (*at < 0x20 || *at >= 0x7f)
            fprintf(to, "\\u%04x", *at);
        else
            fputc(*at, to);
    }
    fputc('"', to);
}

static void element(struct json *json, const char *key) {
    if (json->depth)
        fputs(json->inside ? ",\n" : "\n", json->to);
    fprintf(json->to, "%*s", (int)(2 * json->depth), "");
    json->inside = true;
    if (key) {
        json_quote(json->to, key);
        fputs(": ", json->to);
    }
}

void json_begin(struct json *json, const char *key, char bracket) {
    element(json, key);
    fputc(bracket, json->to);
    json->depth++;
    json->inside = false;
}

void json_end(struct json *json, char bracket) {
    json->depth--;
    if (json->inside)
        fprintf(json->to, "\n%*s", (int)(2 * json->depth), "");
    fputc(bracket, json->to);
    json->inside = true;
    if (json->depth == 0)
        fputc('\n', json->to);
}

void json_number(struct json *json, const char *key, uint64_t value) {
    element(json, key);
    fprintf(json->to, "%" PRIu64, value);
}

void json_text(struct json *json, const char *key, const char *value) {
    element(json, key);
    if (value)
        json_quote(json->to, value);
    else
        fputs("null", json->to);
}

void json_null(struct json *json, const char *key) {
    json_text(json, key, NULL);
}

void json_flag(struct json *json, const char *key, bool value) {
    element(json, key);
    fputs(value ? "true" : "false", json->to);
}

void json_row_begin(struct json *json, const char *key) {
    element(json, key);
    fputc('[', json->to);
    json->inside = false;
}

void json_row_number(struct json *json, int64_t value) {
    fprintf(json->to, json->inside ? ",%" PRId64 : "%" PRId64, value);
    json->inside = true;
}

void json_row_end(struct json *json) {
    fputc(']', json->to);
    json->inside = true;
}
