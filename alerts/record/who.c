/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/who.h"

#include "alerts/decide/incident.h"

static struct hy_str name_of(const json_t *person, const char *key, struct hy_str id)
{
    struct hy_str name = hy_json_str(person, "name");

    return name.n && hy_str_eq(hy_json_str(person, key), id) ? name : id;
}

const json_t *hy_who_response(const json_t *doc, const json_t *obligation)
{
    struct hy_str id = hy_json_str(json_object_get(obligation, "evidence"), "response");

    return id.n ? hy_list_find(json_object_get(doc, "responses"), id) : NULL;
}

struct hy_str hy_who_entered(const json_t *doc, const json_t *obligation)
{
    struct hy_str id = hy_json_str(json_object_get(obligation, "evidence"), "by");

    return name_of(hy_who_response(doc, obligation), "by", id);
}

struct hy_str hy_who_waived(const json_t *doc, const json_t *obligation)
{
    const json_t *kept = json_object_get(obligation, "waiver");
    struct hy_str id = hy_json_str(kept, "approver");
    const json_t *row = hy_list_find(json_object_get(doc, "waivers"), hy_json_str(kept, "id"));
    struct hy_str name = name_of(json_object_get(row, "decided"), "by", id);

    return hy_str_eq(name, id) ? name_of(json_object_get(row, "approver"), "id", id) : name;
}
