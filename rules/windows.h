/* SPDX-License-Identifier: Apache-2.0 */
/* The time limits an office is bound to, as data (windows.yaml): rule packs of clocks.
 *
 *     use: [national]                 # packs in force; an office's list replaces the national one
 *     consult: [1, 2]               # levels that are consulted about before they are assigned
 *     dispositions: [suggestion, ...] # classes of disposition the office works with (4 or 6)
 *     reminders:                      # steps that many clocks share
 *       - {id: workday, steps: [{id: due-day, day: 0, at: "10:00", to: [duty]}]}
 *     packs:
 *       - id: national
 *         version: "2026.1"
 *         name: ...
 *         legal: ...                  # the documents the pack stands on
 *         unknown_level: 1            # level assumed (provisionally) while none is known
 *         upgrade: retroactive        # or from_grading
 *         day_ends: "24:00"           # when the last day of a limit in days is over
 *         clocks:
 *           - id: H5
 *             label: 5小时内发布权威信息
 *             basis: ...              # document and clause, shown with every obligation
 *             kinds: [emergency]
 *             levels: [1, 2]          # left out: any level, none included
 *             types: [accident]       # event class or type, kind of message, ...; left out: any
 *             dispositions: [hardship]  # only of matters of these classes
 *             within: 5h              # see struct hy_within
 *             by_type: {consult: 3wd} # another limit for some types; by_level likewise
 *             anchor: [occurred, first_public, detected]   # first known one starts the clock
 *             ended_by: [release, conference]
 *             need: 2                 # so many acts end it (default 1)
 *             repeat: true            # every end starts the next period (follow-up)
 *             earlier: true           # an act before the start counts too
 *             counts: end             # a conference counts from its end (default: its start)
 *             pausable: true          # time of consultations does not count
 *             shift: false            # in calendar days or months: a last day that is off counts
 *             extend: 20wd            # may be extended by this, with an approver
 *             remind: workday         # those of `reminders`, before the clock's own
 *             steps:                  # reminders; exactly one of after, left, share, late, day
 *               - {id: left-2h, left: 2h, to: [duty, unit_lead], class: urgent}
 *               - {id: plan, after: 8h, to: [duty]}
 *               - {id: half, share: 50, to: [duty]}          # percent of the period
 *               - {id: late, late: 0m, every: 1d, to: [supervisor], class: urgent}
 *               - {id: day-before, day: -1, at: "10:00", to: [duty]}   # working days from due
 *           - id: Q                   # a duty of every quarter, half or year
 *             kinds: [periodic]
 *             period: quarter         # without within and until it is due with the period's end
 *             until: "03-31"          # or: until this date after the period's end
 *             units: [education]      # each of them owes it; left out: the office
 *
 * Several versions of one pack stand side by side: the one read last is in force for what begins
 * now, an incident goes on with the version it began with.  Limits are half-open as people read
 * them: an end at exactly `due` is in time.  A limit in days ends at 24:00 (or day_ends) of its
 * last day; one in calendar days or months whose last day is off ends on the next working day. */
#pragma once
#include "rules/names.h"

struct hy_rules;
struct hy_section;

