/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines, the JSON Lines frame, the options all roles share, and the log. */
#include "core/command.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/mem.h"
#include "core/role.h"
#include "core/stage.h"

#include <errno.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/capture.h"
#include "tests/unit/harness.h"

/* ---- options ---- */

struct opts {
    bool flag;
    const char *text;
    int64_t number;
};
static struct opts got;
static char operands[64];

static int remember(const void *options, int nargs, char **args)
{
    got = *(const struct opts *)options;
    operands[0] = '\0';
    for (int i = 0; i < nargs; i++) {
        size_t n = strlen(operands);
        snprintf(operands + n, sizeof(operands) - n, "%s|", args[i]);
    }
    return HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
    {"flag", 'f', HY_OPT_FLAG, offsetof(struct opts, flag), NULL, "a flag"},
    {"text", 't', HY_OPT_TEXT, offsetof(struct opts, text), "TEXT", "a text"},
    {"number", 0, HY_OPT_NUMBER, offsetof(struct opts, number), "N", "a number"},
    {NULL},
};
static const struct hy_command cmd = {
    .name = "try",
    .usage = "[-f] FILE",
    .summary = "a command for tests",
    .details = "Example:\n  huiying try -f x",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = remember,
};

/* Splits `line` at spaces; what was printed to `fd` goes to *ret_out. */
static int run_line(const char *line, int fd, const char **ret_out)
{
    char copy[256], *argv[16] = {0};
    struct hy_str rest, word;
    int argc = 0;

    snprintf(copy, sizeof(copy), "%s", line);
    rest = hy_str(copy);
    while (argc < 15 && hy_str_cut(&rest, ' ', &word)) {
        argv[argc++] = (char *)word.p;
        copy[word.p - copy + (ptrdiff_t)word.n] = '\0';
    }
    struct capture c = capture_start(fd);
    int rc = hy_command_main(&cmd, argc, argv);
    *ret_out = capture_end(&c);
    return rc;
}

TEST(options_fill_the_struct)
{
    static const struct {
        const char *line, *text, *operands;
        bool flag;
        int64_t number;
    } cases[] = {
        {"try", NULL, "", false, 0},
        {"try a b", NULL, "a|b|", false, 0},
        {"try -f a", NULL, "a|", true, 0},
        {"try a -f", NULL, "a|", true, 0},
        {"try --text x --number -3", "x", "", false, -3},
        {"try --text=x -t y", "y", "", false, 0},
        {"try -ft z -", "z", "-|", true, 0},
        {"try -- -f", NULL, "-f|", false, 0},
    };
    const char *out;

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        assert_int_equal(run_line(cases[i].line, STDERR_FILENO, &out), HY_EXIT_OK);
        assert_int_equal(got.flag, cases[i].flag);
        assert_int_equal(got.number, cases[i].number);
        assert_string_equal(operands, cases[i].operands);
        assert_int_equal(got.text == NULL, cases[i].text == NULL);
    }
}

TEST(wrong_usage_names_the_option_and_the_help)
{
    static const struct {
        const char *line, *names;
    } cases[] = {
        {"try --nonsense", "--nonsense"},
        {"try -x", "-x"},
        {"try --text", "--text"},
        {"try --number seven", "--number"},
    };
    const char *out;

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        assert_int_equal(run_line(cases[i].line, STDERR_FILENO, &out), HY_EXIT_USAGE);
        if (!strstr(out, cases[i].names) || !strstr(out, "huiying try --help"))
            fail_msg("%s: %s", cases[i].line, out);
    }
}

TEST(help_comes_from_the_table)
{
    static const char *const parts[] = {"huiying try [-f] FILE",
                                        "a command for tests",
                                        "-f, --flag",
                                        "--number N",
                                        "huiying try -f x",
                                        "--help"};
    const char *out;

    assert_int_equal(run_line("try --help", STDOUT_FILENO, &out), HY_EXIT_OK);
    for (size_t i = 0; i < HY_COUNT(parts); i++)
        if (!strstr(out, parts[i]))
            fail_msg("the help does not say \"%s\"", parts[i]);
}

TEST(failures_have_their_exit_codes)
{
    struct hy_err usage = {HY_E_USAGE, "no such thing"}, bad = {HY_E_PARSE, "broken"};
    struct capture c = capture_start(STDERR_FILENO);
    int rc_usage = hy_command_fail(&cmd, &usage), rc_bad = hy_command_fail(&cmd, &bad);

    assert_string_equal(capture_end(&c), "huiying try: no such thing\nhuiying try: broken\n");
    assert_int_equal(rc_usage, HY_EXIT_USAGE);
    assert_int_equal(rc_bad, HY_EXIT_NO);
}

