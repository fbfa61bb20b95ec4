/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a snapshot with those it builds on into a state.  Documents stay where they lie in the
 * mapped files until somebody asks for them. */
#include "alerts/keep/snapshot_file.h"

#include "core/hash.h"
#include "core/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK = 1 << 20,
    PLAIN_ITEMS = 16, /* of a document, read without a parser */
};

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
    if (!hy_str_is(hy_json_str(o, "format"), HY_SNAPSHOT_FORMAT) ||
        hy_json_int(o, "v", 0) != HY_SNAPSHOT_V)
        return damaged(l, "no snapshot of a format we know", err);
    if (hy_json_int(o, "seq", 0) != seq || !hy_str_is(hy_json_str(o, "office"), l->office) ||
        hy_json_str(o, "hash").n != 64 || hy_json_int(o, "base", 0) >= seq)
        return damaged(l, "a snapshot of another journal", err);
    *ret = HY_TAKE(o);
    return HY_OK;
}

/* A string as the writer of JSON puts it, without escapes: nearly every id is one. */
static bool cut_plain(struct hy_str *rest, struct hy_str *ret)
{
    const char *end = rest->n > 1 && rest->p[0] == '"' ? memchr(rest->p + 1, '"', rest->n - 1) : NULL;

    if (end == NULL)
        return false;
    *ret = hy_str_n(rest->p + 1, (size_t)(end - rest->p - 1));
    *rest = hy_str_sub(*rest, ret->n + 2, rest->n);
    return memchr(ret->p, '\\', ret->n) == NULL;
}

/* Of `["a","b"]`; a hundred thousand of them are a good part of a start.  false: let the parser look. */
static bool read_plain_list(struct hy_str text, struct hy_cold *c, struct hy_str *names, size_t room)
{
    struct hy_str rest = hy_str_sub(text, 1, text.n);

    c->n_items = 0;
    if (text.n < 2 || text.p[0] != '[')
        return false;
    while (c->n_items < room && cut_plain(&rest, &names[c->n_items])) {
        c->n_items++;
        if (rest.n == 1)
            return rest.p[0] == ']';
        if (rest.n == 0 || rest.p[0] != ',')
            return false;
        rest = hy_str_sub(rest, 1, rest.n);
    }
    return c->n_items == 0 && hy_str_eq(rest, HY_STR("]"));
}

static void take_list(const json_t *items, struct hy_cold *c, struct hy_str *names)
{
    c->n_items = json_array_size(items);
    for (size_t i = 0; i < c->n_items; i++)
        names[i] = hy_str(json_string_value(json_array_get(items, i)));
}

static int put_document(struct loader *l, struct hy_cold *c, struct hy_str id, struct hy_str items,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *parsed_items = NULL;
    HY_CLEANUP(hy_json_freep) json_t *parsed_id = NULL;
    HY_CLEANUP(hy_freep) struct hy_str *many = NULL;
    struct hy_str few[PLAIN_ITEMS], rest = id;

    c->items = few;
    if (!read_plain_list(items, c, few, HY_COUNT(few))) {
        if (hy_json_parse(items, &parsed_items, err) < 0)
            return err->code;
        many = hy_xcalloc(json_array_size(parsed_items) + 1, sizeof(*many));
        c->items = many;
        take_list(parsed_items, c, many);
    }
    if (!cut_plain(&rest, &c->id) || rest.n > 0) {
        if (hy_json_parse(id, &parsed_id, err) < 0 || !json_is_string(parsed_id))
            return HY_E_PARSE;
        c->id = hy_str_n(json_string_value(parsed_id), json_string_length(parsed_id));
    }
    hy_state_put(l->state, c);
    return HY_OK;
}

static int read_document(struct loader *l, struct hy_str line, struct hy_err *err)
{
    struct hy_str field[5] = {0};
    struct hy_cold c = {0};
    int64_t kind = -1;

    for (size_t i = 0; i < HY_COUNT(field); i++)
        hy_str_cut(&line, '\t', &field[i]);
    c.text = line;
    c.open = hy_str_is(field[2], "1");
    if (!hy_str_to_i64(field[0], &c.changed) || !hy_str_to_i64(field[1], &kind) || kind < 0 ||
        kind >= HY_DOC_COUNT || line.n == 0)
        return damaged(l, "a line D that is none", err);
    c.kind = (unsigned)kind;
    if (put_document(l, &c, field[4], field[3], err) < 0)
        return damaged(l, "a line D that is none", err);
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
    struct link v[HY_SNAPSHOT_CHAIN + 2];
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
        *k = (struct link){.path = hy_snapshot_path(mirror, seq)};
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