enum hy_matter { /* what a clock can be about */
                 HY_MATTER_EMERGENCY,
                 HY_MATTER_OPINION,
                 HY_MATTER_DOCUMENT,       /* decision, policy, normative document: signed */
                 HY_MATTER_SERVICE_CHANGE, /* changed conditions of a service: approved */
                 HY_MATTER_DISCLOSURE,     /* information to be disclosed: formed */
                 HY_MATTER_FOI,            /* request for disclosure: received */
                 HY_MATTER_MESSAGE,        /* citizen's message: received */
                 HY_MATTER_HOTLINE,        /* 12345 ticket: dispatched */
                 HY_MATTER_REPRINT,  /* important information of an upper government to be reprinted
                                      */
                 HY_MATTER_PERIODIC, /* a duty of every month, quarter, half or year */
                 HY_MATTER_COUNT
};
enum hy_anchor { /* the six times of DOMAIN 2.1, then those of documents, then our own */
                 HY_ANCHOR_OCCURRED,
                 HY_ANCHOR_FIRST_PUBLIC,
                 HY_ANCHOR_DETECTED,
                 HY_ANCHOR_CONFIRMED,
                 HY_ANCHOR_GRADED,
                 HY_ANCHOR_ASSIGNED,
                 HY_ANCHOR_SIGNED,
                 HY_ANCHOR_APPROVED,
                 HY_ANCHOR_RECEIVED,
                 HY_ANCHOR_FORMED,
                 HY_ANCHOR_PUBLISHED,    /* the document itself was made public */
                 HY_ANCHOR_SUPPLEMENTED, /* a request came back complete (补正) */
                 HY_ANCHOR_ASKED,        /* a third party was asked for its opinion */
                 HY_ANCHOR_DISPATCHED,   /* a ticket was handed to its unit (派单) */
                 HY_ANCHOR_REPORTED,     /* the investigation report came in */
                 HY_ANCHOR_CLASSIFIED,   /* the disposition class was set */
                 HY_ANCHOR_SUSPECTED,    /* a clue of illegality was found */
                 HY_ANCHOR_NEW_FACT,     /* figures or facts changed after a release */
                 HY_ANCHOR_PERIOD,       /* end of the period (its start, where the duty is due with
                                            its end) */
                 HY_ANCHOR_RESPONDED, /* the newest recorded release: start of the follow-up clock
                                       */
                 HY_ANCHOR_COUNT
};
enum hy_act { /* response forms and the other deeds that end a clock */
              HY_ACT_RELEASE,
              HY_ACT_CONFERENCE,
              HY_ACT_BRIEFING,
              HY_ACT_INTERVIEW,
              HY_ACT_REPLY,
              HY_ACT_PUBLICATION,
              HY_ACT_REPRINT,
              HY_ACT_REFERRAL,
              HY_ACT_WRITTEN_CONFERENCE,
              HY_ACT_ONLINE_CONFERENCE,
              HY_ACT_INTERPRETATION,
              HY_ACT_ADOPTION,
              HY_ACT_SOLUTION,
              HY_ACT_FINDINGS,
              HY_ACT_CLARIFICATION,
              HY_ACT_UPWARD_REPORT,
              HY_ACT_BULLETIN,
              HY_ACT_SUPPLEMENT_NOTICE,
              HY_ACT_OPINION,
              HY_ACT_DONE,
              HY_ACT_COUNT
};
enum hy_disposition { /* 处置分类, DOMAIN 3.3 */
                      HY_DISPOSITION_SUGGESTION,
                      HY_DISPOSITION_HARDSHIP,
                      HY_DISPOSITION_MAJOR_ISSUE,
                      HY_DISPOSITION_UNAWARE,
                      HY_DISPOSITION_WRONG_VIEW,
                      HY_DISPOSITION_FALSE_INFO,
                      HY_DISPOSITION_COUNT
};
enum hy_post { /* who is told; duty.yaml says which person that is now */
               HY_POST_DUTY,
               HY_POST_SECOND,
               HY_POST_UNIT_LEAD,
               HY_POST_SUPERVISOR,
               HY_POST_LEADER,
               HY_POST_OPERATOR, /* who looks after the program and its sources */
               HY_POST_COUNT
};
enum hy_urgency { HY_URGENT, HY_NORMAL, HY_DIGEST, HY_URGENCY_COUNT };
enum hy_when { HY_WHEN_AFTER, HY_WHEN_LEFT, HY_WHEN_SHARE, HY_WHEN_LATE, HY_WHEN_DAY };
enum hy_period {
    HY_PERIOD_NONE,
    HY_PERIOD_MONTH,
    HY_PERIOD_QUARTER,
    HY_PERIOD_HALF,
    HY_PERIOD_YEAR
};

extern const char *const hy_matter_name[HY_MATTER_COUNT + 1]; /* NULL-terminated, as all of these */
extern const char *const hy_matter_label[HY_MATTER_COUNT];    /* 突发事件, 政务舆情, ... */
extern const char *const hy_anchor_name[HY_ANCHOR_COUNT + 1];
extern const char *const hy_anchor_label[HY_ANCHOR_COUNT]; /* 事发, 首次公开传播, ... */
extern const char *const hy_act_name[HY_ACT_COUNT + 1];
extern const char *const hy_act_label[HY_ACT_COUNT]; /* 发布, 新闻发布会, ... */
extern const char *const hy_disposition_name[HY_DISPOSITION_COUNT + 1];
extern const char *const hy_disposition_label[HY_DISPOSITION_COUNT]; /* 建设性意见 ... */
extern const char *const hy_disposition_owes[HY_DISPOSITION_COUNT];  /* 公开吸纳情况 ... */
extern const enum hy_act hy_disposition_deed[HY_DISPOSITION_COUNT];  /* what does that */
extern const char *const hy_post_name[HY_POST_COUNT + 1];
extern const char *const hy_post_label[HY_POST_COUNT]; /* 值班员 备班 ... */
extern const char *const hy_urgency_name[HY_URGENCY_COUNT + 1];
extern const char *const hy_period_name[]; /* NULL-terminated; index as enum hy_period */