/* ---- JSON Lines ---- */

static int twice(json_t *line, void *user, struct hy_err *err)
{
    int64_t n = hy_json_int(line, "n", -1);

    (void)user;
    if (n < 0)
        return hy_fail(err, HY_E_PARSE, "no n");
    hy_json_set_int(line, "n", n * 2);
    return HY_OK;
}

TEST(bad_lines_are_answered_in_their_place)
{
    const char *path = capture_input("{\"id\":\"a\",\"n\":1,\"other\":[null]}\n"
                                     "not json\n"
                                     "\n"
                                     "{\"id\":7}\r\n"
                                     "[1]\n"
                                     "{\"n\":4}");
    struct capture c = capture_start(STDOUT_FILENO);
    int rc = hy_stage_run(path, twice, NULL);
    const char *out = capture_end(&c);
    static const char *const want[] = {
        "{\"id\":\"a\",\"n\":2,\"other\":[null]}",
        "{\"error\":\"not valid JSON",
        "{\"error\":\"no n\",\"id\":7}",
        "{\"error\":\"a line must be a JSON object\",\"id\":null}",
        "{\"n\":8}",
    };

    assert_int_equal(rc, HY_EXIT_NO);
    size_t i = 0;
    for (struct hy_lines it = hy_lines(hy_str(out)); hy_lines_next(&it); i++)
        if (i >= HY_COUNT(want) || !hy_str_starts(it.line, hy_str(want[i])))
            fail_msg("line %zu: " HY_STR_FMT, it.no, HY_STR_ARG(it.line));
    assert_int_equal(i, HY_COUNT(want));
    unlink(path);
}

TEST(good_lines_give_exit_0_and_a_missing_file_1)
{
    const char *path = capture_input("{\"n\":1}\n{\"n\":2}\n");
    struct capture c = capture_start(STDOUT_FILENO);
    int rc = hy_stage_run(path, twice, NULL);

    assert_string_equal(capture_end(&c), "{\"n\":2}\n{\"n\":4}\n");
    assert_int_equal(rc, HY_EXIT_OK);
    unlink(path);
    c = capture_start(STDERR_FILENO);
    rc = hy_stage_run(path, twice, NULL);
    assert_non_null(strstr(capture_end(&c), path));
    assert_int_equal(rc, HY_EXIT_NO);
}

/* ---- roles ---- */

TEST(a_role_finds_its_redis)
{
    char dir[] = "/tmp/hy-role-XXXXXX", url[64];
    struct hy_role r = {0};
    struct hy_err err = HY_ERR_INIT;

    assert_non_null(mkdtemp(dir));
    struct hy_role_opts o = {.data = dir};
    assert_int_equal(hy_role_resolve(&o, &r, &err), 0);
    snprintf(url, sizeof(url), "unix://%s/redis.sock", dir);
    assert_string_equal(r.redis, url); /* the default place */
    hy_role_release(&r);

    HY_CLEANUP(hy_freep) char *file = hy_xasprintf("%s/redis.url", dir);
    FILE *f = fopen(file, "we");
    fputs("unix:///elsewhere.sock\n", f);
    fclose(f);
    assert_int_equal(hy_role_resolve(&o, &r, &err), 0);
    assert_string_equal(r.redis, "unix:///elsewhere.sock"); /* what `run` left */
    hy_role_release(&r);

    setenv("HUIYING_REDIS", "redis://h:1", 1);
    assert_int_equal(hy_role_resolve(&o, &r, &err), 0);
    assert_string_equal(r.redis, "redis://h:1");
    hy_role_release(&r);

    o.redis = "redis://h:2";
    assert_int_equal(hy_role_resolve(&o, &r, &err), 0);
    assert_string_equal(r.redis, "redis://h:2"); /* the option wins */
    hy_role_release(&r);
    unsetenv("HUIYING_REDIS");
    unlink(file);
    rmdir(dir);
}

TEST(a_role_says_what_is_missing)
{
    struct hy_role r = {0};
    struct hy_err err = HY_ERR_INIT;
    struct hy_role_opts none = {0}, no_dir = {.config = "/no/such"}, bad = {.redis = "http://x"};

    assert_int_equal(hy_role_resolve_office(&none, &r, &err), HY_E_USAGE);
    assert_int_equal(hy_role_resolve_office(&no_dir, &r, &err), HY_E_IO);
    assert_non_null(strstr(err.msg, "/no/such"));
    assert_int_equal(hy_role_resolve(&bad, &r, &err), HY_E_USAGE);
    assert_null(r.data);
}

