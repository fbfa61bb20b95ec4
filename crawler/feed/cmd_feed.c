/* SPDX-License-Identifier: Apache-2.0 */
/* huiying feed: a feed or sitemap as JSON Lines, first the feed, then its entries. */
#include "core/command.h"
#include "crawler/feed/feed.h"

struct opts {
    const char *url, *content_type;
};
static const struct hy_opt options[] = {
    {"url", 'u', HY_OPT_TEXT, offsetof(struct opts, url), "U",
     "where the bytes came from: relative links are resolved against it"},
    {"content-type", 't', HY_OPT_TEXT, offsetof(struct opts, content_type), "T",
     "the HTTP header of that name"},
    {NULL},
};

static void print_line(json_t *o)
{
    hy_json_print(o);
    json_decref(o);
}

static void set_time(json_t *o, const char *key, const struct hy_stamp *t)
{
    hy_json_set_time(o, key, t->at, t->offset_min);
}

static void print_feed(const struct hy_feed *f)
{
    json_t *head = json_object(), *line = json_object();

    hy_json_set_str(head, "format", hy_str(f->format));
    hy_json_set_str(head, "title", hy_str(f->title));
    hy_json_set_str(head, "url", hy_str(f->url));
    hy_json_set_str(head, "charset", hy_str(f->charset));
    hy_json_set_str(head, "hub", hy_str(f->hub));
    hy_json_set_str(head, "next", hy_str(f->next));
    json_object_set_new(head, "mended", json_boolean(f->mended));
    json_object_set_new(line, "feed", head);
    print_line(line);
}

static void print_entry(const struct hy_feed_entry *e)
{
    json_t *o = json_object();

    hy_json_set_str(o, "id", hy_str(e->id));
    hy_json_set_str(o, "url", hy_str(e->url));
    hy_json_set_str(o, "title", hy_str(e->title));
    hy_json_set_str(o, "summary", hy_str(e->summary));
    hy_json_set_str(o, "text", hy_str(e->text));
    set_time(o, "published", &e->published);
    hy_json_set_str(o, "published_precision", hy_str(hy_precision_name[e->published.precision]));
    set_time(o, "updated", &e->updated);
    print_line(o);
}

static int run(const void *v, int nargs, char **args);
const struct hy_command hy_cmd_feed = {
    .name = "feed",
    .usage = "[--url U] [--content-type T] FILE|-",
    .summary = "read a feed or sitemap: RSS, RDF, Atom, sitemap, news sitemap",
    .details = "Prints JSON Lines: {\"feed\":{..}}, then one line an entry; texts are plain text. "
               "Exit 1 when it\nis no feed.\n\nExample: huiying feed --url "
               "https://www.example.cn/rss.xml rss.xml",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};

static int run(const void *v, int nargs, char **args)
{
    const struct opts *o = v;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf bytes = HY_BUF_INIT(HY_FEED_MAX_BYTES);
    HY_CLEANUP(hy_feed_freep) struct hy_feed *f = NULL;

    if (nargs != 1) {
        hy_fail(&err, HY_E_USAGE, "one file is needed (- for standard input)");
        return hy_command_fail(&hy_cmd_feed, &err);
    }
    if (hy_buf_read_file(&bytes, args[0], &err) < 0 ||
        hy_feed_parse(hy_buf_view(&bytes), hy_str(o->url), hy_str(o->content_type), &f, &err) < 0) {
        hy_buf_release(&bytes);
        return hy_command_fail(&hy_cmd_feed, &err);
    }
    print_feed(f);
    for (size_t i = 0; i < f->n; i++)
        print_entry(&f->entries[i]);
    hy_buf_release(&bytes);
    return f->n || strcmp(f->format, "unknown") != 0 ? HY_EXIT_OK : HY_EXIT_NO;
}
