/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the crawl role.  Private to crawl*.c.
 *
 *     crawl.c        the role: options, rules, wake-ups, life cycle
 *     crawl_crew.c   who crawls: the list that all sign
 *     crawl_site.c   which crawler takes which site
 *     crawl_host.c   hosts, and their robots.txt
 *     crawl_step.c   which request of a host next: lease, robots.txt, politeness
 *     crawl_budget.c whose visits the budget pays
 *     crawl_job.c    jobs
 *     crawl_queue.c  which page of a host next
 *     crawl_visit.c  sources: a list or feed was fetched -> new addresses, state, health
 *     crawl_read.c   ... what a list says -> jobs
 *     crawl_page.c   pages: a page was fetched -> item
 *     crawl_item.c   ... item -> its id and hash -> stored
 *     crawl_quarantine.c  pages that ended their reader: kept, told, not read again
 *     crawl_quarantine_cmd.c  huiying crawl quarantine: what is there, and letting it out
 *     crawl_extra.c  feeds and sitemaps that were found, polled beside the list
 *     crawl_extras.c ... those a source has
 *     crawl_sources_cmd.c  huiying crawl sources
 *     crawl_thread.c  the other pages of a thread
 *     crawl_recheck.c  pages the archive wants looked at again
 *     crawl_try.c    an address that a person wants to see tried
 *     crawl_lease.c  what stands in Redis of a host: lease, robots.txt, gate, log
 *     crawl_log.c    huiying crawl log HOST: the log as the site's owner may read it
 *     crawl_source.c  ... of a source: its state, and the events of its health
 *     crawl_tell.c   who hears of it: the keepers of the offices that watch the source
 *     crawl_store.c  ... of what was found: plans and items
 *     crawl_args.c   arguments of the scripts that change it
 *
 * One host is one site's scheme, name and port.  It has at most one request in flight, and only
 * while this process holds its lease.  A job is one address to fetch; it belongs to exactly one
 * host's queue, or is in flight there, or waits for Redis.
 *
 * Nothing is lost: an address found is written to the source's frontier in Redis before it is
 * queued here, and leaves it in the same script that stores its item. */
#pragma once
#include "core/beat.h"
#include "core/item.h"
#include "core/map.h"
#include "core/redis.h"
#include "core/vec.h"
#include "crawler/capture.h"
#include "crawler/health.h"
#include "crawler/fetch/http.h"
#include "crawler/sandbox/reader.h"
#include "crawler/fetch/robots.h"
#include "crawler/purse.h"
#include "crawler/rate.h"
#include "crawler/schedule.h"
#include "rules/offices.h"

#include <sys/queue.h>

enum hy_job_kind { HY_JOB_ROBOTS, HY_JOB_LIST, HY_JOB_EXTRA, HY_JOB_PAGE };

struct hy_job {
    TAILQ_ENTRY(hy_job) entry;
    enum hy_job_kind kind;
    struct hy_crawl_source *source; /* borrowed; NULL for robots.txt */
    struct hy_crawl_host *host;     /* where it is queued or in flight */
    char *url;                      /* to fetch now */
    char *first_url;                /* before redirects: the member of the frontier */
    char *state_key; /* hash in the seen set that stands for this state of the page */
    int redirects, tries;
    int back; /* lists: pages behind the first one */
    hy_wall due;
    /* what the list or feed said about it */
    char *title, *text; /* may be NULL; text only from feeds */
    hy_wall published;
    enum hy_precision precision;
    bool from_feed;
    int64_t delay_ms;            /* from publication to fetch, as far as the page says; or -1 */
    bool recheck;                /* the archive asked: is it still there, is it still the same? */
    json_t *hops;                /* redirects followed for the page being fetched; may be NULL */
    struct hy_captures captures; /* the pages read so far */
    struct hy_thread_walk *walk; /* the other pages of a thread are being fetched; or NULL */
    bool late;                   /* nobody waits for it: behind what is new on its host */
    bool bare;  /* the item is what the list says of it, for want of the page ... */
    bool waits; /* ... which is asked for again */
    int64_t read_to, read_from;  /* of a thread: no page up to here is missing; 0: no thread */
};
TAILQ_HEAD(hy_jobs, hy_job);

