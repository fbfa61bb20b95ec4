/* SPDX-License-Identifier: Apache-2.0 */
/* The time limits an office is bound to, as data (windows.yaml): rule packs of clocks.
 *
 *     use: [national]                 # packs in force; an office's list replaces the national one
 *     packs:
 *       - id: national
 *         version: "2026.1"
 *         name: ...
 *         legal: ...                  # the documents the pack stands on
 *         unknown_level: 1            # level assumed (provisionally) while none is known
 *         upgrade: retroactive        # or from_grading
 *         clocks:
 *           - id: H5
 *             label: 5小时内发布权威信息
 *             basis: ...              # document and clause, shown with every obligation
 *             kinds: [emergency]
 *             levels: [1, 2]          # left out: any level, none included
 *             within: 5h              # or 3wd: working days, never paused hours
 *             anchor: [occurred, first_public, detected]   # first known one starts the clock
 *             ended_by: [release, conference]
 *             repeat: true            # every end starts the next period (follow-up)
 *             steps:                  # reminders; exactly one of after, left, share, late, day
 *               - {id: left-2h, left: 2h, to: [duty, unit_lead], class: urgent}
 *               - {id: plan, after: 8h, to: [duty]}
 *               - {id: half, share: 50, to: [duty]}          # percent of the period
 *               - {id: late, late: 0m, every: 1d, to: [supervisor], class: urgent}
 *               - {id: day-before, day: -1, at: "10:00", to: [duty]}   # working days from due
 *
 * A pack of an id that is there already replaces it whole.  Limits are half-open as people read
 * them: an end at exactly `due` is in time.  A working-day clock ends at 24:00 of its last day. */
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
                 HY_MATTER_HOTLINE,
                 HY_MATTER_REPRINT, /* important information of an upper government to be reprinted
                                     */
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
                 HY_ANCHOR_RESPONDED, /* the newest recorded release: start of the follow-up clock
                                       */
                 HY_ANCHOR_COUNT
};
enum hy_act { /* response forms */
              HY_ACT_RELEASE,
              HY_ACT_CONFERENCE,
              HY_ACT_BRIEFING,
              HY_ACT_INTERVIEW,
              HY_ACT_REPLY,
              HY_ACT_PUBLICATION,
              HY_ACT_REPRINT,
              HY_ACT_REFERRAL,
              HY_ACT_COUNT
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

extern const char *const hy_matter_name[HY_MATTER_COUNT + 1]; /* NULL-terminated, as all of these */
extern const char *const hy_anchor_name[HY_ANCHOR_COUNT + 1];
extern const char *const hy_anchor_label[HY_ANCHOR_COUNT]; /* 事发, 首次公开传播, ... */
extern const char *const hy_act_name[HY_ACT_COUNT + 1];
extern const char *const hy_act_label[HY_ACT_COUNT]; /* 发布, 新闻发布会, ... */
extern const char *const hy_post_name[HY_POST_COUNT + 1];
extern const char *const hy_urgency_name[HY_URGENCY_COUNT + 1];

struct hy_within { /* a length of time: hours and days of the clock, or working days */
    bool working;
    int64_t n; /* milliseconds, or working days */
};
/* "5h", "120h", "2d", "3wd". */
bool hy_within_parse(struct hy_str s, struct hy_within *ret);

struct hy_step {
    char *id;
    enum hy_when when;
    int64_t n;        /* milliseconds, percent, or working days relative to the due day */
    int64_t minute;   /* HY_WHEN_DAY: minute of that day */
    int64_t every_ms; /* repeats after it fired until the clock ends; 0: once */
    unsigned to;      /* bit set of enum hy_post */
    enum hy_urgency urgency;
};
struct hy_window {
    char *id, *label, *basis;
    unsigned kinds;  /* bit set of enum hy_matter */
    unsigned levels; /* of emergencies: bit set 1 << level; 0: any, also unknown */
    struct hy_within within;
    enum hy_anchor anchors[HY_ANCHOR_COUNT];
    size_t n_anchors;
    unsigned ended_by; /* bit set of enum hy_act */
    bool repeat;
    struct hy_step *steps;
    size_t n_steps;
};
enum hy_upgrade { HY_UPGRADE_RETROACTIVE, HY_UPGRADE_FROM_GRADING };
struct hy_pack {
    char *id, *version, *name, *legal;
    int64_t unknown_level;
    enum hy_upgrade upgrade;
    bool in_use;
    struct hy_window *windows;
    size_t n_windows;
};
struct hy_windows;

extern const struct hy_section hy_section_windows;

struct hy_windows *hy_windows_new(void);
void hy_windows_free(struct hy_windows *w);
HY_MUST_CHECK int hy_windows_add_text(struct hy_windows *w, struct hy_str text, const char *name,
                                      struct hy_diag *d, struct hy_err *err);

size_t hy_windows_count(const struct hy_windows *w); /* packs, in file order */
const struct hy_pack *hy_windows_at(const struct hy_windows *w, size_t i);
const struct hy_pack *hy_windows_pack(const struct hy_windows *w, struct hy_str id);
const struct hy_window *hy_pack_window(const struct hy_pack *p, struct hy_str id);
