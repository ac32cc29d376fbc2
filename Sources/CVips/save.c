// SPDX-License-Identifier: Apache-2.0
#include "ferry_vips_internal.h"

#include <stdlib.h>

int ferry_vips_save(VipsImage *image, int descriptor, const ferry_vips_options *options)
{
    VipsTarget *target = vips_target_new_to_descriptor(descriptor);
    if (target == NULL)
        return -1;
    gboolean strip = options->strip_metadata != 0;
    int quality = options->quality < 1 ? 1 : options->quality > 100 ? 100 : options->quality;
    int failed = -1;
    switch (options->format) {
    case FERRY_VIPS_JPEG: {
        // JPEG has no transparency: what shines through is white.
        VipsArrayDouble *white = vips_array_double_newv(1, 255.0);
        failed = vips_jpegsave_target(
            image, target, "Q", quality, "strip", strip, "optimize_coding", TRUE, "background", white, NULL);
        vips_area_unref(VIPS_AREA(white));
        break;
    }
    case FERRY_VIPS_PNG:
        failed = vips_pngsave_target(image, target, "strip", strip, NULL);
        break;
    case FERRY_VIPS_WEBP:
        failed = vips_webpsave_target(image, target, "Q", quality, "strip", strip, NULL);
        break;
    case FERRY_VIPS_GIF:
        failed = vips_gifsave_target(image, target, "strip", strip, NULL);
        break;
    case FERRY_VIPS_TIFF:
        failed = vips_tiffsave_target(
            image, target, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_LZW,
            "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, "strip", strip, NULL);
        break;
    }
    g_object_unref(target);
    return failed;
}

static VipsAngle angle(int32_t degrees)
{
    switch (degrees) {
    case 90: return VIPS_ANGLE_D90;
    case 180: return VIPS_ANGLE_D180;
    case 270: return VIPS_ANGLE_D270;
    default: return VIPS_ANGLE_D0;
    }
}

int ferry_vips_rotate(VipsImage *in, VipsImage **out, int32_t degrees)
{
    // The input streams from top to bottom; turning it reads it in another order.
    VipsImage *copy = vips_image_copy_memory(in);
    if (copy == NULL)
        return -1;
    int page_height = vips_image_get_page_height(copy);
    int pages = vips_image_get_height(copy) / page_height;
    int width = vips_image_get_width(copy);
    int failed = -1;
    if (pages <= 1) {
        failed = vips_rot(copy, out, angle(degrees), NULL);
        g_object_unref(copy);
        return failed;
    }
    // The frames of an animation lie below one another: each is turned by itself.
    VipsImage **frames = calloc((size_t) pages, sizeof *frames);
    int made = 0;
    VipsImage *joined = NULL;
    while (frames != NULL && made < pages) {
        VipsImage *page = NULL;
        if (vips_extract_area(copy, &page, 0, made * page_height, width, page_height, NULL) != 0)
            break;
        int turned = vips_rot(page, &frames[made], angle(degrees), NULL);
        g_object_unref(page);
        if (turned != 0)
            break;
        made++;
    }
    if (frames != NULL && made == pages && vips_arrayjoin(frames, &joined, pages, "across", 1, NULL) == 0
        && vips_copy(joined, out, NULL) == 0) {
        vips_image_set_int(*out, VIPS_META_PAGE_HEIGHT, degrees == 180 ? page_height : width);
        failed = 0;
    }
    for (int i = 0; i < made; i++)
        g_object_unref(frames[i]);
    free(frames);
    if (joined != NULL)
        g_object_unref(joined);
    g_object_unref(copy);
    return failed;
}
