/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the tree against its rules: the one direction of dependency, one file per foreign library,
 * an SPDX line in every source, block comments only, no marks of unfinished work, every command in
 * the table of main.c, and no way to the outside from pure code.
 *
 * The tables below are the rules; docs/ARCHITECTURE.md says them in words.  Run from the root
 * of the tree; prints every violation as file:line: text. */
#include "core/buf.h"
#include "core/mem.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_CAP = 16 * 1024 * 1024, SPDX_LINES = 3 };

/* Who may include whose headers.  A folder may its own and those below it; the row with the longest
 * path that a file lies under is the file's. */
#define BELOW "core", "rules", "analyzer"
static const struct direction {
    const char *folder;
    const char *may[12];
} directions[] = {
    {"core", {NULL}},
    {"rules", {"core", NULL}},
    {"analyzer", {"core", "rules", NULL}},
    {"archive", {BELOW, NULL}},
    {"crawler", {BELOW, NULL}},
    {"crawler/page", {BELOW, NULL}},
    {"crawler/feed", {BELOW, "crawler/page", NULL}},
    {"crawler/fetch", {BELOW, "crawler/page", NULL}},
    {"crawler/sandbox", {BELOW, "crawler/page", "crawler/feed", NULL}},
    {"alerts/decide", {BELOW, NULL}},
    {"alerts/keep", {BELOW, "alerts/decide", NULL}},
    {"alerts/backup", {"core", "archive", "rules", NULL}},
    {"alerts/watch", {"core", "rules", NULL}},
    {"alerts/record", {BELOW, "archive", "alerts/decide", NULL}},
    {"alerts/board",
     {BELOW, "archive", "alerts/decide", "alerts/keep", "alerts/record", "alerts/watch",
      "alerts/deliver", NULL}},
    {"alerts/deliver", {BELOW, NULL}},
    {"alerts/desktop", {"core", NULL}},
    {".", {BELOW, "archive", "crawler", "alerts", NULL}}, /* main.c, run.c, acl.c */
    {"tests", {BELOW, "archive", "crawler", "alerts", NULL}},
};

/* Folders of pure code, where nothing reads a clock, a file or a socket; `cmd_*` beside it is the
 * command that shows it.  And the headers by which one would. */
static const char *const pure[] = {"alerts/decide", "crawler/feed", "crawler/page"};
static const char *const edges[] = {
    "core/beat.h",    "core/curl.h", "core/datadir.h", "core/log.h",   "core/loop.h",
    "core/metrics.h", "core/redis*", "core/role.h",    "core/stage.h", "core/supervisor.h",
    "dirent.h",       "fcntl.h",     "poll.h",         "signal.h",     "sys/socket.h",
    "sys/stat.h",     "sys/file.h",
};

/* The files that know a foreign library; a name ending in '*' stands for all that begin so. */
static const struct foreign {
    const char *header; /* prefix of what stands between the angle brackets */
    const char *files[6];
} foreigners[] = {
    {"hiredis/", {"core/redis*", NULL}},  /* redisReply is the shape of answers */
    {"jansson.h", {"core/json.h", NULL}}, /* json_t is the shape of JSON */
    {"event2/",
     {"core/loop.c", "core/curl.c", "alerts/board/http.c", "alerts/board/http_*",
      "alerts/board/tls.c", NULL}},
    {"curl/", {"core/curl*", "alerts/desktop/net.c", NULL}},
    {"gumbo.h", {"crawler/page/page.c", NULL}},
    {"libfyaml.h", {"rules/yaml.c", NULL}},
    {"expat.h", {"crawler/feed/feed.c", NULL}},
    {"uchardet/", {"crawler/page/charset.c", NULL}},
    {"idn2.h", {"core/url*", NULL}},
    {"seccomp.h", {"crawler/sandbox/*", NULL}},
    {"zstd.h", {"core/zstd.c", NULL}},
    {"isa-l/", {"crawler/fetch/gunzip.c", "archive/warc.c", NULL}},
    {"sqlite3.h", {"archive/db*", NULL}},
    {"archive.h", {"archive/pack*", NULL}},
    {"archive_entry.h", {"archive/pack*", NULL}},
    {"xlsxwriter.h", {"alerts/record/export*", NULL}},
    {"gio/", {"alerts/desktop/*", NULL}},
    {"glib", {"alerts/desktop/*", NULL}},
    {"libnotify/", {"alerts/desktop/*", NULL}},
    {"openssl/", {"alerts/board/tls.c", NULL}},
    {"hs/", {"tests/*", NULL}},
    {"systemd/", {"core/manager.c", NULL}},
    {"cmocka.h", {"tests/*", NULL}},
};

