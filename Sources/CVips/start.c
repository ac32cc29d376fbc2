// SPDX-License-Identifier: Apache-2.0
#include "ferry_vips_internal.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum { never, started, refused } state = never;

/// The loaders that strangers' bytes may reach. Everything else the library has, now or in a later version, is
/// blocked as a whole: SVG, PDF and whatever ImageMagick reads among it.
static const char *const readable[] = {
    "VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
    "VipsForeignLoadNsgif", "VipsForeignLoadTiff", "VipsForeignLoadHeif",
};

/// What matters comes back in error texts; a damaged file can give thousands of warnings.
static void drop(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data)
{
    (void) domain;
    (void) level;
    (void) message;
    (void) data;
}

int ferry_vips_is_started(void)
{
    pthread_mutex_lock(&lock);
    int result = state == started;
    pthread_mutex_unlock(&lock);
    return result;
}

ferry_vips_status ferry_vips_start(int32_t threads, char *error, size_t error_size)
{
    ferry_vips_status status = FERRY_VIPS_OK;
    pthread_mutex_lock(&lock);
    if (state == never) {
        if (VIPS_INIT("ferry") != 0) {
            state = refused;
        } else {
            vips_concurrency_set(threads < 1 ? 1 : threads);
            vips_cache_set_max(0);
            vips_cache_set_max_mem(0);
            vips_cache_set_max_files(0);
            vips_block_untrusted_set(TRUE);
            vips_operation_block_set("VipsForeignLoad", TRUE);
            for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
                vips_operation_block_set(readable[i], FALSE);
            g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO, drop, NULL);
            vips_error_clear();
            state = started;
        }
    }
    if (state == refused)
        status = ferry_vips_report_library(FERRY_VIPS_NOT_STARTED, error, error_size);
    pthread_mutex_unlock(&lock);
    return status;
}
