/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the keep role share.  One session = one term of leadership:
 *
 *     stand by  follow the journal in Redis with a state of one's own      keep_follow.c,
 *                                                                        keep_fork.c
 *     lead      lease and fencing token                                    keep_lease.c
 *     load      snapshot and mirror -> state; level mirror and Redis       keep_load.c,
 *                                                                        keep_level.c
 *     serve     timers, commands, hits -> decide                           keep.c, keep_timer.c,
 *                              keep_late.c, keep_set_back.c, keep_set_ahead.c, keep_input.c
 *     commit    what it means for Redis, in one script                     keep_meaning.c, keep_ops.c,
 *                                                                  keep_script.c, keep_commit.c
 *     between   snapshots, timers compared, memory                         keep_chores.c
 *
 * Any failure ends the session, and the next one begins from the mirror: recovering is starting.
 *
 * The order of writing is: mirror with fsync, then one Redis script with journal, incidents,
 * timers, notices, feed, replies and the removal of the inputs.  Whatever dies in between:
 * - before the fsync: the inputs are still in their streams, nothing was said to anybody;
 * - after it: the next session finds the mirror ahead of Redis by entries that continue its chain,
 *   and writes them to Redis; the inputs come again and are recognised (item id, command id);
 * - Redis lost or older: the same, with more entries;
 * - the mirror lost or older (a standby's): what is missing is appended from Redis' stream.
 * - in the middle of the script: Redis drops all of it from its append-only file;
 * - an operation of it is refused (a key of another type, a right taken away): what stands before it
 *   remains, the head does not move, and the next session takes it back (keep_half.c).
 * Nothing is acknowledged before both have it.  A refused script (another leader) takes its
 * entries back from the mirror.  What contradicts Redis in a mirror is set aside, never merged
 * (keep_fork.c). */
#pragma once
#include "alerts/decide/decide.h"
#include "alerts/decide/set_ahead.h"
#include "alerts/keep/hold.h"
#include "alerts/keep/mirror.h"
#include "alerts/decide/regroup.h"
#include "alerts/keep/snapshot.h"
#include "core/redis.h"
#include "core/role.h"

enum {
    HY_LEASE_MS = 3000,
    HY_HOT_BYTES = 24 << 20, /* of documents held parsed, as text: parsed some 260 MB */
    HY_FIRE_MAX = 512, /* timers of one transaction, which costs two syncs of the disk whatever is in it */
    HY_FIRE_MS = 40,   /* no more of them after that long, so that inputs get their turn */
};

enum hy_input { /* the streams the keeper reads */
                HY_INPUT_CMD,
                HY_INPUT_HEALTH, /* of the sources, from the crawler */
                HY_INPUT_HITS,   /* last: not read before grouping has been rebuilt */
                HY_INPUT_COUNT
};

struct hy_keep {
    const struct hy_role *role;
    struct hy_rules *rules;
    char *office;
    char *prefix;           /* of the office's keys: "hy:{O}:" */
    char token[33];         /* who we are in the lease */
    int64_t snapshot_every; /* entries */
    int alarm;              /* timerfd */
    /* of the session */
    struct hy_redis_sync *redis;
    struct hy_state *state;
    struct hy_snapshot_files *files; /* that cold documents lie in */
    struct hy_mirror *mirror;
    struct hy_hold *hold; /* beside the mirror, so that only one process writes it */
    struct hy_regroup *regroup;
    int64_t fence;
    hy_mono beat;       /* when we last told that we are alive */
    hy_mono leased;     /* when the lease was last confirmed */
    bool posted;        /* a script is on its way: nothing else may be asked of Redis */
    redisReply *timers; /* {number due, {member, score, ...} that come next}: what the newest script
                         * said, and nobody else writes timers */
    struct hy_backlog *backlog; /* being caught up with after an outage; NULL: nothing is */
    /* inputs: one blocking read on a connection of its own */
    struct hy_redis_sync *reader;
    bool reading;                  /* it is on its way */
    char read[HY_INPUT_COUNT][48]; /* newest entry read of each stream */
    /* chores */
    int64_t snapshot_seq; /* of the newest snapshot that is good; 0: none */
    int64_t writing_seq;  /* of the one being written */
    pid_t writer;         /* 0: none is */
    size_t scrubbed;      /* how far the timers have been compared */
    hy_mono scrubbed_at;
    hy_mono cold; /* as standby: since when what is there cannot be followed; 0: it can */
    bool counted; /* looked for working days that cannot be counted, since we lead */
    hy_mono clock_seen;   /* when a running clock was seen last */
    hy_mono watch_told;   /* when the crawler was told so last */
    int64_t head_day; /* on which the journal's head was published last, or tried */
    /* across sessions */
    struct hy_look look; /* at the two clocks of the machine */
    /* and who may lead when Redis lost data */
    struct hy_head known; /* the newest line we have had on disk or in the state */
    int64_t heard;        /* the most Redis ever told, also where we could not follow */
    hy_mono doubt;        /* since when Redis has been older than what we know; 0: it is not */
};

/* ---- operations of one transaction, as they go over the wire ---- */

struct hy_ops {
    struct hy_wire wire;
    size_t n;
    /* timers, each text with its NUL: members to take away; scores and members to set */
    struct hy_buf gone, due;
    struct hy_head head; /* the journal's, once all of it is done; seq 0: as before */
};
#define HY_OPS_INIT                                                                                \
    ((struct hy_ops){.wire = HY_WIRE_INIT,                                                         \
                     .gone = HY_BUF_INIT(HY_BUF_UNBOUNDED),                                        \
                     .due = HY_BUF_INIT(HY_BUF_UNBOUNDED)})
void hy_ops_release(struct hy_ops *ops);
void hy_ops_begin(struct hy_ops *ops, int argc); /* then exactly argc arguments */
void hy_ops_arg(struct hy_ops *ops, struct hy_str arg);
void hy_ops_int(struct hy_ops *ops, int64_t v);
#define HY_NO_ID ((struct hy_str){0})
void hy_ops_key(struct hy_ops *ops, const struct hy_keep *k, const char *what, struct hy_str id);
void hy_ops_move(struct hy_ops *to, struct hy_ops *from); /* append; leaves `from` empty */

/* An event of the live feed.  `to`: "" is everybody. */
void hy_ops_feed(struct hy_ops *ops, const struct hy_keep *k, const char *type, struct hy_str data,
                 struct hy_str to);
/* What entries mean for Redis: journal, items, notices, feed; then the documents and timers of the
 * incidents they touched.  Entries before `live_from` (ms) are too old for the live feed.  Redis
 * may have nothing of the documents yet (`anew`): then each is written whole, with the entry that
 * changed it last. */
void hy_ops_entries(struct hy_ops *ops, struct hy_keep *k, const json_t *entries,
                    struct hy_str lines, int64_t live_from, bool anew);
/* The document as the state has it, its place in the lists, its timers; `live`: also for the feed. */
void hy_ops_document(struct hy_ops *ops, struct hy_keep *k, struct hy_str id, bool live, bool anew);
/* Bring the timers Redis has of an incident to those it should have: by the difference to what it
 * was given last, or all of them anew (what Redis has is in doubt). */
void hy_ops_timers(struct hy_ops *ops, struct hy_keep *k, struct hy_str incident, bool anew);
void hy_ops_timer_gone(struct hy_ops *ops, struct hy_str member);
void hy_ops_timer_due(struct hy_ops *ops, const struct hy_pending *p);
void hy_ops_reply(struct hy_ops *ops, const struct hy_keep *k, const json_t *reply);

/* Send the operations in one script, guarded by lease, fence and journal head `before`; renews the
 * lease and brings k->timers up to date.  Without operations it does only that.  HY_E_DENIED: the
 * guard refused, another leader is or was there.  Anything else: unknown whether it happened. */
HY_MUST_CHECK int hy_keep_send(struct hy_keep *k, struct hy_ops *ops, const struct hy_head *before,
                               struct hy_err *err);
/* The same in three steps; from the first to the last nothing else may be asked of Redis. */
HY_MUST_CHECK int hy_keep_prepare(struct hy_keep *k, struct hy_ops *ops,
                                  const struct hy_head *before, struct hy_err *err);
HY_MUST_CHECK int hy_keep_post(struct hy_keep *k, struct hy_err *err);
HY_MUST_CHECK int hy_keep_answer(struct hy_keep *k, const struct hy_ops *ops,
                                 const struct hy_head *before, struct hy_err *err);

/* ---- one transaction ----
 *
 *     begin -> decide ... -> close -> ready -> post -> answer -> end
 *
 * The state runs ahead of what is committed from the first decision on; so whatever fails from there
 * ends the session, which throws the state away.  Between post and answer the next one may be decided
 * and closed already, on top of this one: its head is known.  It goes nowhere before the answer has
 * come, so a refusal throws it away with the state, and the mirror never holds lines of more than one
 * transaction that Redis has not accepted. */

struct hy_turn {
    struct hy_keep *k;
    struct hy_decide d;
    struct hy_head before, after; /* `after`: once it is closed */
    struct hy_ops ops;      /* beside what follows from the entries; closed: all of it */
    HY_VEC(char *) recheck; /* incidents whose timers did not fit; owned */
    HY_VEC(hy_wall) fired;  /* when the timers were due that it answers */
    hy_wall recorded;       /* when the answer had come */
};
void hy_turn_begin(struct hy_turn *t, struct hy_keep *k);
void hy_turn_end(struct hy_turn *t);
/* Nothing more is decided: what it means for Redis.  False: nothing, it has ended well. */
bool hy_turn_close(struct hy_turn *t);
/* Its lines in the mirror, on disk, and its script written. */
HY_MUST_CHECK int hy_turn_ready(struct hy_turn *t, struct hy_err *err);
HY_MUST_CHECK int hy_turn_post(struct hy_turn *t, struct hy_err *err);
/* A refusal takes the lines back. */
HY_MUST_CHECK int hy_turn_answer(struct hy_turn *t, struct hy_err *err);
void hy_turn_log(const struct hy_turn *t); /* and count, what has been committed */
HY_MUST_CHECK int hy_turn_commit(struct hy_turn *t, struct hy_err *err); /* all from closing on */
void hy_keep_count_notice(const char *state); /* for /metrics: written sent shown ... */

/* ---- parts of serving ---- */

/* When the next timer is due; HY_WALL_NONE without one. */
hy_wall hy_keep_next_timer(const struct hy_keep *k);
/* How long before that its transaction is prepared. */
int64_t hy_keep_ahead_ms(const struct hy_keep *k);
/* Fire what is due now or within that time, some transactions of it. */
HY_MUST_CHECK int hy_keep_timers(struct hy_keep *k, struct hy_err *err);
/* The wall clock's own alarm: rings at the very time, also when the clock is set or the machine has
 * slept, and at once when the clock jumps. */
void hy_keep_set_alarm(const struct hy_keep *k, hy_wall at);
void hy_keep_fire(struct hy_turn *t, struct hy_str member, hy_wall due); /* one of them */
/* Has a transaction that began at `began` room for one more, after `n`? */
bool hy_keep_has_room(hy_mono began, int n);
/* After an outage: a piece of what is late.  *ret_did: there was one (keep_late.c). */
HY_MUST_CHECK int hy_keep_catch_up(struct hy_keep *k, bool *ret_did, struct hy_err *err);
/* The clock has been set back: all that follows from it, before anything else (keep_set_back.c).
 * _newest(): what the record's newest line says, when we begin to lead. */
HY_MUST_CHECK int hy_keep_newest(struct hy_keep *k, struct hy_err *err);
HY_MUST_CHECK int hy_keep_set_back(struct hy_keep *k, struct hy_err *err);
/* It has jumped ahead: whoever leads then tells (keep_set_ahead.c). */
void hy_keep_look(struct hy_keep *k);
HY_MUST_CHECK int hy_keep_set_ahead(struct hy_keep *k, struct hy_err *err);
void hy_backlog_free(struct hy_backlog *b); /* NULL is a no-op */
/* Ask for inputs if nobody has, take what has come, commit it.  *ret_more: something was there. */
HY_MUST_CHECK int hy_keep_inputs(struct hy_keep *k, bool *ret_more, struct hy_err *err);
HY_MUST_CHECK int hy_keep_ask(struct hy_keep *k, struct hy_err *err);
/* What is done when nothing else is to do, a little at a time.  *ret_more: do not sleep long. */
HY_MUST_CHECK int hy_keep_chores(struct hy_keep *k, bool *ret_more, struct hy_err *err);
/* A document of the round: has it a running clock?  And telling the crawler of it. */
void hy_keep_watch_note(struct hy_keep *k, const json_t *doc);
HY_MUST_CHECK int hy_keep_watch(struct hy_keep *k, struct hy_err *err);
/* The journal's head into the data directory, once a day, for others to keep. */
void hy_keep_heads(struct hy_keep *k);
/* Working days that cannot be counted are a deadline nobody would see: say it in the log and on
 * every board.  What waited for a calendar that is there now begins (keep_calendar.c). */
HY_MUST_CHECK int hy_keep_calendar(struct hy_keep *k, struct hy_err *err);

/* ---- leading ---- */

const char *hy_keep_key(const struct hy_keep *k, const char *what); /* valid until the next but 3 */
/* Redis' head, and how many timers it had then (-1: it does not say). */
HY_MUST_CHECK int hy_keep_head(struct hy_keep *k, struct hy_head *ret, int64_t *ret_timers,
                               struct hy_err *err);
/* Try to become leader; *ret says whether. */
HY_MUST_CHECK int hy_keep_lead(struct hy_keep *k, bool *ret, struct hy_err *err);
/* May we try?  When Redis has lost data, all keepers say how far they know, by term and line, and
 * after twice the lease the one that knows most of those alive goes first. */
HY_MUST_CHECK int hy_keep_may_lead(struct hy_keep *k, bool *ret, struct hy_err *err);
/* What Redis lost is being written to it again: until that has ended nobody who knows less may lead,
 * whether he finds the lease free or Redis already as long as his own journal. */
HY_MUST_CHECK int hy_keep_claim_refill(struct hy_keep *k, struct hy_err *err);
HY_MUST_CHECK int hy_keep_claim_end(struct hy_keep *k, struct hy_err *err);
/* Only the lease: HY_E_DENIED when it is lost. */
HY_MUST_CHECK int hy_keep_renew(struct hy_keep *k, struct hy_err *err);
/* Called again and again by whatever takes long: as leader, renews a lease that is a third over.  Two
 * keepers that each lose it over the same work would take turns for ever. */
HY_MUST_CHECK int hy_keep_hold_on(struct hy_keep *k, struct hy_err *err);
void hy_keep_resign(struct hy_keep *k);
/* Snapshot and mirror -> state, regroup, mirror.  With Redis as witness (`redis_seq` > 0) a damaged
 * mirror is set aside and begun again. */
HY_MUST_CHECK int hy_keep_fold(struct hy_keep *k, int64_t redis_seq, struct hy_err *err);
/* Keep a mirror that cannot be followed beside the one to come, for people to look at. */
HY_MUST_CHECK int hy_keep_set_aside(const char *path, const char *why, struct hy_err *err);
/* Our mirror has lines that Redis has not, and Redis others in their place: ours go into a file of
 * their own, and state and mirror are begun again at the last common line (keep_fork.c).  HY_E_STATE:
 * Redis is only shorter. */
HY_MUST_CHECK int hy_keep_rejoin(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err);
/* Bring state, mirror and Redis to one head, as leader. */
HY_MUST_CHECK int hy_keep_load(struct hy_keep *k, struct hy_err *err);
void hy_keep_unload(struct hy_keep *k);
/* Lines of Redis' journal behind its head, left by a script that ended half way, with the notices
 * written beside them: away with them (keep_half.c).  *ret_half: what they touched, to be set right
 * by _mend() once state and Redis have one head; NULL when there is nothing. */
struct hy_half;
HY_MUST_CHECK int hy_keep_half_cut(struct hy_keep *k, const struct hy_head *redis,
                                   struct hy_half **ret_half, struct hy_err *err);
HY_MUST_CHECK int hy_keep_half_mend(struct hy_keep *k, const struct hy_half *half,
                                    struct hy_err *err);
void hy_half_free(struct hy_half *half); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_half, hy_half_free)
/* What Redis' journal has behind our head, up to `to` at most, into state and mirror. */
HY_MUST_CHECK int hy_keep_pull(struct hy_keep *k, int64_t to, struct hy_err *err);
/* Take part in what the leader does, as standby: load what is there, then the newest entries.
 * HY_E_REDIS: the connection; whatever else hinders is logged, and loading is left to the moment
 * of taking over. */
HY_MUST_CHECK int hy_keep_follow(struct hy_keep *k, struct hy_err *err);

/* ---- snapshots ---- */

/* As leader: state the digest of the state in the journal, and have a snapshot written there. */
HY_MUST_CHECK int hy_keep_snapshot(struct hy_keep *k, struct hy_err *err);
/* A line of another leader that states a digest has been folded in, and the mirror ends with it:
 * compare, and take a snapshot if it is time. */
void hy_keep_stated(struct hy_keep *k, const json_t *entry);
void hy_keep_reap(struct hy_keep *k); /* has the writing of a snapshot ended? */
