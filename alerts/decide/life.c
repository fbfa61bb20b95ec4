/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/life.h"

#include "core/mem.h"

#define IN(s) (1u << HY_STAGE_##s)
#define BY(r) (1u << HY_ROLE_##r)

#define OPEN HY_STAGES_OPEN
#define CLOSED (IN(SETTLED) | IN(EVALUATED) | IN(ARCHIVED) | IN(DISMISSED))
#define EVERY (OPEN | CLOSED | IN(MERGED))
#define ANSWERED (IN(RESPONDED) | IN(FOLLOWING))
#define EARLY (IN(COLLECTED) | IN(TRIAGED) | IN(VERIFYING))
#define TO_ASSIGN (EARLY | IN(ASSESSED) | IN(CONSULTING) | IN(RETURNED))

#define INCIDENT (1u << HY_MATTER_EMERGENCY | 1u << HY_MATTER_OPINION)
#define CASE (((1u << HY_MATTER_COUNT) - 1) & ~INCIDENT)
#define ALL (INCIDENT | CASE)
#define FOI (1u << HY_MATTER_FOI)
#define ASKED                                                                                      \
    (FOI | 1u << HY_MATTER_MESSAGE | 1u << HY_MATTER_HOTLINE) /* somebody waits for us             \
                                                               */

#define WATCH (BY(MONITOR) | BY(DUTY) | BY(ANALYST))
#define JUDGE (BY(ANALYST) | BY(SUPERVISOR))
#define UNIT (BY(EDITOR) | BY(APPROVER))
#define WORK (WATCH | UNIT | BY(SUPERVISOR)) /* all but auditor and administrator */
#define CLERK (BY(MONITOR) | BY(DUTY) | BY(EDITOR) | BY(APPROVER) | BY(SUPERVISOR))

