/* SPDX-License-Identifier: Apache-2.0 */
/* The words decide, against a border that place, type, time and length of the texts move.  Every
 * number below is a share of common words. */
#include "analyzer/same.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

#define MATTER_AT 0.175 /* border for two messages about one matter */
#define TITLES_AT 0.34  /* titles alone share a fifth of their terms by chance */
#define YOUNG 50.0
#define YOUNG_MORE 0.05
#define FORBID 0.5
#define OTHER_MATTER 0.02
#define OTHER_THAN_EMERGENCY 0.15
#define SAME_MATTER_AND_SPOT -0.05
enum {
    EMERGENCY_AT = 50,
    SUSPECTED_AT = 40, /* a suspected leak lies at a place and on a day like a real one */
    LONG_TERMS = 60,
    SHORT_TERMS = 30
};
#define EVENTS_APART 4.0 /* days: people say 前天 of what was three days ago */

/* How much an emergency's border moves with its places, when the types agree. */
static const double place_bonus[] = {
    [HY_PLACES_CONFLICT] = 0,    [HY_PLACES_SIBLINGS] = 0, [HY_PLACES_OPEN] = 0.12,
    [HY_PLACES_PROVINCE] = 0.16, [HY_PLACES_CITY] = 0.20,  [HY_PLACES_COUNTY] = 0.24,
    [HY_PLACES_EXACT] = 0.26,
};

/* The same for matters that are no emergency: people complain of one estate in many words. */
static const double matter_places[] = {
    [HY_PLACES_CONFLICT] = 0.15, [HY_PLACES_SIBLINGS] = 0.06, [HY_PLACES_OPEN] = 0,
    [HY_PLACES_PROVINCE] = 0,    [HY_PLACES_CITY] = 0,        [HY_PLACES_COUNTY] = 0,
    [HY_PLACES_EXACT] = -0.04,
};

static const char *const families[][7] = {
    {"fire", "explosion", "forest_fire", "chemical_leak", NULL},
    {"chemical_leak", "pollution", "air_pollution", "water_pollution", "soil_pollution", NULL},
    {"food_poisoning", "health_event", "epidemic", NULL},
    {"flood", "storm", "landslide", "snow", NULL},
    {"collapse", "landslide", "mine_accident", "facility_failure", "snow", "storm", NULL},
    {"traffic_accident", "transport_accident", NULL},
    {"violent_crime", "public_order", "mass_incident", "terrorist_attack", NULL},
};

/* What happened to a town's supplies, lifts, rides, crowds and children in ponds: a type by the plans
 * that answer it, not by what happened.  Of two such events the matters have to agree as well. */
static const char *const mixed[] = {"facility_failure", NULL};

static bool is_mixed(const char *type)
{
    for (size_t i = 0; mixed[i]; i++)
        if (strcmp(mixed[i], type) == 0)
            return true;
    return false;
}

static bool one_type(const struct hy_trace *a, const struct hy_trace *b)
{
    if (a->event_type[0] == '\0' || strcmp(a->event_type, b->event_type) != 0)
        return false;
    return !is_mixed(a->event_type) || a->n_matters == 0 || b->n_matters == 0 ||
           hy_trace_matters(a, b) > 0;
}

static bool in_family(size_t family, const char *type)
{
    for (size_t i = 0; families[family][i]; i++)
        if (strcmp(families[family][i], type) == 0)
            return true;
    return false;
}

bool hy_related_types(const char *a, const char *b)
{
    for (size_t i = 0; i < HY_COUNT(families); i++)
        if (in_family(i, a) && in_family(i, b))
            return true;
    return false;
}

bool hy_is_emergency(const struct hy_trace *t)
{
    return t->emergency >= EMERGENCY_AT && !t->unreal;
}

/* Pollution goes on for years, and those who complain of it cite the law and tell stories: of it,
 * only a drill is told apart. */
bool hy_is_unreal_event(const struct hy_trace *t)
{
    return t->event_type[0] && t->unreal &&
           (t->unreal == HY_UNREAL_DRILL || !strstr(t->event_type, "pollution"));
}

bool hy_may_meet(const struct hy_trace *a, const struct hy_trace *b)
{
    if (hy_is_unreal_event(a) && hy_is_unreal_event(b))
        return a->unreal == b->unreal;
    return !(hy_is_unreal_event(a) && hy_is_emergency(b)) &&
           !(hy_is_unreal_event(b) && hy_is_emergency(a));
}

