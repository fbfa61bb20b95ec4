/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/snapshot.h"

#include "core/hash.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHAIN_MAX = 8, /* files that one snapshot may consist of */
    CHUNK = 1 << 20,
    HEADER_MAX = 4096,
};
#define FORMAT "huiying-snapshot"
#define MARK ".snap-"

static char *path_of(const char *mirror, int64_t seq)
{
    return hy_xasprintf("%s" MARK "%012lld", mirror, (long long)seq);
}

/* ---- writing ---- */

static void write_header(struct hy_buf *b, const char *office, const struct hy_snapshot_at *at,
                         int64_t base, struct hy_state *s)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    char digest[HY_DIGEST_HEX];

    json_object_set_new(o, "base", base ? json_integer(base) : json_null());
    hy_json_set_str(o, "digest", hy_str(hy_state_digest(s, digest)));
    hy_json_set_int(o, "documents", (int64_t)hy_state_count(s));
    hy_json_set_int(o, "end", at->end);
    hy_json_set_str(o, "format", HY_STR(FORMAT));
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
    HY_CLEANUP(hy_freep) char *path = path_of(mirror, at->head.seq);
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

/* ---- files ---- */

struct mapped {
    char *p;
    size_t n;
};
struct hy_snapshot_files {
    HY_VEC(struct mapped) maps;
};

void hy_snapshot_files_free(struct hy_snapshot_files *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->maps.n; i++)
        munmap(f->maps.v[i].p, f->maps.v[i].n);
    hy_vec_release(&f->maps);
    free(f);
}
HY_DEFINE_FREEP(struct hy_snapshot_files, hy_snapshot_files_free)

/* A page of a mapping that the disk cannot read kills the process; read() only fails. */
static int read_through(int fd, const char *path, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *room = hy_xmalloc(CHUNK);
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, room, CHUNK, at)) > 0)
        at += n;
    return n < 0 ? hy_fail_errno(err, "%s", path) : HY_OK;
}

static int map_file(const char *path, struct mapped *ret, struct hy_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int rc = HY_OK;

    if (fd < 0)
        return hy_fail_errno(err, "%s", path);
    if (fstat(fd, &st) < 0 || st.st_size == 0)
        rc = hy_fail(err, HY_E_PARSE, "%s is empty", path);
    else if (read_through(fd, path, err) < 0)
        rc = err->code;
    if (rc == HY_OK) {
        *ret = (struct mapped){mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0),
                               (size_t)st.st_size};
        if (ret->p == MAP_FAILED)
            rc = hy_fail_errno(err, "%s", path);
    }
    close(fd);
    return rc;
}

/* ---- reading one file ---- */

struct loader {
    const char *path, *office;
    struct hy_state *state;
    struct hy_regroup *regroup;
    struct hy_hasher grouping;
    size_t documents, events;
    bool ended;
};

static int damaged(const struct loader *l, const char *what, struct hy_err *err)
{
    return hy_fail(err, HY_E_PARSE, "%s: %s", l->path, what);
}

static int read_header(const struct loader *l, struct hy_str line, int64_t seq, json_t **ret,
                       struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;

    if (hy_json_parse(line, &o, err) < 0)
        return hy_wrap(err, "%s", l->path);
    if (!hy_str_is(hy_json_str(o, "format"), FORMAT) || hy_json_int(o, "v", 0) != HY_SNAPSHOT_V)
        return damaged(l, "no snapshot of a format we know", err);
    if (hy_json_int(o, "seq", 0) != seq || !hy_str_is(hy_json_str(o, "office"), l->office) ||
        hy_json_str(o, "hash").n != 64 || hy_json_int(o, "base", 0) >= seq)
        return damaged(l, "a snapshot of another journal", err);
    *ret = HY_TAKE(o);
    return HY_OK;
}

static int read_document(struct loader *l, struct hy_str line, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *items = NULL;
    HY_CLEANUP(hy_json_freep) json_t *id = NULL;
    HY_CLEANUP(hy_freep) struct hy_str *names = NULL;
    struct hy_str field[5] = {0};
    struct hy_cold c = {0};
    int64_t kind = -1;

    for (size_t i = 0; i < HY_COUNT(field); i++)
        hy_str_cut(&line, '\t', &field[i]);
    if (!hy_str_to_i64(field[0], &c.changed) || !hy_str_to_i64(field[1], &kind) || kind < 0 ||
        kind >= HY_DOC_COUNT || hy_json_parse(field[3], &items, err) < 0 ||
        hy_json_parse(field[4], &id, err) < 0 || !json_is_string(id) || line.n == 0)
        return damaged(l, "a line D that is none", err);
    c.id = hy_str_n(json_string_value(id), json_string_length(id));
    c.text = line;
    c.kind = (unsigned)kind;
    c.open = hy_str_is(field[2], "1");
    c.n_items = json_array_size(items);
    c.items = names = hy_xcalloc(c.n_items + 1, sizeof(*names));
    for (size_t i = 0; i < c.n_items; i++)
        names[i] = hy_str(json_string_value(json_array_get(items, i)));
    hy_state_put(l->state, &c);
    l->documents++;
    return HY_OK;
}

