// SPDX-License-Identifier: Apache-2.0
#include "ferry_vips_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/// Whoever watches the work, and whether it asked to stop.
typedef struct {
    ferry_vips_progress progress;
    void *context;
    gint stopped;
} watcher;

static void evaluated(VipsImage *image, VipsProgress *step, void *data)
{
    watcher *watching = data;
    if (watching->progress != NULL && watching->progress(watching->context, step->percent) != 0) {
        g_atomic_int_set(&watching->stopped, 1);
        vips_image_set_kill(image, TRUE);
    }
}

static int is_animated_format(const char *format)
{
    return strcmp(format, "gif") == 0 || strcmp(format, "webp") == 0;
}

/// Longest side the format can hold, in pixels.
static int32_t longest_side(ferry_vips_format format)
{
    switch (format) {
    case FERRY_VIPS_WEBP: return 16383;
    case FERRY_VIPS_JPEG:
    case FERRY_VIPS_GIF: return 65535;
    default: return 1000000;
    }
}

/// Refuses, on the header's word alone, an input or a result of too many pixels. `box` is what the image must fit
/// into before the rotation that was asked for.
static ferry_vips_status check_sizes(
    const ferry_vips_info *header, const ferry_vips_options *options, int32_t box_width, int32_t box_height,
    int32_t frames, char *error, size_t error_size)
{
    if (frames > options->frame_limit)
        return ferry_vips_report(
            FERRY_VIPS_TOO_LARGE, error, error_size, "it has %d frames, and at most %d are allowed",
            frames, options->frame_limit);
    double pixels = (double) header->width * header->height * frames;
    if (pixels > (double) options->pixel_limit)
        return ferry_vips_report(
            FERRY_VIPS_TOO_LARGE, error, error_size, "it has %.0f pixels (%d by %d%s), and at most %lld are allowed",
            pixels, header->width, header->height, frames > 1 ? ", all frames together" : "",
            (long long) options->pixel_limit);
    int swapped = header->orientation >= 5 && header->orientation <= 8;
    double width = swapped ? header->height : header->width;
    double height = swapped ? header->width : header->height;
    double scale = fmin(box_width / width, box_height / height);
    if (scale > 1 && (options->enlarge == 0 || (options->width == 0 && options->height == 0)))
        scale = 1;
    double result_width = fmax(1, round(width * scale));
    double result_height = fmax(1, round(height * scale));
    if (result_width * result_height * frames > (double) options->pixel_limit)
        return ferry_vips_report(
            FERRY_VIPS_TOO_LARGE, error, error_size,
            "the result would have %.0f pixels, and at most %lld are allowed",
            result_width * result_height * frames, (long long) options->pixel_limit);
    if (fmax(result_width, result_height) > longest_side(options->format))
        return ferry_vips_report(
            FERRY_VIPS_TOO_LARGE, error, error_size,
            "the result would be %.0f pixels long, and this format holds at most %d a side",
            fmax(result_width, result_height), longest_side(options->format));
    return FERRY_VIPS_OK;
}

/// The upright, fitted image of what `descriptor` holds, not yet worked out.
static VipsImage *fitted(
    int descriptor, const ferry_vips_options *options, int32_t box_width, int32_t box_height, int animated,
    char *error, size_t error_size, ferry_vips_status *status)
{
    char format[16];
    VipsSource *source = NULL;
    *status = ferry_vips_source(descriptor, &source, format, error, error_size);
    if (*status != FERRY_VIPS_OK)
        return NULL;
    int free_size = options->width == 0 && options->height == 0;
    VipsSize size = options->enlarge != 0 && !free_size ? VIPS_SIZE_BOTH : VIPS_SIZE_DOWN;
    // In an option string, because the property of this name does not reach the loader of a source.
    const char *loading = animated ? "[n=-1,fail_on=error]" : "[fail_on=error]";
    VipsImage *image = NULL;
    int failed;
    // Without its profile an image is taken for sRGB, so it must be sRGB before the profile goes.
    if (options->strip_metadata != 0)
        failed = vips_thumbnail_source(
            source, &image, box_width, "height", box_height, "size", size, "option_string", loading,
            "export_profile", "srgb", NULL);
    else
        failed = vips_thumbnail_source(
            source, &image, box_width, "height", box_height, "size", size, "option_string", loading, NULL);
    g_object_unref(source);
    if (failed != 0) {
        *status = ferry_vips_report_library(FERRY_VIPS_FAILED, error, error_size);
        return NULL;
    }
    if (options->rotate == 90 || options->rotate == 180 || options->rotate == 270) {
        VipsImage *turned = NULL;
        failed = ferry_vips_rotate(image, &turned, options->rotate);
        g_object_unref(image);
        if (failed != 0) {
            *status = ferry_vips_report_library(FERRY_VIPS_FAILED, error, error_size);
            return NULL;
        }
        image = turned;
    }
    return image;
}

