/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a package: written, and named in the list with its hash. */
#include "archive/package_parts.h"

int hy_package_add(struct hy_packing *p, const char *name, struct hy_str bytes, struct hy_err *err)
{
    json_t *file = json_object();
    char hash[HY_SHA256_HEX];

    hy_json_set_str(file, "path", hy_str(name));
    hy_json_set_str(file, "sha256", hy_str(hy_sha256_hex(bytes, hash)));
    hy_json_set_int(file, "bytes", (int64_t)bytes.n);
    json_array_append_new(p->files, file);
    hy_map_set(p->names, hy_str(name), p);
    return hy_pack_add(p->out, name, bytes, err);
}

void hy_package_time(struct hy_buf *b, hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    hy_buf_printf(b, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
                  c.second);
}