/* Sorted by verb; within a verb the first row that fits decides. */
static const struct hy_move table[] = {
    {"accept", INCIDENT, IN(ASSIGNED), HY_STAGE_ACCEPTED, UNIT | BY(DUTY)},
    {"accept", CASE, EARLY | IN(ASSIGNED) | IN(RETURNED), HY_STAGE_ACCEPTED, CLERK},
    {"ack", ALL, OPEN, HY_STAY, BY(DUTY) | JUDGE | BY(ADMIN)},
    {"amend", CASE, OPEN, HY_STAY, CLERK},
    {"approve", ALL, OPEN, HY_STAY, BY(APPROVER) | JUDGE},
    {"archive", ALL, CLOSED & ~IN(ARCHIVED), HY_STAGE_ARCHIVED, JUDGE},
    {"assign", INCIDENT, TO_ASSIGN, HY_STAGE_ASSIGNED, JUDGE},
    {"assign", INCIDENT, OPEN & ~TO_ASSIGN, HY_STAY, JUDGE},
    {"assign", CASE, TO_ASSIGN, HY_STAGE_ASSIGNED, CLERK | BY(ANALYST)},
    {"assign", CASE, OPEN & ~TO_ASSIGN, HY_STAY, CLERK | BY(ANALYST)},
    {"call", ALL, OPEN, HY_STAY, BY(MONITOR) | BY(DUTY) | JUDGE},
    {"classify", INCIDENT, OPEN, HY_STAY, JUDGE},
    {"close", INCIDENT, OPEN, HY_STAGE_SETTLED, JUDGE},
    {"close", CASE, OPEN, HY_STAGE_SETTLED, CLERK},
    {"confirm", INCIDENT, IN(COLLECTED), HY_STAGE_TRIAGED, WATCH},
    {"confirm", INCIDENT, OPEN & ~IN(COLLECTED), HY_STAY, WATCH},
    {"consult", INCIDENT, IN(ASSESSED) | IN(ASSIGNED) | IN(ACCEPTED) | IN(RETURNED),
     HY_STAGE_CONSULTING, JUDGE},
    {"consult", INCIDENT, OPEN, HY_STAY, JUDGE},
    {"correct", ALL, EVERY & ~IN(MERGED), HY_STAY, UNIT | BY(DUTY)},
    {"dismiss", INCIDENT, EARLY, HY_STAGE_DISMISSED, WATCH},
    {"dismiss", CASE, OPEN & ~ANSWERED, HY_STAGE_DISMISSED, CLERK},
    {"draft", ALL, IN(ASSIGNED) | IN(ACCEPTED) | IN(REVIEWING), HY_STAGE_DRAFTING, UNIT},
    {"draft", ALL, OPEN, HY_STAY, UNIT},
    {"evaluate", INCIDENT, IN(SETTLED), HY_STAGE_EVALUATED, JUDGE},
    {"evaluate", INCIDENT, ANSWERED | CLOSED, HY_STAY, JUDGE},
    {"extend", ALL, OPEN, HY_STAY, CLERK | BY(ANALYST)},
    {"level", INCIDENT, EARLY, HY_STAGE_ASSESSED, BY(MONITOR) | JUDGE},
    {"level", INCIDENT, OPEN, HY_STAY, BY(MONITOR) | JUDGE},
    {"line", INCIDENT, OPEN, HY_STAY, UNIT | BY(ANALYST)},
    {"link", CASE, EVERY, HY_STAY, CLERK | BY(ANALYST)},
    {"merge", INCIDENT, OPEN, HY_STAGE_MERGED, BY(ANALYST)},
    {"note", ALL, EVERY, HY_STAY, WORK | BY(ADMIN)},
    {"opinion_level", INCIDENT, OPEN, HY_STAY, JUDGE},
    {"parties", ALL, OPEN, HY_STAY, JUDGE},
    {"rate", ASKED, EVERY, HY_STAY, CLERK},
    {"receipt", ALL, EVERY, HY_STAY, WORK | BY(AUDITOR) | BY(ADMIN)},
    {"refer", INCIDENT, EVERY & ~IN(MERGED), HY_STAY, UNIT | BY(DUTY) | JUDGE},
    {"register", CASE, 0, HY_STAGE_COLLECTED, CLERK | BY(ANALYST)}, /* makes the document */
    {"reject", ALL, OPEN, HY_STAY, BY(APPROVER) | JUDGE},
    {"reject_found", ALL, OPEN, HY_STAY, BY(DUTY) | BY(ANALYST) | UNIT},
    {"reopen", ALL, CLOSED, HY_STAGE_ASSESSED, JUDGE},
    {"respond", INCIDENT, OPEN & ~ANSWERED, HY_STAGE_RESPONDED, UNIT | BY(DUTY)},
    {"respond", INCIDENT, ANSWERED, HY_STAGE_FOLLOWING, UNIT | BY(DUTY)},
    {"respond", CASE, OPEN & ~ANSWERED, HY_STAGE_RESPONDED, CLERK},
    {"respond", CASE, ANSWERED | CLOSED, HY_STAY, CLERK},
    {"resume", CASE, OPEN, HY_STAY, CLERK},
    {"return", ALL, IN(ASSIGNED) | IN(ACCEPTED), HY_STAGE_RETURNED, UNIT},
    {"snooze", ALL, OPEN, HY_STAY, WATCH | BY(SUPERVISOR)},
    {"split", INCIDENT, OPEN, HY_STAY, BY(ANALYST)},
    {"spokesperson", INCIDENT, OPEN, HY_STAY, JUDGE | BY(DUTY)},
    /* moves between the working stages that no other verb makes */
    {"state", INCIDENT, IN(COLLECTED) | IN(TRIAGED) | IN(ASSESSED), HY_STAGE_VERIFYING, WATCH},
    {"state", INCIDENT, IN(ASSESSED) | IN(ASSIGNED) | IN(ACCEPTED) | IN(RETURNED),
     HY_STAGE_CONSULTING, JUDGE},
    {"state", INCIDENT, IN(CONSULTING) | IN(VERIFYING) | IN(TRIAGED), HY_STAGE_ASSESSED, JUDGE},
    {"state", INCIDENT, IN(ASSIGNED) | IN(ACCEPTED), HY_STAGE_RETURNED, UNIT},
    {"state", INCIDENT, IN(ASSIGNED), HY_STAGE_ACCEPTED, UNIT | BY(DUTY)},
    {"state", ALL, IN(ACCEPTED) | IN(ASSIGNED) | IN(REVIEWING), HY_STAGE_DRAFTING, UNIT},
    {"state", ALL, IN(DRAFTING), HY_STAGE_REVIEWING, BY(EDITOR)},
    {"state", INCIDENT, IN(RESPONDED), HY_STAGE_FOLLOWING, UNIT | BY(DUTY) | BY(ANALYST)},
    {"state", ALL, IN(SETTLED), HY_STAGE_EVALUATED, JUDGE},
    {"state", ALL, IN(SETTLED) | IN(EVALUATED) | IN(DISMISSED), HY_STAGE_ARCHIVED, JUDGE},
    {"submit", ALL, IN(DRAFTING), HY_STAGE_REVIEWING, UNIT},
    {"submit", ALL, OPEN, HY_STAY, UNIT},
    {"supplement", FOI, OPEN, HY_STAY, CLERK},
    {"suspend", CASE, OPEN, HY_STAY, CLERK},
    {"tag", ALL, EVERY, HY_STAY, WORK},
    {"times", INCIDENT, OPEN, HY_STAY, BY(MONITOR) | BY(ANALYST)},
    {"urge", ALL, OPEN, HY_STAY, BY(SUPERVISOR)},
    {"verify", INCIDENT, IN(COLLECTED) | IN(TRIAGED), HY_STAGE_VERIFYING, WATCH},
    {"verify", ALL, OPEN, HY_STAY, WATCH | UNIT},
    {"waive", ALL, OPEN, HY_STAY, BY(SUPERVISOR)},
    {"withdraw", ALL, EVERY & ~IN(MERGED), HY_STAY, BY(APPROVER)},
};

