// SPDX-License-Identifier: Apache-2.0
#include "ferry_vips_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ferry_vips_status ferry_vips_open(const char *path, int *descriptor, char *error, size_t error_size)
{
    // Without O_NONBLOCK a pipe in the file's place would hold us here for ever.
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0)
        return ferry_vips_report(
            FERRY_VIPS_UNREADABLE, error, error_size, "it cannot be opened: %s", strerror(errno));
    struct stat facts;
    if (fstat(opened, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(opened);
        return ferry_vips_report(FERRY_VIPS_UNREADABLE, error, error_size, "it is not a regular file");
    }
    if (facts.st_size == 0) {
        close(opened);
        return ferry_vips_report(FERRY_VIPS_EMPTY, error, error_size, "the file is empty");
    }
    *descriptor = opened;
    return FERRY_VIPS_OK;
}

/// The name of the format whose signature `bytes` begins with, or NULL. Looked at before the library sees a byte:
/// its own search would run code of every loader it has, and blocked ones do part of their work before they refuse.
static const char *signature(const unsigned char bytes[16])
{
    static const char *const brands[] = {
        "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1", "avif", "avis",
    };
    if (memcmp(bytes, "\xff\xd8\xff", 3) == 0)
        return "jpeg";
    if (memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "png";
    if (memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
        return "webp";
    if (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0)
        return "gif";
    if (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0 || memcmp(bytes, "II+\0", 4) == 0
        || memcmp(bytes, "MM\0+", 4) == 0)
        return "tiff";
    if (memcmp(bytes + 4, "ftyp", 4) == 0)
        for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
            if (memcmp(bytes + 8, brands[i], 4) == 0)
                return "heif";
    return NULL;
}

/// Whether the library would read the source with the loader of `format`, `jpegload_source` for `jpeg`.
static int would_load(VipsSource *source, const char *format)
{
    const char *loader = vips_foreign_find_load_source(source);
    const char *nickname = loader == NULL ? NULL : vips_nickname_find(g_type_from_name(loader));
    size_t length = strlen(format);
    return nickname != NULL && strncmp(nickname, format, length) == 0
        && strncmp(nickname + length, "load", 4) == 0;
}

ferry_vips_status ferry_vips_source(
    int descriptor, VipsSource **source, char format[16], char *error, size_t error_size)
{
    unsigned char bytes[16] = {0};
    if (pread(descriptor, bytes, sizeof bytes, 0) < 0 || lseek(descriptor, 0, SEEK_SET) != 0)
        return ferry_vips_report(FERRY_VIPS_UNREADABLE, error, error_size, "it cannot be read: %s", strerror(errno));
    const char *name = signature(bytes);
    if (name == NULL)
        return ferry_vips_report(
            FERRY_VIPS_UNSUPPORTED, error, error_size,
            "its bytes are not a JPEG, PNG, WebP, GIF, TIFF or HEIF image");
    *source = vips_source_new_from_descriptor(descriptor);
    if (*source == NULL)
        return ferry_vips_report_library(FERRY_VIPS_UNREADABLE, error, error_size);
    if (!would_load(*source, name)) {
        VIPS_UNREF(*source);
        vips_error_clear();
        return ferry_vips_report(
            FERRY_VIPS_FAILED, error, error_size, "it begins like a %s image but is damaged", name);
    }
    strncpy(format, name, 15);
    format[15] = '\0';
    return FERRY_VIPS_OK;
}

ferry_vips_status ferry_vips_probe_descriptor(
    int descriptor, ferry_vips_info *info, char *error, size_t error_size)
{
    VipsSource *source = NULL;
    ferry_vips_status status = ferry_vips_source(descriptor, &source, info->format, error, error_size);
    if (status != FERRY_VIPS_OK)
        return status;
    VipsImage *image = vips_image_new_from_source(source, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    g_object_unref(source);
    if (image == NULL)
        return ferry_vips_report_library(FERRY_VIPS_FAILED, error, error_size);
    info->width = vips_image_get_width(image);
    info->height = vips_image_get_page_height(image);
    info->bands = vips_image_get_bands(image);
    info->orientation = vips_image_get_orientation(image);
    info->pages = vips_image_get_n_pages(image);
    g_object_unref(image);
    vips_error_clear();
    return FERRY_VIPS_OK;
}

ferry_vips_status ferry_vips_probe(const char *path, ferry_vips_info *info, char *error, size_t error_size)
{
    if (!ferry_vips_is_started())
        return ferry_vips_report(FERRY_VIPS_NOT_STARTED, error, error_size, "the image library is not started");
    memset(info, 0, sizeof *info);
    int descriptor = -1;
    ferry_vips_status status = ferry_vips_open(path, &descriptor, error, error_size);
    if (status != FERRY_VIPS_OK)
        return status;
    status = ferry_vips_probe_descriptor(descriptor, info, error, error_size);
    close(descriptor);
    return status;
}
