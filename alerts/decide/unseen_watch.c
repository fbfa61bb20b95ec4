/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that wait beside an urgent notice until it is seen; what they do is unseen.c's. */
#include "alerts/decide/parts.h"

#include <stdio.h>

bool hy_is_unseen_step(struct hy_str name)
{
    return hy_str_starts(name, HY_STR(HY_STEP_FALLBACK)) || hy_str_starts(name, HY_STR(HY_STEP_UNSEEN));
}

static json_t *waiting_step(const struct hy_decide *d, const char *prefix, const char *notice,
                            int64_t ms)
{
    char name[48];
    json_t *step;

    snprintf(name, sizeof(name), "%s%lld", prefix, (long long)d->state->head.seq + 1);
    step = json_pack("{s:s,s:s,s:s,s:n}", "id", name, "step", name, "notice", notice, "fired");
    hy_json_set_time(step, "due", hy_wall_add_ms(d->now, ms), HY_CST);
    return step;
}

static bool any_has_fallback(const struct hy_person *const *people, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (people[i]->fallback)
            return true;
    return false;
}

void hy_unseen_watch(const struct hy_decide *d, const json_t *doc, const char *notice,
                     const struct hy_person *const *people, size_t n, json_t *put)
{
    const struct hy_duty *duty = d->rules->duty;

    if (duty == NULL || n == 0 || hy_doc_kind_of(doc) > HY_DOC_CASE)
        return;
    if (any_has_fallback(people, n))
        hy_put_more(put, "steps", waiting_step(d, HY_STEP_FALLBACK, notice, hy_duty_fallback_ms(duty)));
    if (hy_duty_unseen_ms(duty) > 0)
        hy_put_more(put, "steps", waiting_step(d, HY_STEP_UNSEEN, notice, hy_duty_unseen_ms(duty)));
}