#define ANYBODY (WORK | BY(AUDITOR) | BY(ADMIN))
#define ROSTER (BY(SUPERVISOR) | BY(ADMIN))

#define DRAFTS (UNIT | JUDGE | BY(DUTY)) /* who may write a risk assessment */

/* About the duty list and about risk assessments.  What somebody may only do about himself, or not
 * about his own, is judged by the verb. */
static const struct {
    const char *verb;
    unsigned roles;
} office[] = {
    {"alarm_test", ANYBODY}, {"drill", ROSTER | BY(DUTY)}, {"silence", ROSTER}, {"silence_end", ROSTER},
    {"away", ANYBODY}, {"duty_cancel", ANYBODY}, {"override", ROSTER | WATCH},
    {"swap", ANYBODY}, {"swap_answer", ANYBODY},
    {"risk", DRAFTS}, {"risk_amend", DRAFTS}, {"risk_opinion", WORK}, {"risk_end", DRAFTS},
    {"risk_approve", BY(APPROVER) | BY(SUPERVISOR)}, {"risk_reject", BY(APPROVER) | BY(SUPERVISOR)},
};

static bool fits(const struct hy_move *m, struct hy_str verb, enum hy_matter kind, int from, int to)
{
    return hy_str_is(verb, m->verb) && (m->kinds & 1u << kind) &&
           (from < 0 || (m->from & 1u << from)) && (to < 0 || m->to == to);
}

const struct hy_move *hy_life_find(struct hy_str verb, enum hy_matter kind, enum hy_stage from,
                                   int to, unsigned roles)
{
    for (size_t i = 0; i < HY_COUNT(table); i++)
        if (fits(&table[i], verb, kind, (int)from, to) && (table[i].roles & roles))
            return &table[i];
    return NULL;
}

unsigned hy_life_roles(struct hy_str verb, enum hy_matter kind, int from, int to)
{
    unsigned roles = 0;

    for (size_t i = 0; i < HY_COUNT(table); i++)
        if (fits(&table[i], verb, kind, from, to))
            roles |= table[i].roles;
    return roles;
}

unsigned hy_life_senders(struct hy_str verb)
{
    unsigned roles = hy_life_office(verb);

    for (int kind = 0; kind < HY_MATTER_COUNT; kind++)
        roles |= hy_life_roles(verb, (enum hy_matter)kind, -1, -1);
    return roles;
}

unsigned hy_life_office(struct hy_str verb)
{
    for (size_t i = 0; i < HY_COUNT(office); i++)
        if (hy_str_is(verb, office[i].verb))
            return office[i].roles;
    return 0;
}

const struct hy_move *hy_life_table(size_t *ret_n)
{
    *ret_n = HY_COUNT(table);
    return table;
}

/* Where a case has another word than an incident. */
static const struct {
    unsigned kinds;
    enum hy_stage stage;
    const char *label;
} words[] = {
    {ASKED, HY_STAGE_COLLECTED, "收件"},  {ASKED, HY_STAGE_ACCEPTED, "受理"},
    {ASKED, HY_STAGE_ASSIGNED, "转办"},   {ASKED, HY_STAGE_RESPONDED, "已反馈"},
    {CASE, HY_STAGE_COLLECTED, "登记"},   {CASE, HY_STAGE_ACCEPTED, "承办"},
    {CASE, HY_STAGE_RESPONDED, "已公开"}, {CASE, HY_STAGE_DISMISSED, "撤销登记"},
};

const char *hy_life_label(enum hy_matter kind, enum hy_stage stage)
{
    for (size_t i = 0; i < HY_COUNT(words); i++)
        if ((words[i].kinds & 1u << kind) && words[i].stage == stage)
            return words[i].label;
    return hy_stage_label[stage];
}
