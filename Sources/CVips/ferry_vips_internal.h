// SPDX-License-Identifier: Apache-2.0
#ifndef FERRY_VIPS_INTERNAL_H
#define FERRY_VIPS_INTERNAL_H

#include "ferry_vips.h"

#include <vips/vips.h>

/// Whether `ferry_vips_start` succeeded.
int ferry_vips_is_started(void);

/// Puts a formatted text into the caller's buffer and returns `status`.
ferry_vips_status ferry_vips_report(
    ferry_vips_status status, char *error, size_t error_size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// Moves the library's error text into the caller's buffer, on one line and without folders, and returns `status`.
ferry_vips_status ferry_vips_report_library(ferry_vips_status status, char *error, size_t error_size);

/// Opens a regular, non-empty file for reading; the caller closes `descriptor`.
ferry_vips_status ferry_vips_open(const char *path, int *descriptor, char *error, size_t error_size);

/// A source over `descriptor` from its first byte, and the format of what it holds.
/// The library never sees the path: square brackets in it would be read as options.
ferry_vips_status ferry_vips_source(
    int descriptor, VipsSource **source, char format[16], char *error, size_t error_size);

/// Reads the header of what `descriptor` holds.
ferry_vips_status ferry_vips_probe_descriptor(
    int descriptor, ferry_vips_info *info, char *error, size_t error_size);

/// Writes `image` to `descriptor` in the format of `options`; 0 when done.
int ferry_vips_save(VipsImage *image, int descriptor, const ferry_vips_options *options);

/// Rotates every page of `in` clockwise; the caller unrefs `out`. 0 when done.
int ferry_vips_rotate(VipsImage *in, VipsImage **out, int32_t degrees);

#endif
