/* SPDX-License-Identifier: Apache-2.0 */
/* Cells on what went on around an obligation: who was reminded and when, who was paged, and how
 * much of the time the sources were seen in. */
#include "alerts/record/export_parts.h"

#include "alerts/decide/incident.h"
#include "alerts/record/step.h"

/* "；" separates the reminders. */
static void people_of(const json_t *list, const char *between, struct hy_buf *out)
{
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v) {
        hy_buf_puts(out, i ? between : "");
        hy_buf_str(out, hy_json_str(v, "name"));
    }
}

void hy_export_on_duty(const struct hy_export_source *s, struct hy_buf *out)
{
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(s->doc, "notices"), i, n)
        if (hy_str_is(hy_json_str(n, "step"), "open"))
            people_of(json_object_get(n, "to"), "；", out);
}

static void step_name(const struct hy_export_source *s, const json_t *notice, struct hy_buf *out)
{
    struct hy_str step = hy_json_str(notice, "step");

    if (s->opts->english)
        hy_buf_str(out, step);
    else
        hy_step_label(step, out);
}

/* Reminders that were sent, with their times. */
void hy_export_steps(const struct hy_export_source *s, struct hy_buf *out)
{
    size_t i;
    json_t *n;
    struct hy_str suffix = hy_obligation_suffix(s->o);
    size_t begin = out->n;

    json_array_foreach (json_object_get(s->doc, "notices"), i, n)
        if (hy_str_eq(hy_json_str(n, "clock"), suffix)) {
            hy_buf_puts(out, out->n > begin ? "；" : "");
            step_name(s, n, out);
            hy_buf_printf(out, " " HY_STR_FMT, HY_STR_ARG(hy_json_str(n, "at")));
        }
}

/* What was sent about the incident as a whole: who was paged while nobody acknowledged, and what
 * the supervisor urged. */
void hy_export_escalations(const struct hy_export_source *s, struct hy_buf *out)
{
    size_t i, begin = out->n;
    json_t *n;

    json_array_foreach (json_object_get(s->doc, "notices"), i, n) {
        if (!hy_str_is(hy_json_str(n, "clock"), "-") || hy_str_is(hy_json_str(n, "step"), "open"))
            continue;
        hy_buf_puts(out, out->n > begin ? "；" : "");
        step_name(s, n, out);
        hy_buf_printf(out, " " HY_STR_FMT " ", HY_STR_ARG(hy_json_str(n, "at")));
        people_of(json_object_get(n, "to"), "、", out);
    }
    json_array_foreach (json_object_get(s->doc, "urges"), i, n)
        hy_buf_printf(out, "%s督办 " HY_STR_FMT "%s", out->n > begin ? "；" : "",
                      HY_STR_ARG(hy_json_str(n, "at")), hy_step_doubt(n, s->opts->english));
}

/* The stretch in which the obligation could be met, as far as it has come. */
static hy_wall watched_until(const struct hy_export_source *s)
{
    hy_wall ended = hy_json_time(s->o, "ended");

    return hy_wall_known(ended) ? ended : hy_json_time(s->o, "due");
}

void hy_export_coverage(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_seen_text(hy_coverage_of(s->opts->coverage, hy_json_time(s->o, "start"), watched_until(s)),
                 out);
}

void hy_export_unseen(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_coverage_unseen(s->opts->coverage, hy_json_time(s->o, "start"), watched_until(s), out);
}