TEST(the_supervisor_hears_of_readiness_and_life)
{
    int fds[2];
    char number[16], bytes[8];

    assert_int_equal(pipe(fds), 0);
    snprintf(number, sizeof(number), "%d", fds[1]);
    setenv("HUIYING_READY_FD", number, 1);
    hy_manager_ready();
    assert_null(getenv("HUIYING_READY_FD"));
    assert_true(fcntl(fds[1], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(hy_manager_alive_every(), HY_ALIVE_MS);
    hy_manager_alive();
    assert_int_equal(read(fds[0], bytes, sizeof(bytes)), 2);
    close(fds[0]);
}

/* ---- log ---- */

TEST(log_values_cannot_forge_a_line)
{
    static const struct {
        struct hy_str value;
        const char *shown;
    } cases[] = {
        {HY_STR("plain"), "v=plain"},
        {HY_STR("two words"), "v=\"two words\""},
        {HY_STR(""), "v=\"\""},
        {HY_STR("a=b"), "v=\"a=b\""},
        {HY_STR("say \"x\"\\"), "v=\"say \\\"x\\\"\\\\\""},
        {HY_STR("a\nlevel=error"), "v=\"a\\nlevel=error\""},
        {HY_STR("\x1b[2J"), "v=\"\\u001b[2J\""},
        {HY_STR("清溪"), "v=\"清溪\""},
        {HY_STR("a\u202eb"), "v=\"a\\u202eb\""},
        {HY_STR("a\xff"), "v=\"a\xef\xbf\xbd\""},
    };

    hy_log_setup("test", HY_INFO);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct capture c = capture_start(STDERR_FILENO);
        hy_log(HY_WARN, "happened", HY_KVS("v", cases[i].value), HY_KVN("n", -7));
        const char *out = capture_end(&c);
        if (!strstr(out, cases[i].shown) || !strstr(out, " n=-7\n") ||
            strncmp(out, "ts=20", 5) != 0 || strchr(out, '\n') != out + strlen(out) - 1)
            fail_msg("case %zu: %s", i, out);
    }
}

TEST(levels_and_errno)
{
    hy_log_setup("test", HY_WARN);
    struct capture c = capture_start(STDERR_FILENO);
    errno = ENOENT;
    hy_log(HY_INFO, "quiet");
    hy_log(HY_ERROR, "loud");
    int after = errno;
    const char *out = capture_end(&c);
    assert_int_equal(after, ENOENT);
    assert_null(strstr(out, "quiet"));
    assert_non_null(strstr(out, "level=error role=test event=loud\n"));
    setenv("HUIYING_LOG", "debug", 1);
    hy_log_setup("test", HY_WARN);
    assert_true(hy_log_enabled(HY_DEBUG));
    unsetenv("HUIYING_LOG");
}

/* Of every stream that journald has for us, and of no other, lines begin with their priority. */
TEST(journald_is_told_the_level)
{
    struct stat st;
    char named[64];

    struct capture c = capture_start(STDERR_FILENO);
    fstat(STDERR_FILENO, &st);
    for (unsigned other = 0; other < 2; other++) {
        snprintf(named, sizeof(named), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + other);
        setenv("JOURNAL_STREAM", named, 1);
        hy_log_setup("test", HY_INFO);
        hy_log(HY_ERROR, "loud");
        hy_log(HY_INFO, "quiet");
    }
    const char *out = capture_end(&c);
    unsetenv("JOURNAL_STREAM");
    hy_log_setup("test", HY_INFO);
    assert_true(strncmp(out, "<3>ts=20", 8) == 0);
    assert_non_null(strstr(out, "event=loud\n<6>ts=20"));
    assert_non_null(strstr(out, "event=quiet\nts=20"));
    assert_null(strstr(strstr(out, "event=quiet\nts=20"), "<"));
}

TEST(a_log_line_has_a_bound)
{
    char *long_text = hy_xmalloc(100001);

    memset(long_text, 'x', 100000);
    long_text[100000] = '\0';
    hy_log_setup("test", HY_INFO);
    struct capture c = capture_start(STDERR_FILENO);
    hy_log(HY_INFO, "long", HY_KV("a", long_text), HY_KV("b", "end"));
    const char *out = capture_end(&c);
    assert_true(strlen(out) < 4096);
    assert_non_null(strstr(out, " b=end\n"));
    free(long_text);
}