/* A feed or sitemap that was found, beside the list. */
struct hy_crawl_extra {
    char *url, *etag, *last_modified;
    bool sitemap;
    bool guessed;   /* nobody named it: it lay where such things usually lie */
    bool begun;     /* what stands in it was seen once: what is new from now on is news */
    hy_wall next;   /* not before */
    int64_t ttl_ms; /* its own word on how often it changes; 0: none */
    int failures;   /* in a row */
    int64_t polls, found;
};
enum { HY_CRAWL_EXTRAS = 3, HY_CRAWL_PLACES = 16 };

struct hy_crawl_source {
    const struct hy_source *rules; /* borrowed from the rules in force; NULL: gone from them */
    const struct hy_common_source *common; /* whose `as` that is */
    char *id;
    struct hy_crawl_host *host;
    bool loaded; /* its state and frontier have come from Redis */
    bool loading;
    bool joined;   /* its hours are in the common rhythm */
    bool visiting; /* its list is queued or in flight, or its result is being stored */
    hy_wall next;
    struct hy_rate rate;
    double share;
    double wish;   /* visits a day at present, if it were alone */
    struct hy_wanted wanted; /* of them, what its host has room for: its part of purse.wanted */
    enum hy_haste haste; /* of its next visit */
    struct hy_health health;
    struct hy_visit seen; /* evidence of the visit that is on its way */
    int told_gaps;        /* of health.gaps, those the keeper knows of */
    uint64_t body_hash;   /* of the list as the last visit got it; 0: none */
    double usual;         /* entries of the first page on a good visit, moving average */
    bool shrunk;          /* the list is a small part of what it was, since it was made anew */
    int64_t ttl_ms;       /* its feed says that nothing changes for so long; 0: not said */
    uint32_t skip_hours, skip_days; /* its feed says that nothing comes then (crawler/schedule.h) */
    uint64_t alike_hash;  /* content of the last article page */
    int alike;            /* article pages in a row that had it */
    char *etag, *last_modified;
    int last_status;
    hy_wall last_try;
    int64_t visits, items;
    size_t shown;      /* entries the first page of the list showed last */
    hy_wall walk_from; /* older pages are being read back to this time; 0: not */
    int walk_fresh;    /* new entries of this visit so far */
    bool moved;        /* its address is another than last time: nothing to compare with */
    char *feed_hint;   /* feed that its list names by link rel=alternate; or NULL */
    struct hy_crawl_extra *extras[HY_CRAWL_EXTRAS]; /* owned */
    size_t n_extras;
    int guesses; /* usual places of feeds and sitemaps that were tried */
    bool extra_busy;                   /* one of them is queued, in flight or being stored */
    int extra_fresh;                   /* they found, since the list's last visit */
    uint64_t places[HY_CRAWL_PLACES];  /* first folders of what the list names, as hashes */
    size_t n_places;
};

struct hy_crawl_host {
    struct hy_crawl *c;
    char *key;  /* "https://example.org:8080", also the origin for robots.txt */
    char *site; /* what is given to one crawler as a whole */
    bool ours;  /* by the crew of crew_version */
    int crew_version;
    bool held;   /* we hold the lease */
    bool asking; /* for the lease */
    hy_wall ask_again, renew;
    bool busy; /* a request is in flight */
    hy_wall started; /* it, or the last one */
    struct hy_gate gate;
    struct hy_robots *robots; /* NULL: not known */
    enum hy_robots_access access;
    bool robots_known, robots_asked;
    hy_wall robots_until; /* ask again after this */
    int robots_failures;
    HY_VEC(struct hy_crawl_source *) sources; /* that live here, by the rules in force */
    int64_t floor_ms;     /* largest gap any of them asks for; 0: none lives here */
    struct hy_jobs pages; /* by the order they were found */
    size_t n_pages, n_late; /* of them, those that are late */
    int turns;              /* of pages that are not, since the last that was */
    int lists;              /* visited since the last page */
    struct hy_map *queued;  /* canonical URL -> job: one request for two sources */
};

/* The pages of one thread that is being read (crawl_thread.c). */
struct hy_thread_walk {
    struct hy_item item;  /* what the pages so far give */
    char *first, *last;   /* addresses of the first page, as fetched, and of the last */
    int64_t n;            /* how many pages there are */
    int64_t from, to, at; /* those of the later ones that are read, and the one being fetched */
    int64_t whole;        /* all up to here were read, now or before */
    int lost;
    bool opening;  /* first time: the last page is being read, those between come afterwards */
    bool has_last; /* ... and it was there */
    /* where the next page's floors belong: behind so much of the item's text and replies */
    size_t text_at, replies_at;
};

struct hy_crawl;
struct hy_plan;
/* What comes of a job, by its kind (the table is crawl.c's): files that pass jobs on need not know
 * whose they are.  Each takes the job. */
