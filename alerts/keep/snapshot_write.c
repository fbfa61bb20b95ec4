/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a snapshot: to a temporary file beside the others, with fsync, then the rename. */
#include "alerts/keep/snapshot_file.h"

#include "core/hash.h"
#include "core/mem.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void write_header(struct hy_buf *b, const char *office, const struct hy_snapshot_at *at,
                         int64_t base, struct hy_state *s)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    char digest[HY_DIGEST_HEX];

    json_object_set_new(o, "base", base ? json_integer(base) : json_null());
    hy_json_set_str(o, "digest", hy_str(hy_state_digest(s, digest)));
    hy_json_set_int(o, "documents", (int64_t)hy_state_count(s));
    hy_json_set_int(o, "end", at->end);
    hy_json_set_str(o, "format", HY_STR(HY_SNAPSHOT_FORMAT));
    hy_json_set_str(o, "hash", hy_str(at->head.hash));
    hy_json_set_str(o, "office", hy_str(office));
    hy_json_set_int(o, "seq", at->head.seq);
    hy_json_set_int(o, "v", HY_SNAPSHOT_V);
    hy_json_write(o, b);
    hy_buf_char(b, '\n');
}

static void write_document(struct hy_buf *b, const struct hy_cold *c)
{
    HY_CLEANUP(hy_json_freep) json_t *items = json_array();
    HY_CLEANUP(hy_json_freep) json_t *id = hy_json_of_str(c->id);

    for (size_t i = 0; i < c->n_items; i++)
        json_array_append_new(items, hy_json_of_str(c->items[i]));
    hy_buf_printf(b, "D\t%lld\t%u\t%d\t", (long long)c->changed, c->kind, c->open);
    hy_json_write(items, b);
    hy_buf_char(b, '\t');
    hy_json_write(id, b);
    hy_buf_char(b, '\t');
    hy_buf_str(b, c->text);
    hy_buf_char(b, '\n');
}

struct writer {
    FILE *f;
    struct hy_buf line;
    bool failed;
};

static void flush(struct writer *w)
{
    w->failed |= fwrite(w->line.p, 1, w->line.n, w->f) != w->line.n;
    hy_buf_clear(&w->line);
}

static size_t write_documents(struct writer *w, struct hy_state *s, int64_t base)
{
    size_t n = 0;

    for (size_t i = 0; i < hy_state_count(s) && !w->failed; i++) {
        struct hy_cold c;
        hy_state_get(s, i, &c);
        if (c.changed > base) {
            write_document(&w->line, &c);
            flush(w);
            n++;
        }
        free((void *)c.items);
    }
    return n;
}

static size_t write_grouping(struct writer *w, const struct hy_regroup *r, int64_t base,
                             unsigned char sum[HY_BLAKE2B])
{
    struct hy_hasher h;
    size_t n = 0;

    hy_hasher_init(&h);
    for (size_t i = 0; i < hy_regroup_count(r) && !w->failed; i++) {
        int64_t seq;
        struct hy_str text = hy_regroup_text(r, i, &seq);
        if (seq <= base)
            continue;
        hy_buf_printf(&w->line, "G\t%lld\t", (long long)seq);
        hy_buf_str(&w->line, text);
        hy_buf_char(&w->line, '\n');
        hy_hasher_add(&h, hy_buf_view(&w->line));
        flush(w);
        n++;
    }
    hy_hasher_end(&h, sum);
    return n;
}

static void write_all(struct writer *w, const char *office, const struct hy_snapshot_at *at,
                      int64_t base, struct hy_state *s, const struct hy_regroup *r)
{
    unsigned char sum[HY_BLAKE2B];
    char hex[2 * HY_BLAKE2B + 1];

    write_header(&w->line, office, at, base, s);
    flush(w);
    size_t documents = write_documents(w, s, base), events = write_grouping(w, r, base, sum);
    hy_buf_printf(&w->line, "Z\t%zu\t%zu\t%s\n", documents, events, hy_hex(sum, sizeof(sum), hex));
    flush(w);
    hy_buf_release(&w->line);
}

static int sync_directory(const char *path, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *copy = hy_xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) < 0 ? hy_fail_errno(err, "%s", path) : HY_OK;

    if (fd >= 0)
        close(fd);
    return rc;
}

int hy_snapshot_write(const char *mirror, const char *office, const struct hy_snapshot_at *at,
                      int64_t base, struct hy_state *s, const struct hy_regroup *r,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_snapshot_path(mirror, at->head.seq);
    HY_CLEANUP(hy_freep) char *beside = hy_xasprintf("%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct writer w = {.f = fd < 0 ? NULL : fdopen(fd, "w"), .line = HY_BUF_INIT(HY_BUF_UNBOUNDED)};

    if (w.f == NULL)
        return hy_fail_errno(err, "%s", beside);
    write_all(&w, office, at, base, s, r);
    bool good = !w.failed && fflush(w.f) == 0 && fsync(fd) == 0;
    good &= fclose(w.f) == 0;
    if (!good || rename(beside, path) < 0) {
        hy_fail_errno(err, "%s", beside);
        unlink(beside);
        return err->code;
    }
    return sync_directory(path, err);
}
