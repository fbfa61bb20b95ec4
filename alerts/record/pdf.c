/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/pdf.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 60 * 1000, ARGS_MAX = 12, WORDS_CHARS = 40 };

struct printing {
    char *dir, *page, *pdf, *log; /* owned */
    char *profile, *target, *url; /* Chromium's options */
};

/* ---- the programs ---- */

/* Chromium refuses to start as root with its sandbox; the page it gets then is only ours. */
static void chromium_args(const struct printing *p, const char **args)
{
    size_t n = 1;

    args[n++] = "--headless";
    args[n++] = "--disable-gpu";
    args[n++] = "--disable-extensions";
    args[n++] = "--no-first-run";
    args[n++] = "--no-pdf-header-footer";
    args[n++] = p->profile;
    args[n++] = p->target;
    if (geteuid() == 0)
        args[n++] = "--no-sandbox";
    args[n++] = p->url;
}

static void weasyprint_args(const struct printing *p, const char **args)
{
    args[1] = p->page;
    args[2] = p->pdf;
}

static const struct printer {
    const char *name;
    void (*args)(const struct printing *p, const char **args);
} printers[] = {
    {"chromium", chromium_args},
    {"chromium-browser", chromium_args},
    {"google-chrome", chromium_args},
    {"weasyprint", weasyprint_args},
};

/* ---- running one ---- */

/* Its exit status, or negative when it was too slow and has been ended.  It leads a process group,
 * so its own children go with it. */
static int wait_for(pid_t pid)
{
    struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    bool late = false;
    int status = 0, n;

    if (p.fd >= 0) {
        while ((n = poll(&p, 1, PATIENCE_MS)) < 0 && errno == EINTR)
            ;
        late = n == 0;
        close(p.fd);
    }
    if (late)
        kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return late ? -1 : status;
}

static pid_t start(const struct printing *p, const struct printer *with)
{
    const char *args[ARGS_MAX] = {with->name};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    extern char **environ;
    pid_t pid = -1;

    with->args(p, args);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, p->log, O_WRONLY | O_CREAT, 0600);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
    if (posix_spawnp(&pid, with->name, &files, &attr, (char *const *)(uintptr_t)args, environ) != 0)
        pid = -1;
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

/* The last line that the program said, for the message. */
static void last_words(const struct printing *p, struct hy_buf *out)
{
    struct hy_buf log = HY_BUF_INIT(1 << 20);
    struct hy_err ignored = HY_ERR_INIT;
    struct hy_str said, line;

    if (hy_buf_read_file(&log, p->log, &ignored) == HY_OK) {
        said = hy_str_trim(hy_buf_view(&log));
        line = said;
        for (size_t i = 0; i < said.n; i++)
            if (said.p[i] == '\n')
                line = (struct hy_str){said.p + i + 1, said.n - i - 1};
        hy_buf_str(out, hy_utf8_head(line, WORDS_CHARS));
    }
    hy_buf_release(&log);
}

static int run_printer(const struct printing *p, const struct printer *with, pid_t pid,
                       struct hy_buf *pdf, struct hy_err *err)
{
    struct hy_buf said = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err unread = HY_ERR_INIT;
    int status = wait_for(pid);
    size_t before = pdf->n;

    if (status < 0)
        return hy_fail(err, HY_E_STATE,
                       "%s 一分钟内没有打印完，已中止；可以不加 --pdf 先导出网页，再用浏览器打印",
                       with->name);
    if (status == 0 && hy_buf_read_file(pdf, p->pdf, &unread) == HY_OK &&
        hy_str_starts((struct hy_str){pdf->p + before, pdf->n - before}, HY_STR("%PDF-")))
        return HY_OK;
    last_words(p, &said);
    hy_fail(err, HY_E_STATE, "%s 没有打印出 PDF：%s", with->name, said.n ? said.p : "没有说明原因");
    hy_buf_release(&said);
    return err->code;
}

static int print_with_any(const struct printing *p, struct hy_buf *pdf, struct hy_err *err)
{
    for (size_t i = 0; i < HY_COUNT(printers); i++) {
        pid_t pid = start(p, &printers[i]);
        if (pid > 0)
            return run_printer(p, &printers[i], pid, pdf, err);
    }
    return hy_fail(err, HY_E_STATE,
                   "这台机器上没有能打印 PDF 的程序：请安装 chromium 或 weasyprint"
                   "（apt install chromium），或不加 --pdf 导出网页再用浏览器打印");
}

/* ---- the directory ---- */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static int save_page(const char *path, struct hy_str html, struct hy_err *err)
{
    FILE *f = fopen(path, "wex");
    bool ok = f && fwrite(html.p, 1, html.n, f) == html.n;

    if (f && fclose(f) != 0)
        ok = false;
    return ok ? HY_OK : hy_fail_errno(err, "cannot write %s", path);
}

static void name_files(struct printing *p)
{
    p->page = hy_xasprintf("%s/page.html", p->dir);
    p->pdf = hy_xasprintf("%s/page.pdf", p->dir);
    p->log = hy_xasprintf("%s/log", p->dir);
    p->profile = hy_xasprintf("--user-data-dir=%s/profile", p->dir);
    p->target = hy_xasprintf("--print-to-pdf=%s", p->pdf);
    p->url = hy_xasprintf("file://%s", p->page);
}

static void free_names(struct printing *p)
{
    char *const all[] = {p->page, p->pdf, p->log, p->profile, p->target, p->url};

    for (size_t i = 0; i < HY_COUNT(all); i++)
        free(all[i]);
}

int hy_pdf_print(struct hy_str html, struct hy_buf *pdf, struct hy_err *err)
{
    char dir[] = "/tmp/huiying-pdf-XXXXXX"; /* not TMPDIR: it becomes a part of an address */
    struct printing p = {.dir = dir};
    int rc;

    if (mkdtemp(dir) == NULL)
        return hy_fail_errno(err, "cannot make a directory in /tmp");
    name_files(&p);
    rc = save_page(p.page, html, err);
    if (rc == HY_OK)
        rc = print_with_any(&p, pdf, err);
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free_names(&p);
    return rc;
}