struct hy_job_ends {
    void (*fetched)(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r);
    void (*lost)(struct hy_crawl *c, struct hy_job *j, const char *why); /* it is not to be had */
    void (*forbidden)(struct hy_crawl *c, struct hy_job *j);             /* by robots.txt */
    /* pages only */
    void (*known)(struct hy_crawl *c, struct hy_job *j);  /* another job brings the same page */
    void (*stored)(struct hy_crawl *c, struct hy_job *j); /* Redis has what it brought */
};

/* The verbs beside the role: an exit status, or a failure that is still to be told.
 * huiying crawl log HOST. */
int hy_crawl_log_(const char *redis_url, const char *host, bool json, struct hy_err *err);
/* huiying crawl quarantine [show|again|drop URL]: `args` are the words behind "quarantine". */
/* huiying crawl sources: every source, its state, when it is visited next, what was found. */
int hy_crawl_sources_(const char *redis_url, bool json, struct hy_err *err);
int hy_crawl_quarantine_(const char *redis_url, int nargs, char **args, bool json,
                         struct hy_err *err);

struct hy_crawl {
    const struct hy_job_ends *ends; /* by enum hy_job_kind */
    struct hy_loop *loop;
    struct hy_redis *redis;
    struct hy_fetcher *http;
    struct hy_reader *reader;
    struct hy_beat *told; /* what is told about us */
    struct hy_timer *wake;
    struct hy_offices *offices;
    const char *config;  /* borrowed */
    char *me;            /* name in leases and in the crew */
    HY_VEC(char *) crew; /* all crawlers that are alive; empty: not known yet */
    int crew_version;    /* 0: none known */
    struct hy_timer *beat;
    hy_wall beat_at; /* of the newest beat */
    struct hy_timer *tries; /* next look for addresses to try */
    TAILQ_HEAD(, hy_trying) tries_now;
    int trying; /* how many stand there */
    struct hy_map *sources; /* id -> struct hy_crawl_source *, owned */
    struct hy_map *hosts;   /* key -> struct hy_crawl_host *, owned */
    struct hy_budget budget;
    struct hy_purse purse; /* of what was asked by --budget */
    struct hy_rhythm rhythm; /* of all sources together */
    int64_t fetch_ms;        /* the longest a request may take */
    int64_t visits_per_hour; /* as asked; 0: by the limits of the sources */
    struct hy_map *poison;   /* SHA-256 of bytes, and addresses, that are not read */
    int64_t dropped;         /* captures that found no room since the last one that did */
    struct hy_map *watched;  /* ids of the offices of which a clock runs: their own channels come
                              * often */
    bool redis_up, stopping;
};

/* crawl_budget.c */
/* The rules or the crew changed: which sources are ours, and what of the budget is theirs. */
void hy_crawl_share_out_(struct hy_crawl *c);
void hy_crawl_count_in_(struct hy_crawl *c, struct hy_crawl_source *s); /* its rate is another */
/* When a visit of it that is due may be made. */
hy_wall hy_crawl_paid_(struct hy_crawl *c, const struct hy_crawl_source *s, hy_wall now);

/* crawl_watch.c */
void hy_crawl_watch_look_(struct hy_crawl *c); /* of which office does a clock run? */
/* Its own channel: somebody waits for what it publishes. */
bool hy_crawl_is_watched_(const struct hy_crawl *c, const struct hy_crawl_source *s);

/* crawl_crew.c */
void hy_crawl_beat_(void *crawl); /* sign the list, and again in a while */

/* crawl_site.c */
void hy_crawl_crew_forget_(struct hy_crawl *c);
char *hy_crawl_site_(struct hy_str origin);
char *hy_crawl_site_of_(const char *url); /* "" when it is no http address */
bool hy_crawl_is_ours_(struct hy_crawl_host *h);

/* crawl_host.c */
struct hy_crawl_host *hy_crawl_host_(struct hy_crawl *c, struct hy_str url); /* NULL: no http URL */
void hy_crawl_host_free_(void *host);
/* Rules as they were fetched, or from Redis instead of a request. */
void hy_crawl_take_robots_(struct hy_crawl_host *h, enum hy_robots_access access,
                           struct hy_str body, hy_wall until);
void hy_crawl_wake_(struct hy_crawl *c); /* something changed: look at all hosts in the next turn */