static const char *const skipped[] = {"./build",        "./data", "./.git",
                                      "./node_modules", "./tests/bench/timers/node_modules", "./docs", "./tests/fuzz/corpus"};
static const char *const with_spdx[] = {".c",   ".h",   ".sh",    ".js",
                                        ".mjs", ".css", ".cmake", "CMakeLists.txt"};
/* Composed, so that this file does not hold the words itself. */
static const char *const unfinished[] = {"TO"
                                         "DO",
                                         "FIX"
                                         "ME",
                                         "XX"
                                         "X"};

static int violations;
static size_t checked;

#define violation(path, line, ...)                                                                 \
    do {                                                                                           \
        printf("%s:%zu: ", path, (size_t)(line));                                                  \
        printf(__VA_ARGS__);                                                                       \
        putchar('\n');                                                                             \
        violations++;                                                                              \
    } while (0)

static bool ends(const char *path, const char *suffix)
{
    return hy_str_ends(hy_str(path), hy_str(suffix));
}

static bool matches(const char *pattern, const char *path)
{
    size_t n = strlen(pattern);

    if (n && pattern[n - 1] == '*')
        return strncmp(pattern, path, n - 1) == 0;
    return strcmp(pattern, path) == 0;
}

/* ---- includes ---- */

static bool lies_under(struct hy_str path, const char *folder)
{
    size_t n = strlen(folder);

    return strcmp(folder, ".") == 0
               ? hy_str_find_char(path, '/', 0) == HY_NPOS
               : path.n > n && hy_str_starts(path, hy_str(folder)) && path.p[n] == '/';
}

static const struct direction *direction_of(struct hy_str path)
{
    const struct direction *best = NULL;

    for (size_t i = 0; i < HY_COUNT(directions); i++)
        if (lies_under(path, directions[i].folder) &&
            (best == NULL || strlen(directions[i].folder) > strlen(best->folder)))
            best = &directions[i];
    return best;
}

static struct hy_str folder_of(struct hy_str path)
{
    while (path.n > 0 && path.p[path.n - 1] != '/')
        path.n--;
    return path;
}

static void check_own(const char *path, size_t line, struct hy_str header)
{
    const struct direction *d = direction_of(hy_str(path));

    if (hy_str_ends(header, HY_STR("parts.h")) && strncmp(path, "tests/", 6) != 0 &&
        !hy_str_eq(folder_of(hy_str(path)), folder_of(header)))
        violation(path, line, "\"" HY_STR_FMT "\" is for the files beside it", HY_STR_ARG(header));

    if (d == NULL) {
        violation(path, line, "a folder that the table of directions does not know");
        return;
    }
    if (lies_under(header, d->folder) || lies_under(header, "."))
        return;
    for (const char *const *may = d->may; *may; may++)
        if (lies_under(header, *may))
            return;
    violation(path, line, "%s may not include \"" HY_STR_FMT "\"", d->folder, HY_STR_ARG(header));
}

static bool is_pure(const char *path)
{
    for (size_t i = 0; i < HY_COUNT(pure); i++)
        if (lies_under(hy_str(path), pure[i]))
            return strstr(path, "/cmd_") == NULL;
    return false;
}

static void check_edge(const char *path, size_t line, struct hy_str header)
{
    char name[256];

    snprintf(name, sizeof(name), HY_STR_FMT, HY_STR_ARG(header));
    for (size_t i = 0; i < HY_COUNT(edges); i++)
        if (matches(edges[i], name))
            violation(path, line, "pure code may not include %s", name);
}

static void check_foreign(const char *path, size_t line, struct hy_str header)
{
    for (size_t i = 0; i < HY_COUNT(foreigners); i++) {
        const struct foreign *f = &foreigners[i];
        if (!hy_str_starts(header, hy_str(f->header)))
            continue;
        for (const char *const *file = f->files; *file; file++)
            if (matches(*file, path) || strncmp(path, "tests/", 6) == 0)
                return;
        violation(path, line, "<" HY_STR_FMT "> belongs into %s alone", HY_STR_ARG(header),
                  f->files[0]);
    }
}

static void check_include(const char *path, size_t no, struct hy_str line)
{
    line = hy_str_trim(line);
    if (!hy_str_starts(line, HY_STR("#include ")) || line.n < 12)
        return;
    struct hy_str rest = hy_str_sub(line, 10, line.n);
    size_t close = hy_str_find_char(rest, line.p[9] == '<' ? '>' : '"', 0);
    if (close == HY_NPOS)
        return;
    rest = hy_str_sub(rest, 0, close);
    if (is_pure(path))
        check_edge(path, no, rest);
    if (line.p[9] == '<')
        check_foreign(path, no, rest);
    else
        check_own(path, no, rest);
}

/* ---- comments ---- */

enum where { CODE, TEXT, CHARACTER, COMMENT };