/// Whether `descriptor` takes no more bytes, which the library's texts do not tell from a damaged input.
static int is_full(int descriptor, int *reason)
{
    static const char zeros[65536];
    for (size_t done = 0; done < sizeof zeros;) {
        ssize_t written = write(descriptor, zeros + done, sizeof zeros - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            *reason = errno;
            return 1;
        }
        done += (size_t) written;
    }
    return 0;
}

static ferry_vips_status write_image(
    VipsImage *image, const char *output, const ferry_vips_options *options, watcher *watching,
    char *error, size_t error_size)
{
    int descriptor = open(output, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return ferry_vips_report(
            FERRY_VIPS_UNWRITABLE, error, error_size, "the result cannot be written: %s", strerror(errno));
    vips_image_set_progress(image, TRUE);
    gulong handler = g_signal_connect(image, "eval", G_CALLBACK(evaluated), watching);
    int failed = ferry_vips_save(image, descriptor, options);
    g_signal_handler_disconnect(image, handler);
    int stopped = g_atomic_int_get(&watching->stopped);
    int reason = 0;
    int unwritten = failed != 0 && !stopped && is_full(descriptor, &reason);
    if (close(descriptor) != 0) {
        unwritten = 1;
        reason = errno;
    }
    if (failed == 0 && !unwritten)
        return FERRY_VIPS_OK;
    unlink(output);
    if (stopped) {
        vips_error_clear();
        return ferry_vips_report(FERRY_VIPS_CANCELLED, error, error_size, "the work was stopped");
    }
    if (unwritten) {
        vips_error_clear();
        return ferry_vips_report(
            FERRY_VIPS_UNWRITABLE, error, error_size, "the result cannot be written: %s", strerror(reason));
    }
    return ferry_vips_report_library(FERRY_VIPS_FAILED, error, error_size);
}

static const char *format_name_of(ferry_vips_format format)
{
    static const char *const names[] = {"jpeg", "png", "webp", "gif", "tiff"};
    return names[format];
}

ferry_vips_status ferry_vips_process(
    const char *input, const char *output, const ferry_vips_options *options,
    ferry_vips_progress progress, void *context,
    ferry_vips_info *result, char *error, size_t error_size)
{
    if (!ferry_vips_is_started())
        return ferry_vips_report(FERRY_VIPS_NOT_STARTED, error, error_size, "the image library is not started");
    if (options->format < FERRY_VIPS_JPEG || options->format > FERRY_VIPS_TIFF)
        return ferry_vips_report(FERRY_VIPS_UNSUPPORTED, error, error_size, "the output format is unknown");
    memset(result, 0, sizeof *result);
    int descriptor = -1;
    ferry_vips_status status = ferry_vips_open(input, &descriptor, error, error_size);
    if (status != FERRY_VIPS_OK)
        return status;

    ferry_vips_info header;
    memset(&header, 0, sizeof header);
    status = ferry_vips_probe_descriptor(descriptor, &header, error, error_size);
    int quarter = options->rotate == 90 || options->rotate == 270;
    int32_t width = options->width > 0 ? options->width : VIPS_MAX_COORD;
    int32_t height = options->height > 0 ? options->height : VIPS_MAX_COORD;
    int32_t box_width = quarter ? height : width;
    int32_t box_height = quarter ? width : height;
    int animated = header.pages > 1 && is_animated_format(header.format)
        && (options->format == FERRY_VIPS_GIF || options->format == FERRY_VIPS_WEBP);
    if (status == FERRY_VIPS_OK)
        status = check_sizes(
            &header, options, box_width, box_height, animated ? header.pages : 1, error, error_size);
    if (status == FERRY_VIPS_OK) {
        VipsImage *image = fitted(
            descriptor, options, box_width, box_height, animated, error, error_size, &status);
        if (image != NULL) {
            watcher watching = {progress, context, 0};
            status = write_image(image, output, options, &watching, error, error_size);
            result->width = vips_image_get_width(image);
            result->height = vips_image_get_page_height(image);
            result->bands = vips_image_get_bands(image);
            result->orientation = 1;
            result->pages = vips_image_get_height(image) / result->height;
            strncpy(result->format, format_name_of(options->format), sizeof result->format - 1);
            g_object_unref(image);
        }
    }
    close(descriptor);
    return status;
}
