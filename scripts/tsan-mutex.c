// SPDX-License-Identifier: Apache-2.0
//
// Thread Sanitizer cannot see how the Swift standard library's Mutex changes hands on Linux when two threads want it at
// once: the kernel does it (a priority-inheriting futex), inside a library that is not instrumented. So it reports races
// where there are none; a counter under a contended Mutex is enough. This object, linked in before that library,
// tells it of the two places and hides nothing: scripts/test-tsan checks that a real race is still reported.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SELF __attribute__((swift_context)) void *self

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

typedef __attribute__((swiftcall)) void (*lock_function)(uint32_t thread, SELF);
typedef __attribute__((swiftcall)) void (*unlock_function)(SELF);

__attribute__((swiftcall)) void ferry_mutex_lock(uint32_t thread, SELF) __asm__(LOCK);
__attribute__((swiftcall)) void ferry_mutex_unlock(SELF) __asm__(UNLOCK);

__attribute__((swiftcall)) void ferry_mutex_lock(uint32_t thread, SELF) {
    ((lock_function)dlsym(RTLD_NEXT, LOCK))(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

__attribute__((swiftcall)) void ferry_mutex_unlock(SELF) {
    if (__tsan_release) __tsan_release(self);
    ((unlock_function)dlsym(RTLD_NEXT, UNLOCK))(self);
}
