// SPDX-License-Identifier: Apache-2.0

#ifndef FERRY_CALLOCATOR_H
#define FERRY_CALLOCATOR_H

#include <stdbool.h>

/// Sets how many arenas the allocator may have from now on (mallopt(3), M_ARENA_MAX). Each keeps what its threads needed at
/// most, and glibc allows eight for each processor.
///
/// False where the allocator has no such setting, or refuses the number.
bool ferry_limit_arenas(int count);

#endif
