// SPDX-License-Identifier: Apache-2.0

#include "CAllocator.h"

#if defined(__linux__)
#include <malloc.h>
#endif

bool ferry_limit_arenas(int count) {
#if defined(M_ARENA_MAX)
    return mallopt(M_ARENA_MAX, count) == 1;
#else
    (void)count;
    return false;
#endif
}