enum hy_unit_of_time {
    HY_IN_HOURS,    /* n milliseconds; never pauses, never shifts: 20m 5h 2d */
    HY_IN_WORKDAYS, /* 3wd; the first day does not count */
    HY_IN_DAYS,     /* 30cd: calendar days; 0cd is the same day */
    HY_IN_MONTHS,   /* 3mo: the same day of the n-th month, or its last */
};
struct hy_within { /* a length of time */
    enum hy_unit_of_time unit;
    int64_t n;
};
/* "5h", "20m", "2d", "3wd", "30cd", "3mo". */
bool hy_within_parse(struct hy_str s, struct hy_within *ret);
void hy_within_text(struct hy_within w, char out[32]); /* the same form */

enum hy_unless { HY_UNLESS_ASSIGNED, HY_UNLESS_DRAFTED, HY_UNLESS_APPROVED, HY_UNLESS_COUNT };
extern const char *const hy_unless_name[HY_UNLESS_COUNT + 1]; /* assigned drafted approved */
struct hy_step {
    char *id;
    enum hy_when when;
    int64_t n;        /* milliseconds, percent, or working days relative to the due day */
    int64_t minute;   /* HY_WHEN_DAY: minute of that day */
    int64_t every_ms; /* repeats after it fired until the clock ends; 0: once */
    unsigned to;      /* bit set of enum hy_post */
    enum hy_urgency urgency;
    unsigned unless; /* bit set of enum hy_unless: what makes it needless */
    bool urge;       /* with its first time a line of 督办 goes on record */
};
struct hy_variant { /* another limit for one type or level */
    char *key;
    struct hy_within within;
};
struct hy_window {
    char *id, *label, *basis;
    unsigned kinds;        /* bit set of enum hy_matter */
    unsigned levels;       /* of emergencies: bit set 1 << level; 0: any, also unknown */
    unsigned dispositions; /* bit set of enum hy_disposition; 0: does not depend on it */
    struct hy_texts types; /* empty: any */
    struct hy_within within;
    struct hy_variant *by_type, *by_level; /* of by_level `key` is "1" to "4" */
    size_t n_by_type, n_by_level;
    enum hy_anchor anchors[HY_ANCHOR_COUNT];
    size_t n_anchors;
    unsigned ended_by; /* bit set of enum hy_act */
    int64_t need;      /* acts, at least 1 */
    bool repeat, earlier, counts_end, pausable, shift;
    struct hy_within extend; /* n 0: not to be extended */
    enum hy_period period;
    bool with_period;           /* due when the period ends */
    int until_month, until_day; /* 0: by `within` */
    struct hy_texts units;
    struct hy_step *steps;
    size_t n_steps;
};
enum hy_upgrade { HY_UPGRADE_RETROACTIVE, HY_UPGRADE_FROM_GRADING };
struct hy_pack {
    char *id, *version, *name, *legal;
    int64_t unknown_level;
    enum hy_upgrade upgrade;
    int64_t day_ends; /* minute of the day, 1440: midnight */
    bool in_use;      /* for what begins now */
    struct hy_window *windows;
    size_t n_windows;
};
struct hy_windows;

extern const struct hy_section hy_section_windows;

struct hy_windows *hy_windows_new(void);
void hy_windows_free(struct hy_windows *w);
HY_MUST_CHECK int hy_windows_add_text(struct hy_windows *w, struct hy_str text, const char *name,
                                      struct hy_diag *d, struct hy_err *err);

size_t hy_windows_count(const struct hy_windows *w); /* packs of every version, in file order */
const struct hy_pack *hy_windows_at(const struct hy_windows *w, size_t i);
/* The newest version of a pack, or NULL. */
const struct hy_pack *hy_windows_pack(const struct hy_windows *w, struct hy_str id);
const struct hy_pack *hy_windows_version(const struct hy_windows *w, struct hy_str id,
                                         struct hy_str version); /* NULL: gone */
const struct hy_window *hy_pack_window(const struct hy_pack *p, struct hy_str id);
/* Is a matter of this level talked over by the units before it is assigned? */
bool hy_windows_consult(const struct hy_windows *w, int level);
unsigned hy_windows_dispositions(const struct hy_windows *w); /* classes in use; bit set */
