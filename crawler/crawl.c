/* SPDX-License-Identifier: Apache-2.0 */
/* The role `huiying crawl`: visits the sources of the rules politely and puts what is new into
 * hy:items.  Owns hy:crawl:*.  Judges nothing.
 *
 * Any number of crawl processes may run: they share the sites (crawl_crew.c), and each works on the
 * hosts whose lease it holds. */
#include "core/command.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/role.h"
#include "crawler/crawl.h"
#include "crawler/crawl_args.h"
#include "rules/office.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A site that dribbles holds one of MAX_ACTIVE for as long as a fetch may take (30 s). */
enum { MAX_ACTIVE = 1024, LEAST_ACTIVE = 64, OTHER_FILES = 600, LONGEST_SLEEP_MS = 60000 };

struct opts {
    struct hy_role_opts role;
    int64_t visits_per_hour;
    bool json;
};
static const struct hy_opt options[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"budget", 0, HY_OPT_NUMBER, offsetof(struct opts, visits_per_hour), "N",
     "visits of lists an hour, all sources and crawlers together (default: no bound but each "
     "source's own limits)"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL,
     "of `log`, `sources` and `quarantine`: JSON Lines"},
    {NULL},
};

static void tell_names(struct hy_crawl *c);

/* -- turns ------------------------------------------------------------------------------------- */

static void look(void *user)
{
    struct hy_crawl *c = user;
    hy_wall now = hy_loop_wall(c->loop), next = hy_wall_add_ms(now, LONGEST_SLEEP_MS);
    struct hy_str key;
    void *value;

    if (!c->redis_up)
        return; /* on_up looks again */
    for (size_t at = 0; hy_map_next(c->hosts, &at, &key, &value);) {
        hy_wall t = hy_crawl_host_step_(value, now);
        if (hy_wall_known(t) && t.ms < next.ms)
            next = t;
    }
    hy_timer_arm(c->wake, HY_MAX(next.ms - now.ms, INT64_C(1)));
}

static void on_up(void *user)
{
    struct hy_crawl *c = user;

    hy_log(HY_INFO, "redis_up");
    c->redis_up = true;
    hy_manager_ready();
    tell_names(c);
    hy_crawl_beat_(c);
    hy_crawl_tries_(c);
    hy_crawl_wake_(c);
}

static void on_down(void *user, const struct hy_err *why)
{
    struct hy_crawl *c = user;

    hy_log(HY_WARN, "redis_down", HY_KV("err", why->msg));
    c->redis_up = false; /* nothing new starts; what is in flight goes back to its queue */
}

/* -- rules ------------------------------------------------------------------------------------- */

static void source_free(void *p)
{
    struct hy_crawl_source *s = p;

    free(s->id);
    free(s->etag);
    free(s->last_modified);
    free(s->feed_hint);
    hy_crawl_extras_free_(s);
    free(s);
}

static void adopt_source(struct hy_crawl *c, const struct hy_common_source *common,
                         const struct hy_calendar *calendar)
{
    const struct hy_source *rules = &common->as;
    struct hy_crawl_source *s = hy_map_get(c->sources, hy_str(rules->id));
    struct hy_crawl_host *host = hy_crawl_host_(c, hy_str(rules->url));

    if (host == NULL)
        return;
    if (s == NULL) {
        s = hy_xcalloc(1, sizeof(*s));
        s->id = hy_xstrdup(rules->id);
        hy_map_set(c->sources, hy_str(s->id), s);
    }
    if (s->host != host)
        s->loaded = false;
    s->rules = rules;
    s->common = common;
    s->rate.calendar = calendar;
    s->host = host;
    host->floor_ms = HY_MAX(host->floor_ms, rules->gap_ms);
    hy_vec_push(&host->sources, s);
    if (host->held && !s->loaded)
        hy_crawl_load_source_(c, s);
}

/* Until the new rules say otherwise it is gone from them. */
static void forget_rules(struct hy_crawl_source *s)
{
    s->rules = NULL;
    s->common = NULL;
    s->rate.calendar = NULL;
}

