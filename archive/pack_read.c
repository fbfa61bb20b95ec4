/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking.  libarchive writes the files and refuses what leads out of the directory; that a file
 * holds nothing but plain files is ours to see. */
#include "archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

static int unreadable(struct archive *a, const char *path, struct hy_err *err)
{
    const char *why = archive_error_string(a);

    return hy_fail(err, HY_E_PARSE, "%s: %s", path, why ? why : "not readable");
}

/* Where the entry goes: `into` and its name without the outer folder. */
static char *place_of(const char *into, const char *name)
{
    const char *slash = strchr(name, '/');

    return hy_xasprintf("%s/%s", into, slash ? slash + 1 : name);
}

static int unpack_one(struct archive *from, struct archive *to, struct archive_entry *e,
                      const char *path, struct hy_err *err)
{
    const void *part;
    size_t n;
    la_int64_t at;
    int rc;

    if (archive_write_header(to, e) != ARCHIVE_OK)
        return unreadable(to, path, err);
    while ((rc = archive_read_data_block(from, &part, &n, &at)) == ARCHIVE_OK)
        if (archive_write_data_block(to, part, n, at) != ARCHIVE_OK)
            return unreadable(to, path, err);
    if (rc != ARCHIVE_EOF)
        return unreadable(from, path, err);
    return archive_write_finish_entry(to) == ARCHIVE_OK ? HY_OK : unreadable(to, path, err);
}

static int unpack_all(struct archive *from, struct archive *to, const char *path, const char *into,
                      hy_unpack_fn each, void *user, struct hy_err *err)
{
    struct archive_entry *e;
    int rc;

    while ((rc = archive_read_next_header(from, &e)) == ARCHIVE_OK) {
        const char *name = archive_entry_pathname(e);
        if (archive_entry_filetype(e) == AE_IFDIR)
            continue; /* packed again by somebody; directories come with their files */
        if (name == NULL || archive_entry_filetype(e) != AE_IFREG || strstr(name, ".."))
            return hy_fail(err, HY_E_DENIED, "%s: “%s” is not what a backup holds", path,
                           name ? name : "");
        HY_CLEANUP(hy_freep) char *place = place_of(into, name);
        archive_entry_set_pathname(e, place);
        archive_entry_set_perm(e, 0600);
        if (unpack_one(from, to, e, path, err) < 0)
            return err->code;
        if (each)
            each(place + strlen(into) + 1, archive_entry_size(e), user);
    }
    return rc == ARCHIVE_EOF ? HY_OK : unreadable(from, path, err);
}

int hy_unpack(const char *path, const char *into, hy_unpack_fn each, void *user,
              struct hy_err *err)
{
    struct archive *from = archive_read_new(), *to = archive_write_disk_new();
    int rc = HY_OK;

    if (from == NULL || to == NULL)
        hy_bug("libarchive");
    archive_read_support_filter_all(from);
    archive_read_support_format_tar(from);
    archive_read_support_format_zip(from);
    /* `into` may lie behind a link of the administrator's; names inside cannot be links, see above */
    archive_write_disk_set_options(to, ARCHIVE_EXTRACT_SECURE_NODOTDOT);
    if (archive_read_open_filename(from, path, 1 << 16) != ARCHIVE_OK)
        rc = unreadable(from, path, err);
    else
        rc = unpack_all(from, to, path, into, each, user, err);
    archive_read_free(from);
    if (archive_write_free(to) != ARCHIVE_OK && rc == HY_OK)
        rc = hy_fail(err, HY_E_IO, "%s: not everything could be written to %s", path, into);
    return rc;
}