/* crawl_step.c */
/* Start what may start; the time of the next look, HY_WALL_NONE when only events matter. */
hy_wall hy_crawl_host_step_(struct hy_crawl_host *h, hy_wall now);

/* crawl_job.c */
struct hy_job *hy_job_new_(enum hy_job_kind kind, struct hy_crawl_source *s, struct hy_str url);
void hy_job_free_(struct hy_job *j);                 /* NULL is a no-op */
void hy_thread_walk_free_(struct hy_thread_walk *w); /* NULL is a no-op */

/* crawl_queue.c */
void hy_crawl_queue_(struct hy_crawl *c, struct hy_job *job); /* takes the job */
void hy_crawl_unqueue_(struct hy_crawl_host *h, struct hy_job *j); /* it gets its turn */
/* `due`, or the end of the source's quiet hours. */
hy_wall hy_crawl_rested_(const struct hy_crawl_source *s, hy_wall due, hy_wall now);
/* The page that is due longest, or NULL and when the next one is; late ones have a turn when nothing
 * else is due, or after a few. */
struct hy_job *hy_crawl_due_page_(struct hy_crawl_host *h, hy_wall now, hy_wall *ret_next);

/* crawl_visit.c */
void hy_crawl_visited_(struct hy_crawl *c, struct hy_job *job, const struct hy_fetch_result *r);
void hy_crawl_visit_lost_(struct hy_crawl *c, struct hy_job *job, const char *why);
void hy_crawl_visit_forbidden_(struct hy_crawl *c, struct hy_job *job);
/* The source's visit is over: learn, plan the next one, tell Redis and the log. */
void hy_crawl_visit_end_(struct hy_crawl *c, struct hy_crawl_source *s, enum hy_visit_end end,
                         const char *why, int fresh);

/* crawl_read.c: fills the plan's jobs; HY_VISIT_SAME when it could be read. */
enum hy_visit_end hy_crawl_read_(struct hy_plan *p, const struct hy_fetch_result *r,
                                 struct hy_err *err);

/* Of a feed or sitemap that was found: fills the plan's jobs. */
HY_MUST_CHECK int hy_crawl_read_extra_(struct hy_plan *p, const struct hy_fetch_result *r,
                                       struct hy_err *err);

/* crawl_extra.c.  The list was visited: is one of the others due? */
void hy_crawl_extras_due_(struct hy_crawl *c, struct hy_crawl_source *s);
void hy_crawl_extra_visited_(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r);
void hy_crawl_extra_lost_(struct hy_crawl *c, struct hy_job *j, const char *why);
void hy_crawl_extra_forbidden_(struct hy_crawl *c, struct hy_job *j);

/* crawl_extras.c */
bool hy_crawl_finds_(const struct hy_crawl_source *s); /* are others to be looked for? */
/* The one of this address, or NULL; a new one, or NULL when there are enough. */
struct hy_crawl_extra *hy_crawl_extra_at_(const struct hy_crawl_source *s, const char *url);
struct hy_crawl_extra *hy_crawl_extra_add_(struct hy_crawl_source *s, const char *url,
                                           bool sitemap);
void hy_crawl_extra_free_(struct hy_crawl_extra *e);
struct hy_crawl_extra *hy_crawl_extra_of_(const struct hy_job *j); /* NULL: gone */
char *hy_crawl_extras_text_(const struct hy_crawl_source *s); /* for Redis, and back */
void hy_crawl_extras_read_(struct hy_crawl_source *s, struct hy_str text);
bool hy_crawl_is_extra_(const struct hy_crawl_source *s, const char *url); /* and used */
void hy_crawl_extras_free_(struct hy_crawl_source *s);

/* crawl_page.c */
void hy_crawl_fetched_(struct hy_crawl *c, struct hy_job *job, const struct hy_fetch_result *r);
/* The page is not to be had: keep what the feed said, or give it up for good. */
void hy_crawl_page_lost_(struct hy_crawl *c, struct hy_job *job, const char *why);
void hy_crawl_page_forbidden_(struct hy_crawl *c, struct hy_job *job);

/* crawl_quarantine.c */
#define HY_CRAWL_QUARANTINE "hy:crawl:quarantine"
void hy_crawl_quarantine_look_(struct hy_crawl *c); /* what is there by now */
/* HY_E_DENIED: the address or the bytes are in quarantine. */
HY_MUST_CHECK int hy_crawl_may_read_(struct hy_crawl *c, const char *url, struct hy_str body,
                                     struct hy_err *err);
/* The reader failed: into quarantine, if the error says that the page is to blame.  `url`: as it
 * was found, before redirects. */
