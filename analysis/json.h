/*
 * json.h - JSON written as it is made, indented for people.
 *
 * Rules: keys are given with the value inside an object and are null inside an array. Text is written as ASCII; other
 * bytes are escaped.
 * Callers: analysis/. Source: RFC 8259.
 */
#ifndef ANALYSIS_JSON_H
#define ANALYSIS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *to;
    unsigned depth;
    bool inside;     /* the current object or array has an element already */
};

void json_begin(struct json *json, const char *key, char bracket);   /* bracket: '{' or '[' */
void json_end(struct json *json, char bracket);                      /* '}' or ']' */
void json_number(struct json *json, const char *key, uint64_t value);
void json_text(struct json *json, const char *key, const char *value); /* null pointer: null */
void json_null(struct json *json, const char *key);
void json_flag(struct json *json, const char *key, bool value);
/* A text in quotes, alone. */
void json_quote(FILE *to, const char *text);
/* An array of numbers on one line: begin, each number, end. */
void json_row_begin(struct json *json, const char *key);
void json_row_number(struct json *json, int64_t value);
void json_row_end(struct json *json);

#endif