static void forget_sources(struct hy_crawl_host *h)
{
    h->sources.n = 0;
    h->floor_ms = 0;
}

/* Sources that are gone stay as shells, since jobs may still point to them. */
static void adopt(struct hy_crawl *c, struct hy_offices *offices)
{
    struct hy_str key;
    void *value;

    for (size_t at = 0; hy_map_next(c->sources, &at, &key, &value);)
        forget_rules(value);
    for (size_t at = 0; hy_map_next(c->hosts, &at, &key, &value);)
        forget_sources(value);
    for (size_t i = 0; i < offices->n_sources; i++) {
        const struct hy_common_source *s = &offices->sources[i];
        adopt_source(c, s, offices->at[s->wishes[0].office]->calendar);
    }
    hy_crawl_share_out_(c);
    struct hy_offices *before = c->offices;
    c->offices = offices;
    hy_offices_free(before);
    hy_log(HY_INFO, "rules", HY_KV("version", offices->version), HY_KVN("offices", offices->n),
           HY_KVN("sources", offices->n_sources), HY_KVN("kept", offices->kept));
}

/* How each office calls what is visited under another name: whoever shows an office its sources looks
 * here.  Of one office alone the names are its own, and the table is empty. */
static struct hy_script names_script = {
    .text = "redis.call('DEL', KEYS[1]) "
            "for i = 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end "
            "return 1"};

static void tell_names(struct hy_crawl *c)
{
    const struct hy_offices *o = c->offices;
    struct hy_args a = {0};

    hy_arg_(&a, "hy:crawl:ids");
    for (size_t i = 0; o->several && i < o->n_sources; i++)
        for (size_t k = 0; k < o->sources[i].n_wishes; k++) {
            const struct hy_wish *w = &o->sources[i].wishes[k];
            hy_arg_take_(&a, hy_xasprintf("%s/%s", o->at[w->office]->office->id, w->source->id));
            hy_arg_(&a, o->sources[i].id);
        }
    hy_eval_(c->redis, &names_script, NULL, NULL, 1, &a);
}

static struct hy_beat_info beat_info(const struct hy_crawl *c)
{
    return (struct hy_beat_info){
        .role = "crawl", .office = hy_offices_only(c->offices), .rules = c->offices->version};
}

static void on_reload(void *user)
{
    struct hy_crawl *c = user;
    struct hy_err err = HY_ERR_INIT;
    struct hy_offices *fresh = NULL;

    if (hy_offices_load(c->config, c->offices, &fresh, &err) < 0) {
        hy_log(HY_ERROR, "reload_refused", HY_KV("err", err.msg));
        return;
    }
    adopt(c, fresh);
    tell_names(c);
    hy_beat_change(c->told, beat_info(c));
    hy_crawl_wake_(c);
}

/* -- life cycle -------------------------------------------------------------------------------- */

/* So that the next crawler, or we after a restart, need not wait for them to run out. */
static void give_back_leases(struct hy_crawl *c, const char *redis_url)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_redis_sync *r = NULL;
    struct hy_str key;
    void *value;

    if (hy_redis_sync_open(redis_url, &r, &err) < 0)
        return;
    for (size_t at = 0; hy_map_next(c->hosts, &at, &key, &value);) {
        struct hy_crawl_host *h = value;
        redisReply *reply = NULL;
        if (h->held && hy_redis_sync_cmd(r, &reply, &err, "DEL hy:crawl:host:%s", h->key) == HY_OK)
            freeReplyObject(reply);
    }
    redisReply *reply = NULL;
    if (hy_redis_sync_cmd(r, &reply, &err, "ZREM hy:crawl:crew %s", c->me) == HY_OK)
        freeReplyObject(reply);
    hy_redis_sync_close(r);
}

/* Requests at once: as many as there may be files, less the connections that are kept (512) and our
 * own. */
