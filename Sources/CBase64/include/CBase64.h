// SPDX-License-Identifier: Apache-2.0

#ifndef FERRY_CBASE64_H
#define FERRY_CBASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Decodes base 64 digits 32 at a time for as long as there are 32 and all are digits; returns the digits decoded,
/// always a multiple of 32, zero on a processor without AVX2.
///
/// `output` needs room for three bytes for each four digits and 8 more. With `either` the URL-safe alphabet is taken,
/// too.
size_t ferry_base64_decode(const uint8_t *input, size_t count, uint8_t *output, bool either);

#endif