void hy_crawl_read_failed_(struct hy_crawl *c, const struct hy_crawl_source *s, const char *url,
                           const struct hy_fetch_result *r, const struct hy_err *err);

/* crawl_item.c.  Its id follows from the address. */
void hy_crawl_item_id_(struct hy_item *it, const struct hy_job *j);
/* Stores the item with the job's captures; takes the job, which goes on while it has a walk. */
void hy_crawl_store_item_(struct hy_crawl *c, struct hy_job *j, struct hy_item *it);

/* crawl_thread.c.  A thread's first page, fetched from `url`, was read: false when it has no others;
 * else takes job, item and *last, the address of its last page. */
bool hy_crawl_thread_begin_(struct hy_crawl *c, struct hy_job *j, const char *url,
                            struct hy_item *it, char **last);
void hy_crawl_thread_page_(struct hy_crawl *c, struct hy_job *j, struct hy_item *page);
void hy_crawl_thread_lost_(struct hy_crawl *c, struct hy_job *j); /* this page is not to be had */
void hy_crawl_stored_(struct hy_crawl *c, struct hy_job *j); /* of any page: it ends, or goes on */

/* crawl_recheck.c */
void hy_crawl_rechecks_(struct hy_crawl *c); /* take from the queue what is ours */

/* crawl_try.c */
void hy_crawl_tries_(void *crawl); /* look for one, and again in a while */
void hy_crawl_tries_end_(struct hy_crawl *c); /* when nothing is in flight any more */

/* crawl_source.c */
void hy_crawl_load_source_(struct hy_crawl *c, struct hy_crawl_source *s);
/* Its state was `before` the visit that is over: a change, or a new gap, is told to the keeper in
 * the same step. */
void hy_crawl_save_source_(struct hy_crawl *c, struct hy_crawl_source *s,
                           enum hy_health_state before);

/* crawl_tell.c: `event` (taken; NULL: nothing to tell) to every office that watches the source, then
 * `then` (may be NULL), told: all have it. */
void hy_crawl_tell_(struct hy_crawl *c, const struct hy_crawl_source *s, json_t *event,
                    void (*then)(void *user, bool told), void *user);

/* crawl_lease.c */
void hy_crawl_lease_(struct hy_crawl *c, struct hy_crawl_host *h);
void hy_crawl_give_back_(struct hy_crawl_host *h); /* the lease: the host is another crawler's */
/* robots.txt as fetched, for the next process that holds the host. */
void hy_crawl_save_robots_(struct hy_crawl *c, const struct hy_crawl_host *h, struct hy_str body);
/* One request is over: for the host's log, and the gate for whoever holds the host next. */
void hy_crawl_note_request_(struct hy_crawl_host *h, const struct hy_fetch_result *r);

/* crawl_store.c */
/* Of `jobs` (an array, owned by the callee) those that are new go to the frontier and their hosts.
 * `old[i]`: known from now on without being fetched.  Then the visit ends. */
struct hy_plan {
    struct hy_crawl *c;
    struct hy_crawl_source *source;
    struct hy_job **jobs;
    bool *old;
    size_t n;
    char *etag, *last_modified; /* of the list, valid once the plan is stored */
    char *next;                 /* older page of the same list, or NULL */
    int back;                   /* which page this is; 0: the first */
    hy_wall watch;              /* known ground is expected, else items since then may be missed; 0:
                                 * not */
    struct hy_crawl_extra *extra; /* it is this one's; NULL: the list's */
    /* It is stored: `fresh` entries were new, `ground`: at least one was known before. */
    void (*planned)(struct hy_plan *p, int fresh, bool ground);
    bool bump;                  /* threads: known addresses may be fetched again */
};
void hy_crawl_plan_(struct hy_plan *p); /* takes the plan */
void hy_plan_free_(struct hy_plan *p);
/* Store an item (text NULL: nothing to store) with the job's captures, and take the job's address
 * off the frontier; takes the job.  `content`: what the page says now, as a hash; HY_CONTENT_GONE:
 * the page is gone, which is recorded when it was there before.  When Redis does not answer the job
 * goes back to its queue. */
#define HY_CONTENT_GONE "gone"
void hy_crawl_store_(struct hy_crawl *c, struct hy_job *job, char *item_json, const char *content);
void hy_crawl_known_(struct hy_crawl *c, struct hy_job *job); /* its address is done with */
void hy_url_hash_(struct hy_str url, char out[33]); /* 32 hex digits */