static double days(hy_wall a, hy_wall b)
{
    if (!hy_wall_known(a) || !hy_wall_known(b))
        return 0;
    return fabs((double)(a.ms - b.ms)) / (double)HY_DAY_MS;
}

double hy_days_between(const struct hy_trace *a, const struct hy_trace *b)
{
    if (hy_wall_known(a->event) && hy_wall_known(b->event))
        return days(a->event, b->event);
    return days(a->at, b->at);
}

/* Both say when, and days lie between: two quakes, two fires of one village. */
static bool happened_apart(const struct hy_trace *a, const struct hy_trace *b)
{
    return hy_wall_known(a->event) && hy_wall_known(b->event) &&
           days(a->event, b->event) > EVENTS_APART;
}

struct pair {
    const struct hy_trace *a, *b;
    bool urgent, suspected, both, type;
    enum hy_place_fit place;
    double days;  /* between publications */
    size_t terms; /* of the shorter text */
};

static double place_moves(const struct pair *p)
{
    double limit = p->place >= HY_PLACES_PROVINCE ? 7 : 3;
    bool unreal = hy_is_unreal_event(p->a);

    if ((p->suspected || unreal) && p->place <= HY_PLACES_SIBLINGS)
        return FORBID;
    if (p->urgent && p->type && p->days <= limit)
        return -place_bonus[p->place];
    return p->urgent ? 0 : matter_places[p->place];
}

/* Two ways to say one thing, and one place of two things. */
static double matter_moves(const struct pair *p)
{
    int matter = hy_trace_matters(p->a, p->b);

    if (p->a->n_matters == 0 || p->b->n_matters == 0 || (p->urgent && p->type))
        return 0;
    if (matter == 0)
        return p->urgent ? OTHER_THAN_EMERGENCY : OTHER_MATTER;
    return p->place == HY_PLACES_EXACT && !p->urgent ? SAME_MATTER_AND_SPOT : 0;
}

static double time_moves(const struct pair *p)
{
    double border = 0;

    /* Reports of one matter come in waves. */
    if (!p->urgent)
        border += p->days <= 10 ? -0.02 : p->days > 100 ? 0.03 : 0;
    /* A complaint may go on for years; an emergency does not, and two of a kind read alike. */
    if ((p->urgent && p->terms < LONG_TERMS) || p->terms < SHORT_TERMS)
        border += p->days > 15 ? 0.35 : p->days > 7 ? 0.12 : 0;
    return border;
}

double hy_same_event(const struct hy_trace *a, const struct hy_trace *b, double cosine, size_t seen)
{
    struct pair p = {.a = a,
                     .b = b,
                     .urgent = a->emergency >= EMERGENCY_AT || b->emergency >= EMERGENCY_AT,
                     .suspected = a->emergency >= SUSPECTED_AT || b->emergency >= SUSPECTED_AT,
                     .both = a->event_type[0] && b->event_type[0],
                     .place = hy_trace_places(a, b),
                     .days = days(a->at, b->at),
                     .terms = HY_MIN(a->n_terms, b->n_terms)};
    p.type = one_type(a, b);
    if (p.type && (hy_trace_marks_differ(a, b) || (p.urgent && happened_apart(a, b))))
        return 0;
    double shorter = HY_MAX(0.0, 1 - (double)p.terms / LONG_TERMS);
    double border = MATTER_AT + (TITLES_AT - MATTER_AT) * shorter;

    border += place_moves(&p) + matter_moves(&p) + time_moves(&p);
    if (p.urgent && p.both && !p.type)
        border += hy_related_types(a->event_type, b->event_type) ? 0.12 : 0.3;
    /* A poisoning does not join the county's complaint about wages: only words say they are one. */
    if (p.urgent && !p.both && (a->emergency < 20 || b->emergency < 20))
        border += 0.12;
    /* While little has been seen, words that everybody uses still weigh as if they told something;
     * an event of one type, place and time needs few words. */
    if (!(p.urgent && p.type))
        border += YOUNG_MORE * YOUNG / (YOUNG + (double)seen);
    return 1 / (1 + exp(-(cosine - border) * 8));
}
