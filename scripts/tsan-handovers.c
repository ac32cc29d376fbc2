// SPDX-License-Identifier: Apache-2.0
//
// Thread Sanitizer cannot see two ways in which memory changes hands on Linux, because both happen inside libraries that
// are not instrumented, and so it reports races where there are none:
//
// 1. The standard library's Mutex, when two threads want it at once: the kernel hands it over (a priority-inheriting
//    futex). A counter under a contended Mutex is enough for a report.
// 2. Reference counts: SwiftNIO's pooled receive buffers are used again once their count says that no other thread holds
//    them, and the count is kept by the Swift runtime.
//
// This object, linked in before those libraries, tells it of these places, of the second for that one class alone, and
// hides nothing: scripts/test-tsan checks that both are understood and that a real race is still reported.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

// MARK: - Mutex

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SELF __attribute__((swift_context)) void *self

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

// MARK: - Reference counts of a pooled buffer's storage

/// The class ByteBuffer._Storage of the module NIOCore, where a program has it.
extern char ferry_buffer_storage[] __asm__("$s7NIOCore10ByteBufferV8_StorageCN") __attribute__((weak));

/// The runtime takes null and pointers with their highest bit set for values that are no object.
static bool is_buffer_storage(void *object) {
    return ferry_buffer_storage && (intptr_t)object > 0 && *(char **)object == ferry_buffer_storage;
}

// Whatever registers the caller expects to keep, this keeps them.
__attribute__((preserve_most)) void swift_release(void *object) {
    static void (*next)(void *);
    if (!next) next = (void (*)(void *))dlsym(RTLD_NEXT, "swift_release");
    if (__tsan_release && is_buffer_storage(object)) __tsan_release(object);
    next(object);
}

#define UNIQUE "$ss25isKnownUniquelyReferencedySbxzRlzClF"

typedef __attribute__((swiftcall)) bool (*unique_function)(void **object, void *type);

__attribute__((swiftcall)) bool ferry_unique(void **object, void *type) __asm__(UNIQUE);

__attribute__((swiftcall)) bool ferry_unique(void **object, void *type) {
    bool unique = ((unique_function)dlsym(RTLD_NEXT, UNIQUE))(object, type);
    if (unique && __tsan_acquire && is_buffer_storage(*object)) __tsan_acquire(*object);
    return unique;
}
