# SPDX-License-Identifier: Apache-2.0
# Items for the measure of found responses, one JSON object a line, out of a list of templates: first what
# the public says about incidents, six for each template, then the notices of the office.  `want` names the incident a
# notice answers ("" for none) and `kind` how it was made:
#   answer    about this incident, in the office's words
#   elsewhere the same kind of event at a place where nothing was reported
#   other     another kind of event at the place of an incident
#   routine   about the same subject at the same place, without any event
#   old       the office's words about an event of five weeks before, at the same place
BEGIN {
    FS = "|"
    np = split("江口区 南屏区 柳河镇 鑫岚镇 茶山镇 石桥县 云岭县 滨河小区 清溪县开发区 南屏体育公园 江口老街 清溪万家城", place, " ")
    # What only this witness, and only this office, had to say: no two texts are alike.
    ns = split("当时正在附近买菜，听见有人大声呼喊。|楼下的店主说他已经在这里经营了十几年。|邻居把自家的被子和水都送了过来。|有老人是被年轻人背着离开现场的。|几名骑手停下车帮忙疏导行人。|微信群里消息很多，说法不一。|记者拨打当地电话，暂时无人接听。|到傍晚时围观的人群才慢慢散去。|学生放学只好绕道另一条街回家。|一位不愿具名的住户向本报提供了照片。|附近的公交车临时改了线路。", seen, "|")
    no = split("市领导批示要求全力做好善后。|相关部门建立了联络机制，安排专人对接家属。|工作人员逐户走访，听取群众意见。|后续进展将通过本平台及时发布。|请广大群众以官方发布为准，不信谣不传谣。|感谢社会各界的关心和监督。|现场秩序良好，周边供水供电正常。|咨询电话全天有人值守。|有关责任将依法依规处理。", told, "|")
}
/^#/ || NF < 7 { next }
{ t++; for (i = 1; i <= 7; i++) f[t, i] = $i }
function stamp(day, hour) { return sprintf("2026-%02d-%02dT%02d:12:00+08:00", 3 + int(day / 28), day % 28 + 1, hour) }
function spoken(day, hour) { return sprintf("%d月%d日%d时许", 3 + int(day / 28), day % 28 + 1, hour) }
function fill(s, p, at) { gsub(/P/, p, s); gsub(/T/, at, s); return s }
function put(id, kind, want, title, text, at) {
    printf "{\"id\":\"%s\",\"kind_made\":\"%s\",\"want\":\"%s\",\"title\":\"%s\",\"text\":\"%s\",\"published\":\"%s\",\"published_precision\":\"minute\",\"source\":\"%s\",\"url\":\"http://made.example/%s\"}\n",
        id, kind, want, title, text, at, kind == "report" ? "forum" : "office", id
}
# Four sentences of a list of n, another choice for every number.
function pick(list, n, no, way,   i, s) {
    for (i = 0; i < 4; i++) s = s list[(no * way + int(no / n) * (i + 1) + i * (1 + no % 3)) % n + 1]
    return s
}
function notice(kind, want, k, p, day, hour, said, title, text) {
    put(kind "-" ++n, kind, want, fill(title, p, said), fill(text, p, said) pick(told, no, n, 5), stamp(day, hour))
}
# Incident k,j (kind and place) on a day of its own within four days; not every pair has one.
function is_there(k, j) { return (k + j) % 2 == 0 }
function day_of(k, j) { return 40 + ((k * 5 + j * 3) % 4) }
END {
    for (d = 40; d < 44; d++)
        for (k = 1; k <= t; k++) for (j = 1; j <= np; j++)
            if (is_there(k, j) && day_of(k, j) == d) {
                id = "r-" k "-" j
                put(id, "report", id, fill(f[k, 2], place[j], spoken(d, 8)), pick(seen, ns, k * np + j, 7) fill(f[k, 3], place[j], spoken(d, 8)) pick(seen, ns, k * np + j, 4), stamp(d, 9))
            }
    for (d = 40; d < 44; d++)
        for (k = 1; k <= t; k++) for (j = 1; j <= np; j++) {
            if (day_of(k, j) != d) continue
            said = spoken(d, 8)
            if (is_there(k, j)) {
                notice("answer", "r-" k "-" j, k, place[j], d, 12, said, f[k, 4], f[k, 5])
                notice("answer", "r-" k "-" j, k, place[j], d, 18, said, "关于" place[j] "有关情况的续报", f[k, 5])
                notice("routine", "", k, place[j], d, 11, said, f[k, 6], f[k, 7])
                notice("old", "", k, place[j], d, 13, spoken(d - 35, 8), f[k, 4], f[k, 5])
            } else {
                notice("elsewhere", "", k, place[j], d, 12, said, f[k, 4], f[k, 5])
                notice("routine", "", k, place[j], d, 11, said, f[k, 6], f[k, 7])
            }
        }
}