static int read_event(struct loader *l, struct hy_str line, struct hy_err *err)
{
    struct hy_str seq = {0};
    int64_t n;

    hy_str_cut(&line, '\t', &seq);
    if (!hy_str_to_i64(seq, &n) || line.n == 0)
        return damaged(l, "a line G that is none", err);
    hy_regroup_put(l->regroup, line, n);
    l->events++;
    return HY_OK;
}

static int read_end(struct loader *l, struct hy_str line, struct hy_err *err)
{
    unsigned char sum[HY_BLAKE2B];
    char hex[2 * HY_BLAKE2B + 1];
    struct hy_str documents = {0}, events = {0};
    int64_t d = -1, e = -1;

    hy_str_cut(&line, '\t', &documents);
    hy_str_cut(&line, '\t', &events);
    hy_hasher_end(&l->grouping, sum);
    if (!hy_str_to_i64(documents, &d) || !hy_str_to_i64(events, &e) || d != (int64_t)l->documents ||
        e != (int64_t)l->events || !hy_str_is(line, hy_hex(sum, sizeof(sum), hex)))
        return damaged(l, "its end does not fit its content", err);
    l->ended = true;
    return HY_OK;
}

static int read_line(struct loader *l, struct hy_str line, struct hy_err *err)
{
    struct hy_str rest = hy_str_sub(line, 2, line.n);

    if (l->ended || line.n < 2 || line.p[1] != '\t')
        return damaged(l, "a line nobody knows", err);
    switch (line.p[0]) {
    case 'D':
        return read_document(l, rest, err);
    case 'G':
        hy_hasher_add(&l->grouping, hy_str_n(line.p, line.n + 1)); /* with its '\n' */
        return read_event(l, rest, err);
    case 'Z':
        return read_end(l, rest, err);
    default:
        return damaged(l, "a line nobody knows", err);
    }
}

static int read_file(struct loader *l, struct mapped m, struct hy_err *err)
{
    struct hy_str text = hy_str_n(m.p, m.n), line;

    if (m.p[m.n - 1] != '\n')
        return damaged(l, "its end is missing", err);
    text.n--; /* so that every cut ends at a '\n' */
    hy_str_cut(&text, '\n', &line);
    l->documents = l->events = 0;
    l->ended = false;
    hy_hasher_init(&l->grouping);
    while (hy_str_cut(&text, '\n', &line))
        if (read_line(l, line, err) < 0)
            return err->code;
    return l->ended ? HY_OK : damaged(l, "its end is missing", err);
}

/* ---- a snapshot with what it builds on ---- */

struct link {
    char *path;
    struct mapped map;
    json_t *header;
};
struct chain {
    struct link v[CHAIN_MAX + 2];
    size_t n;
};

static void chain_release(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->v[i].path);
        json_decref(c->v[i].header);
    }
}

static int open_chain(struct loader *l, const char *mirror, int64_t seq, struct chain *c,
                      struct hy_snapshot_files *files, struct hy_err *err)
{
    for (; seq > 0; seq = hy_json_int(c->v[c->n - 1].header, "base", 0)) {
        struct link *k = &c->v[c->n];
        if (c->n == HY_COUNT(c->v))
            return damaged(l, "it builds on too many others", err);
        *k = (struct link){.path = path_of(mirror, seq)};
        c->n++;
        l->path = k->path;
        if (map_file(k->path, &k->map, err) < 0)
            return err->code;
        hy_vec_push(&files->maps, k->map);
        const char *end = memchr(k->map.p, '\n', k->map.n);
        struct hy_str head = hy_str_n(k->map.p, end ? (size_t)(end - k->map.p) : 0);
        if (read_header(l, head, seq, &k->header, err) < 0)
            return err->code;
    }
    return HY_OK;
}

int hy_snapshot_load(const char *mirror, const char *office, int64_t seq, struct hy_state *s,
                     struct hy_regroup *r, struct hy_snapshot_at *ret,
                     struct hy_snapshot_files **ret_files, struct hy_err *err)
{
    HY_CLEANUP(hy_snapshot_files_freep)
    struct hy_snapshot_files *files = hy_xcalloc(1, sizeof(*files));
    HY_CLEANUP(chain_release) struct chain c = {.n = 0};
    struct loader l = {.office = office, .state = s, .regroup = r};
    char digest[HY_DIGEST_HEX];

