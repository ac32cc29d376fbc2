// SPDX-License-Identifier: Apache-2.0
// Calls of a fixed shape over libvips, whose own functions are variadic and cannot be called from Swift.
// One call at a time: libvips keeps its error text in one place for the whole process.
#ifndef FERRY_VIPS_H
#define FERRY_VIPS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How a call ended. Everything but `FERRY_VIPS_OK` comes with a text in the caller's error buffer.
typedef enum {
    FERRY_VIPS_OK = 0,
    /// The library did not start.
    FERRY_VIPS_NOT_STARTED,
    /// The input cannot be opened, or is no regular file.
    FERRY_VIPS_UNREADABLE,
    /// The input has no bytes.
    FERRY_VIPS_EMPTY,
    /// The bytes are in none of the formats that may be read.
    FERRY_VIPS_UNSUPPORTED,
    /// The header announces more pixels or frames than allowed, or the result would have too many.
    FERRY_VIPS_TOO_LARGE,
    /// Decoding or encoding failed: the text says why.
    FERRY_VIPS_FAILED,
    /// The progress function asked to stop.
    FERRY_VIPS_CANCELLED,
    /// The output file cannot be created or written.
    FERRY_VIPS_UNWRITABLE
} ferry_vips_status;

/// The formats that can be written.
typedef enum {
    FERRY_VIPS_JPEG = 0,
    FERRY_VIPS_PNG,
    FERRY_VIPS_WEBP,
    FERRY_VIPS_GIF,
    FERRY_VIPS_TIFF
} ferry_vips_format;

/// What an image's header says.
typedef struct {
    /// Pixels, as stored: before any rotation by EXIF. The height is that of one page.
    int32_t width;
    int32_t height;
    int32_t bands;
    /// EXIF orientation, 1 to 8; 1 when there is none.
    int32_t orientation;
    /// Pages or frames, at least 1.
    int32_t pages;
    /// `jpeg`, `png`, `webp`, `gif`, `tiff` or `heif`, ended by a zero.
    char format[16];
} ferry_vips_info;

/// What is to be done to an image.
typedef struct {
    /// The box the result must fit into, in pixels; 0 leaves that side free.
    int32_t width;
    int32_t height;
    /// Clockwise degrees on top of the rotation by EXIF: 0, 90, 180 or 270.
    int32_t rotate;
    /// 1 to 100, for JPEG and WebP.
    int32_t quality;
    /// Not 0: EXIF, XMP, profiles and comments are left out, and colours become sRGB.
    int32_t strip_metadata;
    /// Not 0: an image smaller than the box grows to fill it.
    int32_t enlarge;
    /// Most pixels of the input (all frames together when animated) and of the result.
    int64_t pixel_limit;
    /// Most frames of an animation.
    int32_t frame_limit;
    ferry_vips_format format;
} ferry_vips_options;

/// Told the percentage done, from a thread of the library's own; anything but 0 stops the work.
typedef int32_t (*ferry_vips_progress)(void *context, int32_t percent);

/// Starts the library once for the process; later calls return what the first one did.
/// `threads` is the size of the pool that one image is worked on with.
/// Only JPEG, PNG, WebP, GIF, TIFF and HEIF can be read afterwards: every other loader is blocked.
ferry_vips_status ferry_vips_start(int32_t threads, char *error, size_t error_size);

/// Reads the header of the image at `path`, decoding no pixels.
ferry_vips_status ferry_vips_probe(const char *path, ferry_vips_info *info, char *error, size_t error_size);

/// Turns the image at `input` upright, fits it into the box and writes it to `output`, a path at which nothing
/// exists yet. After a failure nothing is left there. `result` describes what was written.
/// A truncated or damaged input is a failure, never a half-grey image.
ferry_vips_status ferry_vips_process(
    const char *input, const char *output, const ferry_vips_options *options,
    ferry_vips_progress progress, void *context,
    ferry_vips_info *result, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