/* One step of reading C: what follows the character at *i.  Literals may hold two slashes. */
static enum where step(enum where at, struct hy_str s, size_t *i, bool *ret_line_comment)
{
    char c = s.p[*i], next = *i + 1 < s.n ? s.p[*i + 1] : '\0';

    *ret_line_comment = at == CODE && c == '/' && next == '/';
    if (at == COMMENT) {
        if (c == '*' && next == '/')
            return ++*i, CODE;
        return COMMENT;
    }
    if (at == TEXT || at == CHARACTER) {
        if (c == '\\')
            ++*i;
        else if (c == (at == TEXT ? '"' : '\''))
            return CODE;
        return at;
    }
    if (c == '/' && next == '*')
        return ++*i, COMMENT;
    return c == '"' ? TEXT : c == '\'' ? CHARACTER : CODE;
}

static void check_comments(const char *path, struct hy_str s)
{
    enum where at = CODE;
    size_t line = 1;

    for (size_t i = 0; i < s.n; i++) {
        bool line_comment;
        if (s.p[i] == '\n') {
            line++;
            at = at == COMMENT ? COMMENT : CODE; /* an apostrophe after #error ends here */
            continue;
        }
        at = step(at, s, &i, &line_comment);
        if (line_comment) {
            violation(path, line, "a line comment; ours are block comments");
            while (i + 1 < s.n && s.p[i + 1] != '\n')
                i++;
        }
    }
}

/* ---- the table of commands ---- */

static struct hy_buf main_text = {.cap = FILE_CAP};

/* A command that main.c does not list links and passes its own tests, and is not there. */
static void check_command(const char *path, size_t no, struct hy_str line)
{
    struct hy_str head = HY_STR("const struct hy_command hy_cmd_");
    size_t end = hy_str_find(line, HY_STR(" = "), 0);
    char row[80];

    if (!hy_str_starts(line, head) || end == HY_NPOS)
        return;
    struct hy_str id = hy_str_sub(line, head.n, end);
    snprintf(row, sizeof(row), "HY_CMD(" HY_STR_FMT ")", HY_STR_ARG(id));
    if (!hy_str_has(hy_buf_view(&main_text), hy_str(row)))
        violation(path, no, "%s is missing in main.c", row);
}

/* ---- one file ---- */

static bool is_word_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static void check_words(const char *path, size_t no, struct hy_str line)
{
    for (size_t w = 0; w < HY_COUNT(unfinished); w++) {
        struct hy_str word = hy_str(unfinished[w]);
        size_t at = hy_str_find(line, word, 0);
        if (at == HY_NPOS || (at && is_word_char(line.p[at - 1])) ||
            (at + word.n < line.n && is_word_char(line.p[at + word.n])))
            continue;
        violation(path, no, "a mark of unfinished work");
    }
}

static void check_text(const char *path, struct hy_str text)
{
    bool is_c = ends(path, ".c") || ends(path, ".h"), spdx = false;

    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);) {
        if (it.no <= SPDX_LINES && hy_str_has(it.line, HY_STR("SPDX-License-Identifier")))
            spdx = true;
        check_words(path, it.no, it.line);
        if (is_c) {
            check_include(path, it.no, it.line);
            check_command(path, it.no, it.line);
        }
    }
    if (!spdx)
        violation(path, 1, "no SPDX line at the top");
    if (is_c)
        check_comments(path, text);
}

static void check_file(const char *path)
{
    struct hy_buf b = HY_BUF_INIT(FILE_CAP);
    struct hy_err err = HY_ERR_INIT;

    if (hy_buf_read_file(&b, path, &err) < 0)
        violation(path, 0, "%s", err.msg);
    else
        check_text(path, hy_buf_view(&b));
    hy_buf_release(&b);
    checked++;
}

static int visit(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st, (void)ftw;
    for (size_t i = 0; i < HY_COUNT(skipped); i++)
        if (strcmp(path, skipped[i]) == 0)
            return FTW_SKIP_SUBTREE;
    for (size_t i = 0; what == FTW_F && i < HY_COUNT(with_spdx); i++) {
        if (ends(path, with_spdx[i])) {
            check_file(path + strlen("./"));
            break;
        }
    }
    return FTW_CONTINUE;
}

int main(void)
{
    struct hy_err err = HY_ERR_INIT;

    if (hy_buf_read_file(&main_text, "main.c", &err) < 0)
        return fprintf(stderr, "%s (run me in the root of the tree)\n", err.msg), 1;
    if (nftw(".", visit, 32, FTW_PHYS | FTW_ACTIONRETVAL) != 0)
        return perror("walking the tree"), 1;
    hy_buf_release(&main_text);
    printf("%zu files, %d violations\n", checked, violations);
    return violations != 0 || checked == 0;
}