    if (open_chain(&l, mirror, seq, &c, files, err) < 0)
        return err->code;
    for (size_t i = c.n; i-- > 0;) {
        l.path = c.v[i].path;
        if (read_file(&l, c.v[i].map, err) < 0)
            return err->code;
    }
    const json_t *head = c.v[0].header;
    if (!hy_str_is(hy_json_str(head, "digest"), hy_state_digest(s, digest)))
        return damaged(&l, "its documents do not fit its digest", err);
    *ret = (struct hy_snapshot_at){.head = HY_HEAD_INIT, .end = hy_json_int(head, "end", 0)};
    ret->head.seq = seq;
    snprintf(ret->head.hash, sizeof(ret->head.hash), HY_STR_FMT,
             HY_STR_ARG(hy_json_str(head, "hash")));
    *ret_files = HY_TAKE(files);
    return HY_OK;
}

static const json_t *args_of(const json_t *entry)
{
    return json_object_get(json_object_get(entry, "data"), "args");
}

bool hy_snapshot_states(const json_t *entry)
{
    return hy_str_is(hy_json_str(entry, "type"), "keeper") &&
           hy_str_is(hy_json_str(args_of(entry), "event"), "state");
}

bool hy_snapshot_is_stated(const json_t *entry, const char *digest)
{
    return hy_snapshot_states(entry) && hy_str_is(hy_json_str(args_of(entry), "digest"), digest);
}

/* ---- which there are ---- */

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x < y) - (x > y);
}

void hy_snapshot_list(const char *mirror, struct hy_snapshot_list *ret)
{
    HY_CLEANUP(hy_freep) char *pattern = hy_xasprintf("%s" MARK "*", mirror);
    glob_t g = {0};
    size_t skip = strlen(mirror) + sizeof(MARK) - 1;
    int64_t seq;

    *ret = (struct hy_snapshot_list){0};
    if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            if (hy_str_to_i64(hy_str(g.gl_pathv[i] + skip), &seq) && seq > 0)
                hy_vec_push(ret, seq);
    globfree(&g);
    if (ret->n)
        qsort(ret->v, ret->n, sizeof(*ret->v), newest_first);
}

/* What the header says; 0 when there is none. */
static int64_t base_of(const char *mirror, int64_t seq, off_t *ret_size)
{
    HY_CLEANUP(hy_freep) char *path = path_of(mirror, seq);
    HY_CLEANUP(hy_json_freep) json_t *header = NULL;
    char text[HEADER_MAX];
    struct hy_err ignored = HY_ERR_INIT;
    struct stat st;
    FILE *f = fopen(path, "re");
    int64_t base = 0;

    *ret_size = 0;
    if (f == NULL)
        return 0;
    if (fstat(fileno(f), &st) == 0)
        *ret_size = st.st_size;
    if (fgets(text, sizeof(text), f) && hy_json_parse(hy_str(text), &header, &ignored) == HY_OK)
        base = hy_json_int(header, "base", 0);
    fclose(f);
    return base;
}

int64_t hy_snapshot_base(const char *mirror, int64_t newest)
{
    off_t size, changes = 0, whole = 0;
    size_t n = 0;

    for (int64_t seq = newest; seq > 0 && n < CHAIN_MAX; n++) {
        int64_t base = base_of(mirror, seq, &size);
        *(base ? &changes : &whole) += size;
        seq = base;
    }
    return n == 0 || n == CHAIN_MAX || changes > whole / 2 ? 0 : newest;
}

/* What a writer that was killed has left; there is only one at a time. */
static void remove_unfinished(const char *mirror)
{
    HY_CLEANUP(hy_freep) char *pattern = hy_xasprintf("%s" MARK "*.new", mirror);
    glob_t g = {0};

    if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            unlink(g.gl_pathv[i]);
    globfree(&g);
}

static bool consists_of(const char *mirror, int64_t seq, int64_t part)
{
    off_t ignored;

    for (int n = 0; seq > 0 && n <= CHAIN_MAX; n++) {
        if (seq == part)
            return true;
        seq = base_of(mirror, seq, &ignored);
    }
    return false;
}

void hy_snapshot_prune(const char *mirror, int64_t newest, int64_t before)
{
    struct hy_snapshot_list list;

    hy_snapshot_list(mirror, &list);
    for (size_t i = 0; i < list.n; i++) {
        HY_CLEANUP(hy_freep) char *path = path_of(mirror, list.v[i]);
        if (!consists_of(mirror, newest, list.v[i]) && !consists_of(mirror, before, list.v[i]))
            unlink(path);
    }
    hy_vec_release(&list);
    remove_unfinished(mirror);
}
