// SPDX-License-Identifier: Apache-2.0
#include "ferry_vips_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ferry_vips_status ferry_vips_report(
    ferry_vips_status status, char *error, size_t error_size, const char *format, ...)
{
    if (error != NULL && error_size > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error, error_size, format, arguments);
        va_end(arguments);
    }
    return status;
}

static int ends_path(char c)
{
    return c == '\0' || c == '\n' || c == ' ' || c == '"' || c == '\'' || c == ',' || c == ')';
}

static int begins_word(char before)
{
    return before == ' ' || before == '"' || before == '\'' || before == '(' || before == ';';
}

/// Whether a line says no more than that the lines before it stopped the writing.
static int is_consequence(const char *line, size_t length)
{
    static const char words[] = "unable to write to target";
    for (size_t i = 0; i + sizeof words - 1 <= length; i++)
        if (strncmp(line + i, words, sizeof words - 1) == 0)
            return 1;
    return 0;
}

/// Copies `text` on one line, repeated lines once, every absolute path cut to its last part.
static void copy_clean(const char *text, char *error, size_t error_size)
{
    size_t length = 0;
    char before = ' ';
    const char *previous = NULL;
    size_t previous_length = 0;
    while (*text != '\0' && length + 1 < error_size) {
        size_t line = strcspn(text, "\n");
        int repeated = previous != NULL && previous_length == line && strncmp(previous, text, line) == 0;
        if (!repeated && line > 0 && !(length > 0 && is_consequence(text, line))) {
            if (length > 0) {
                for (const char *s = "; "; *s != '\0' && length + 1 < error_size; s++)
                    error[length++] = *s;
                before = ' ';
            }
            for (const char *c = text; c < text + line && length + 1 < error_size; c++) {
                if (*c == '/' && begins_word(before)) {
                    const char *last = c;
                    for (const char *p = c; !ends_path(*p); p++)
                        if (*p == '/')
                            last = p;
                    c = last;
                    before = '/';
                    continue;
                }
                unsigned char byte = (unsigned char) *c;
                error[length++] = byte < 0x20 || byte >= 0x7f ? '?' : *c;
                before = *c;
            }
        }
        previous = text;
        previous_length = line;
        text += line;
        if (*text == '\n')
            text++;
    }
    error[length] = '\0';
}

ferry_vips_status ferry_vips_report_library(ferry_vips_status status, char *error, size_t error_size)
{
    if (error != NULL && error_size > 0)
        copy_clean(vips_error_buffer(), error, error_size);
    vips_error_clear();
    return status;
}
