# SPDX-License-Identifier: Apache-2.0
# A file of pairs (life.pairs) -> items in the order of their times: reports, then notices.  Field
# `want` names the report's item, as the templates of ../found.awk do.
BEGIN { FS = "|" }
/^#/ || NF < 5 { next }
{
    at = sprintf("2026-%s-%sT%s:%s:00+08:00", substr($3, 1, 2), substr($3, 3, 2), substr($3, 5, 2), substr($3, 7, 2))
    id = $1 == "report" ? "r-" $2 : $1 "-" NR
    printf "%s\t{\"id\":\"%s\",\"kind_made\":\"%s\",\"want\":\"%s\",\"title\":\"%s\",\"text\":\"%s\",\"published\":\"%s\",\"published_precision\":\"minute\",\"source\":\"%s\",\"url\":\"http://made.example/%s\"}\n",
        at, id, $1, $2 == "" ? "" : "r-" $2, $4, $5, at, $1 == "report" ? "forum" : "office", id | "sort -s -k1,1 | cut -f2-"
}