static size_t max_active(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return LEAST_ACTIVE;
    files.rlim_cur = HY_MIN(files.rlim_max, (rlim_t)(MAX_ACTIVE + OTHER_FILES));
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        getrlimit(RLIMIT_NOFILE, &files);
    int64_t room = (int64_t)files.rlim_cur - OTHER_FILES;
    return (size_t)HY_MAX(HY_MIN(room, (int64_t)MAX_ACTIVE), (int64_t)LEAST_ACTIVE);
}

/* Tests do not wait for half a minute. */
static int64_t fetch_ms(void)
{
    int64_t ms;

    return hy_str_to_i64(hy_str(getenv("HY_CRAWL_FETCH_MS")), &ms) && ms > 0 ? ms
                                                                             : HY_FETCH_TIMEOUT_MS;
}

static void setup(struct hy_crawl *c, const struct hy_role *role, struct hy_offices *offices)
{
    char agent[512], id[17];

    hy_random_hex(id, 8);
    c->me = hy_xasprintf("%d-%s", (int)getpid(), id);
    c->config = role->config;
    c->fetch_ms = fetch_ms();
    c->loop = hy_loop_new();
    c->sources = hy_map_new(source_free);
    c->hosts = hy_map_new(hy_crawl_host_free_);
    c->poison = hy_map_new(NULL);
    c->watched = hy_map_new(NULL);
    c->wake = hy_timer_new(c->loop, look, c);
    c->beat = hy_timer_new(c->loop, hy_crawl_beat_, c);
    TAILQ_INIT(&c->tries_now);
    c->tries = hy_timer_new(c->loop, hy_crawl_tries_, c);
    c->http =
        hy_fetcher_new(c->loop, hy_office_agent(hy_offices_first(offices), agent, sizeof(agent)),
                       max_active());
    c->redis =
        hy_redis_new(c->loop, role->redis,
                     (struct hy_redis_events){.on_up = on_up, .on_down = on_down, .user = c});
    adopt(c, offices);
    c->told = hy_beat_new(c->loop, c->redis, beat_info(c));
}

/* In this order: callbacks of libcurl and Redis run once more and find `stopping`. */
static void teardown(struct hy_crawl *c, const char *redis_url)
{
    c->stopping = true;
    hy_fetcher_free(c->http);
    hy_crawl_tries_end_(c);
    hy_beat_free(c->told);
    hy_redis_free(c->redis);
    give_back_leases(c, redis_url);
    hy_map_free(c->hosts);
    hy_map_free(c->sources);
    hy_map_free(c->poison);
    hy_map_free(c->watched);
    hy_timer_free(c->wake);
    hy_timer_free(c->beat);
    hy_timer_free(c->tries);
    hy_crawl_crew_forget_(c);
    hy_vec_release(&c->crew);
    hy_reader_free(c->reader);
    hy_offices_free(c->offices);
    hy_loop_free(c->loop);
    free(c->me);
}

static int run(const void *v, int nargs, char **args);
const struct hy_command hy_cmd_crawl = {
    .name = "crawl",
    .usage = "-c DIR [--redis URL] [--budget N] | log HOST [--json] |\n"
             "             sources [--json] | quarantine [show|again|drop URL] [--json]",
    .summary = "visit the sources and pass on what is new (a role of the service)",
    .details =
        "Reads sources.yaml, obeys robots.txt, one request at a time per host. Reload with "
        "SIGHUP.\n\n`log HOST` shows what was asked of a site in the last 30 days (at most the "
        "last\n"
        "2,000 requests; of more than 2,000 sites together 4,000,000), why each pause was as\n"
        "long as it was, and whether ever two requests ran at once or one came early (then it\n"
        "exits 1): for a site's owner who asks.\n\n"
        "`sources` shows every source: its state, when it is visited next, and the feeds and sitemaps\n"
        "that were found and are polled beside it (`discover: false` in sources.yaml does without).\n\n"
        "`quarantine` lists the pages that ended the process that reads pages, or are built to\n"
        "(exit 1: there are some). They are kept for 30 days and not read again. `show URL` writes\n"
        "the page as it was fetched to stdout; `again URL` has it read again; `drop URL` forgets\n"
        "it. `all` instead of URL means all.\n\n"
        "Examples: huiying crawl -c rules/sample --redis unix:///run/hy/redis.sock\n"
        "          huiying crawl log www.example.cn",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};

