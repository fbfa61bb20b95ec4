/* SPDX-License-Identifier: Apache-2.0 */
#include "core/stage.h"

#include "core/command.h"
#include "core/mem.h"
#include "core/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large enough that a system call costs nothing, small enough to stay in the second cache. */
enum { IN_BYTES = 64 * 1024, OUT_BYTES = 64 * 1024 };

/* What is done to each line: changed by `change`, or given the member `key` by `add`. */
struct work {
    hy_stage_fn change;
    hy_member_fn add;
    const char *key;
    void *user;
    struct hy_buf value;
    struct hy_arena *arena; /* of one line that is added to */
};

/* {"error":..,"id":..} in the line's place. */
static void put_failed(const struct hy_json_line *line, const struct hy_err *err,
                       struct hy_buf *out)
{
    hy_buf_char(out, '{');
    hy_json_put_key(out, "error");
    hy_json_put_str(out, hy_str(err->msg));
    hy_json_put_key(out, "id");
    hy_json_line_put(line, "id", out);
    hy_buf_char(out, '}');
}

static int change(struct hy_str text, struct work *w, struct hy_buf *out)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_json_line line = {0}, id = {0};
    int rc = hy_json_parse(text, &line.tree, &err);

    if (rc == HY_OK && !json_is_object(line.tree))
        rc = hy_fail(&err, HY_E_PARSE, "a line must be a JSON object");
    if (rc == HY_OK) {
        id.tree = json_object();
        json_object_set(id.tree, "id", json_object_get(line.tree, "id"));
        rc = w->change(line.tree, w->user, &err);
    }
    if (rc < 0)
        put_failed(&id, &err, out);
    else
        hy_json_write(line.tree, out);
    hy_json_line_release(&line);
    hy_json_line_release(&id);
    return rc;
}

static int add(struct hy_str text, struct work *w, struct hy_buf *out)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_json_line line = {0};

    hy_arena_reset(w->arena);
    hy_buf_clear(&w->value);
    int rc = hy_json_line_read(text, w->arena, &line, &err);
    if (rc == HY_OK)
        rc = w->add(&line, w->user, &w->value, &err);
    if (rc < 0)
        put_failed(&line, &err, out);
    else
        hy_json_line_write(
            &line, &(struct hy_json_member){.key = hy_str(w->key), .json = hy_buf_view(&w->value)},
            1, out);
    hy_json_line_release(&line);
    return rc;
}

static int answer(struct hy_str text, struct work *w, struct hy_buf *out)
{
    int rc = w->change ? change(text, w, out) : add(text, w, out);

    hy_buf_char(out, '\n');
    return rc;
}

struct progress {
    bool on;
    off_t size;
    size_t done, lines;
    hy_mono shown;
};

static struct progress progress_of(FILE *in)
{
    struct stat st;
    bool file = fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode);

    return (struct progress){.on = file && isatty(STDERR_FILENO), .size = file ? st.st_size : 0};
}

static void show(struct progress *p, bool last)
{
    if (!p->on)
        return;
    hy_mono now = hy_mono_now();
    if (!last && now.us - p->shown.us < 200000)
        return;
    p->shown = now;
    fprintf(stderr, "\r%zu lines, %d %%%s", p->lines,
            p->size ? (int)(p->done * 100 / (size_t)p->size) : 100, last ? "\n" : "");
}

static bool flush(struct hy_buf *out)
{
    bool ok = fwrite(out->p, 1, out->n, stdout) == out->n && fflush(stdout) == 0;

    hy_buf_clear(out);
    return ok;
}

/* A pipe is answered line by line (a caller may wait for each answer); a file in large blocks. */
static int run_lines(FILE *in, struct work *w)
{
    HY_CLEANUP(hy_freep) char *line = NULL;
    struct progress p = progress_of(in);
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t room = 0;
    ssize_t n;
    int exit_code = HY_EXIT_OK;

    while ((n = getline(&line, &room, in)) > 0) {
        struct hy_str text = hy_str_trim(hy_str_n(line, (size_t)n));
        p.done += (size_t)n;
        p.lines++;
        if (text.n && answer(text, w, &out) < 0)
            exit_code = HY_EXIT_NO;
        if (out.n && (p.size == 0 || out.n > OUT_BYTES) && !flush(&out))
            exit_code = HY_EXIT_NO;
        show(&p, false);
    }
    if (!flush(&out))
        exit_code = HY_EXIT_NO;
    show(&p, true);
    hy_buf_release(&out);
    return exit_code;
}

static FILE *open_input(const char *path)
{
    bool std = path == NULL || strcmp(path, "-") == 0;
    FILE *in = std ? stdin : fopen(path, "re");

    if (in == NULL)
        fprintf(stderr, "huiying: cannot open %s: %s\n", path, strerror(errno));
    else if (!std)
        setvbuf(in, NULL, _IOFBF, IN_BYTES);
    return in;
}

static void close_input(FILE *in)
{
    if (in != stdin)
        fclose(in);
}

static int run(const char *path, struct work *w)
{
    FILE *in = open_input(path);

    if (in == NULL)
        return HY_EXIT_NO;
    int exit_code = run_lines(in, w);
    close_input(in);
    return exit_code;
}

int hy_stage_run(const char *path, hy_stage_fn fn, void *user)
{
    return run(path, &(struct work){.change = fn, .user = user});
}

int hy_stage_add(const char *path, const char *key, hy_member_fn fn, void *user)
{
    struct work w = {.add = fn, .key = key, .user = user, .arena = hy_arena_new()};

    w.value = (struct hy_buf)HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int exit_code = run(path, &w);
    hy_buf_release(&w.value);
    hy_arena_free(w.arena);
    return exit_code;
}

static int read_line(struct hy_str text, hy_line_fn fn, void *user, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *line = NULL;

    if (hy_json_parse(text, &line, err) < 0)
        return err->code;
    if (!json_is_object(line))
        return hy_fail(err, HY_E_PARSE, "a line must be a JSON object");
    return fn(line, user, err);
}

int hy_stage_read(const char *path, const char *what, hy_line_fn fn, void *user)
{
    FILE *in = open_input(path);
    HY_CLEANUP(hy_freep) char *line = NULL;
    size_t room = 0, no = 0, done = 0;
    int exit_code = HY_EXIT_OK;
    ssize_t n;

    if (in == NULL)
        return HY_EXIT_NO;
    struct progress size = progress_of(in);
    struct hy_progress bar = hy_progress_new(what, (size_t)size.size);
    while ((n = getline(&line, &room, in)) > 0) {
        struct hy_str text = hy_str_trim(hy_str_n(line, (size_t)n));
        struct hy_err err = HY_ERR_INIT;
        no++;
        done += (size_t)n;
        if (text.n && read_line(text, fn, user, &err) < 0) {
            fprintf(stderr, "%s:%zu: %s\n", path ? path : "-", no, err.msg);
            exit_code = HY_EXIT_NO;
        }
        if (size.size)
            hy_progress_at(&bar, done);
    }
    if (size.size)
        hy_progress_end(&bar);
    close_input(in);
    return exit_code;
}
