// SPDX-License-Identifier: Apache-2.0
#include "CFuzzMain.h"

// libFuzzer's own main does no more; the package manager wants the one of an executable under another name.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*callback)(const uint8_t *, size_t));

int ferry_fuzz_main(int count, char **arguments)
{
    return LLVMFuzzerRunDriver(&count, &arguments, LLVMFuzzerTestOneInput);
}
