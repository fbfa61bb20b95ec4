/* SPDX-License-Identifier: Apache-2.0 */
/* huiying charset: which charset a file is in and why, or the file decoded. */
#include "core/command.h"
#include "core/mem.h"
#include "core/stage.h"
#include "crawler/page/charset.h"

#include <stddef.h>

enum { MAX_FILE_BYTES = 64 * 1024 * 1024 };

struct opts {
    bool batch, decode;
    const char *as;
};

static int sniff_line(json_t *line, void *user __attribute__((unused)), struct hy_err *err)
{
    struct hy_buf bytes = HY_BUF_INIT(MAX_FILE_BYTES);
    struct hy_str file;

    if (hy_json_need_str(line, "file", &file, err) < 0)
        return err->code;
    if (hy_buf_read_file(&bytes, file.p, err) < 0) {
        hy_buf_release(&bytes);
        return err->code;
    }
    struct hy_charset c =
        hy_charset_sniff(hy_buf_view(&bytes), hy_json_str(line, "content_type"), true);
    hy_json_set_str(line, "charset", hy_str(c.name));
    hy_json_set_str(line, "from", hy_str(hy_charset_from_name[c.from]));
    hy_buf_release(&bytes);
    return HY_OK;
}

static int print_decoded(const struct hy_command *cmd, const struct opts *o, const char *path)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf bytes = HY_BUF_INIT(MAX_FILE_BYTES), text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const char *name = o->as ? hy_charset_of_label(hy_str(o->as)) : NULL;
    int rc = HY_OK;

    if (o->as && name == NULL)
        rc = hy_fail(&err, HY_E_USAGE, "no charset is called \"%s\"", o->as);
    if (rc == HY_OK)
        rc = hy_buf_read_file(&bytes, path, &err);
    if (rc == HY_OK) {
        if (name == NULL)
            name = hy_charset_sniff(hy_buf_view(&bytes), (struct hy_str){0}, true).name;
        hy_charset_decode(name, hy_buf_view(&bytes), &text);
        if (fwrite(text.p ? text.p : "", 1, text.n, stdout) != text.n || fflush(stdout) != 0)
            rc = hy_fail_errno(&err, "cannot write");
    }
    hy_buf_release(&bytes);
    hy_buf_release(&text);
    return rc < 0 ? hy_command_fail(cmd, &err) : HY_EXIT_OK;
}

extern const struct hy_command hy_cmd_charset;

static int run(const void *opts, int nargs, char **args)
{
    const struct opts *o = opts;

    if (o->decode && nargs == 1)
        return print_decoded(&hy_cmd_charset, o, args[0]);
    if (o->batch && !o->decode && nargs <= 1)
        return hy_stage_run(nargs ? args[0] : NULL, sniff_line, NULL);
    struct hy_err err = HY_ERR_INIT;
    hy_fail(&err, HY_E_USAGE, "give --batch, or --decode and one FILE (--help explains)");
    return hy_command_fail(&hy_cmd_charset, &err);
}

static const struct hy_opt options[] = {
    {"batch", 0, HY_OPT_FLAG, offsetof(struct opts, batch), NULL,
     "lines {\"id\",\"file\"} -> the same with \"charset\" and \"from\""},
    {"decode", 0, HY_OPT_FLAG, offsetof(struct opts, decode), NULL, "print FILE as UTF-8"},
    {"as", 0, HY_OPT_TEXT, offsetof(struct opts, as), "LABEL", "decode as this charset"},
    {0},
};

const struct hy_command hy_cmd_charset = {
    .name = "charset",
    .usage = "--batch [LINES] | --decode [--as LABEL] FILE|-",
    .summary = "finds out the charset of pages, or decodes one",
    .details = "\"from\" says what decided: bom, http, meta, content or fallback.\n\n"
               "  huiying charset --decode --as gbk page.html > page.utf8.html",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};