static int show_log(const struct opts *o, int nargs, char **args)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_err err = HY_ERR_INIT;

    if (nargs != 2)
        hy_fail(&err, HY_E_USAGE, "log takes one host, like www.example.cn");
    if (nargs != 2 || hy_role_resolve(&o->role, &role, &err) < 0 ||
        hy_redis_check_url(role.redis, &err) < 0)
        return hy_command_fail(&hy_cmd_crawl, &err);
    int rc = hy_crawl_log_(role.redis, args[1], o->json, &err);
    return err.code != HY_OK ? hy_command_fail(&hy_cmd_crawl, &err) : rc;
}

static int show_quarantine(const struct opts *o, int nargs, char **args)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_err err = HY_ERR_INIT;

    if (hy_role_resolve(&o->role, &role, &err) < 0 || hy_redis_check_url(role.redis, &err) < 0)
        return hy_command_fail(&hy_cmd_crawl, &err);
    int rc = hy_crawl_quarantine_(role.redis, nargs - 1, args + 1, o->json, &err);
    return err.code != HY_OK ? hy_command_fail(&hy_cmd_crawl, &err) : rc;
}

static int show_sources(const struct opts *o)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_err err = HY_ERR_INIT;

    if (hy_role_resolve(&o->role, &role, &err) < 0 || hy_redis_check_url(role.redis, &err) < 0)
        return hy_command_fail(&hy_cmd_crawl, &err);
    int rc = hy_crawl_sources_(role.redis, o->json, &err);
    return err.code != HY_OK ? hy_command_fail(&hy_cmd_crawl, &err) : rc;
}

/* What comes of a job, by its kind; robots.txt is the host's own. */
static const struct hy_job_ends ends[] = {
    [HY_JOB_LIST] = {.fetched = hy_crawl_visited_,
                     .lost = hy_crawl_visit_lost_,
                     .forbidden = hy_crawl_visit_forbidden_},
    [HY_JOB_EXTRA] = {.fetched = hy_crawl_extra_visited_,
                      .lost = hy_crawl_extra_lost_,
                      .forbidden = hy_crawl_extra_forbidden_},
    [HY_JOB_PAGE] = {.fetched = hy_crawl_fetched_,
                     .lost = hy_crawl_page_lost_,
                     .forbidden = hy_crawl_page_forbidden_,
                     .known = hy_crawl_known_,
                     .stored = hy_crawl_stored_},
};

static int run(const void *v, int nargs, char **args)
{
    const struct opts *o = v;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_err err = HY_ERR_INIT;
    struct hy_crawl c = {.visits_per_hour = o->visits_per_hour, .ends = ends};
    struct hy_offices *offices = NULL;

    if (nargs > 0 && strcmp(args[0], "log") == 0)
        return show_log(o, nargs, args);
    if (nargs == 1 && strcmp(args[0], "sources") == 0)
        return show_sources(o);
    if (nargs > 0 && strcmp(args[0], "quarantine") == 0)
        return show_quarantine(o, nargs, args);
    if (nargs > 0)
        hy_fail(&err, HY_E_USAGE, "\"%s\" is not expected; only `log HOST`, `sources` and `quarantine` are", args[0]);
    if (nargs > 0 || hy_role_resolve_office(&o->role, &role, &err) < 0 ||
        hy_redis_check_url(role.redis, &err) < 0)
        return hy_command_fail(&hy_cmd_crawl, &err);
    hy_log_setup("crawl", HY_INFO);
    /* before anything is read that a page should not see */
    if (hy_reader_new(&c.reader, &err) < 0 || hy_offices_load(role.config, NULL, &offices, &err) < 0) {
        hy_reader_free(c.reader);
        return hy_command_fail(&hy_cmd_crawl, &err);
    }
    setup(&c, &role, offices);
    hy_loop_run(c.loop, on_reload, &c);
    teardown(&c, role.redis);
    return HY_EXIT_OK;
}
