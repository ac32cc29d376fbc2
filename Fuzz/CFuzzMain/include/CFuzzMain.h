// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

// Written in Swift: runs one input.
int LLVMFuzzerTestOneInput(const uint8_t *start, size_t count);

// Runs libFuzzer with the process's arguments.
int ferry_fuzz_main(int count, char **arguments);
