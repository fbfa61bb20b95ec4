#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The timeliness record of a replayed history, against arithmetic done here from the raw data.

replay.py --replay PROGRAM --huiying PROGRAM [DIR]

DIR holds citizen-messages/replied.jsonl.gz (id, title, time, text, reply_time) and
hotsearch/daily.jsonl.gz (date, titles); without it a small history is generated.  Messages are
registered when they came and answered when they were answered; titles are found at nine in the
morning of their day and an imaginary office answers by tests/replay/replay.c's plan.  Then the log,
the late reminders, the quarterly bulletins and what was overdue at a moment in the middle must be
what this file reckons with nothing but datetime.  Prints a line per comparison, exits 1 when one
fails.
"""
import argparse, collections, datetime as dt, gzip, html, json, os, random, re, shutil, subprocess
import sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "..", "..", "rules", "sample")
CST = dt.timezone(dt.timedelta(hours=8))
DAYS = [5, 7, 10, 15, 30, 60]
HOURS = {"H5": 5, "H24": 24, "H48": 48}
bad = 0


def same(what, ours, theirs):
    global bad
    bad += ours != theirs
    print("%s %s: %s%s" % ("ok  " if ours == theirs else "FAIL", what, ours,
                           "" if ours == theirs else " expected, found %s" % (theirs,)))


def when(text):
    t = dt.datetime.fromisoformat(text)
    return t if t.tzinfo else t.replace(tzinfo=CST)


def text_of(t):
    return t.astimezone(CST).isoformat(timespec="seconds")


def lines_of(path):
    with gzip.open(path, "rt", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def generated():
    pick = random.Random(7)
    start = dt.datetime(2019, 1, 1, 8, tzinfo=CST)
    messages, days = [], []
    for i in range(120):
        came = start + dt.timedelta(minutes=pick.randrange(400 * 1440))
        # Answers that lie exactly on a limit, a second behind it, and anywhere.
        limit = dt.timedelta(days=pick.choice(DAYS))
        took = pick.choice([limit, limit + dt.timedelta(seconds=1),
                            dt.timedelta(seconds=pick.randrange(90 * 86400))])
        messages.append({"id": "g%d" % i, "title": "路灯不亮 %d" % i, "text": "请修一修",
                         "time": text_of(came), "reply_time": text_of(came + took)})
    words = ["%s一化工厂爆炸致%d人死亡", "%s一居民楼起火%d人受伤", "%s山体滑坡%d人失联",
             "%s大桥垮塌致%d人死亡", "%s一学校%d名学生食物中毒"]
    roads = ["滨河路", "东门街", "学府路", "柳林镇", "北山村", "老码头", "火车站", "开发区"]
    for i in range(60):
        date = (start + dt.timedelta(days=6 * i)).date()
        title = pick.choice(words) % (pick.choice(["江口区", "清溪市"]) + roads[i % 8],
                                      pick.choice([3, 11, 31, 40]))
        days.append({"date": str(date), "titles": [title, "新电影上映"]})
    return messages, days


def read(folder):
    return (lines_of(os.path.join(folder, "citizen-messages", "replied.jsonl.gz")),
            lines_of(os.path.join(folder, "hotsearch", "daily.jsonl.gz")))


def events_of(messages, days):
    out = []
    for m in messages:
        out.append((when(m["time"]), 0, {"register": {
            "kind": "message", "ref": m["id"], "title": m["title"][:150] or "留言",
            "text": m["text"][:800], "received": text_of(when(m["time"]))}}))
        out.append((when(m["reply_time"]), 1, {"respond": m["id"], "args": {
            "form": "reply", "reference": "留言板", "published": text_of(when(m["reply_time"]))}}))
    n = 0
    for d in days:
        at = when(d["date"] + "T09:00:00")
        for title in d["titles"]:
            n += 1
            out.append((at, 2, {"hit": {
                "id": "h%d" % n, "url": "https://hot.example/%d" % n, "source": "hot",
                "title": title, "text": "", "published": d["date"] + "T00:00:00+08:00",
                "published_precision": "day", "fetched": text_of(at), "hash": "%064x" % n,
                "kind": "page"}}))
    first = min(e[0] for e in out) - dt.timedelta(hours=1)
    health = [("healthy", first, "healthy"), ("blind", first + dt.timedelta(days=30), "blind"),
              ("back", first + dt.timedelta(days=33), "healthy")]
    for name, at, state in health:
        out.append((at, -1, {"source": {"id": "e-" + name, "source": "hot", "name": "热榜",
                                        "to": state, "since": text_of(at), "why": "回放"}}))
    out.sort(key=lambda e: (e[0], e[1]))
    return out


def office(work):
    rules = os.path.join(work, "office")
    shutil.copytree(RULES, rules)
    clocks = "\n".join(
        "      - {id: M%d, label: %d日内答复, basis: 回放, kinds: [message], within: %dh,"
        " anchor: [received], ended_by: [reply], steps: [{id: late, late: 0m, to: [duty]}]}"
        % (n, n, 24 * n) for n in DAYS)
    with open(os.path.join(rules, "windows.yaml"), "w", encoding="utf-8") as f:
        f.write("use: [national, messages]\npacks:\n  - id: messages\n    version: replay\n"
                "    name: 留言\n    legal: 回放\n    clocks:\n%s\n" % clocks)
    return rules


def replay(o, rules, events, journal, until=None):
    text = "".join(json.dumps(dict(e, at=text_of(at)), ensure_ascii=False) + "\n"
                   for at, _, e in events)
    with open(journal, "wb") as out:
        done = subprocess.run([o.replay, rules] + ([text_of(until)] if until else []),
                              input=text.encode(), stdout=out, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit("replay: " + done.stderr.decode())
    return json.loads(done.stderr.decode().splitlines()[-1])


def huiying(o, work, now, *args):
    clock = os.path.join(work, "clock")
    with open(clock, "w") as f:
        f.write("%d" % (now.timestamp() * 1000))
    return subprocess.run([o.huiying, *args], check=True, stdout=subprocess.PIPE,
                          env=dict(os.environ, HUIYING_TEST_CLOCK=clock)).stdout.decode()


def log(o, work, now, journal, kind):
    return [json.loads(line) for line in huiying(
        o, work, now, "export", "--journal", journal, "--kind", kind, "--format", "jsonl",
        "--header", "en").splitlines()]


def floor_minutes(span):
    return int(span.total_seconds() / 60)  # towards zero


def check_messages(rows, messages):
    by = collections.defaultdict(dict)
    for r in rows:
        by[r["ref"]][r["clock"]] = r
    same("messages in the log", len(messages), len(by))
    for n in DAYS:
        limit = dt.timedelta(days=n)
        late = {m["id"] for m in messages
                if when(m["reply_time"]) - when(m["time"]) > limit}
        found = {ref for ref, c in by.items() if c["M%d" % n]["result"] == "late"}
        same("late at %d days" % n, len(late), len(found))
        same("  the same ones", True, late == found)
    wrong = 0
    for m in messages:
        for n in DAYS:
            r = by[m["id"]]["M%d" % n]
            left = when(m["time"]) + dt.timedelta(days=n) - when(m["reply_time"])
            wrong += abs(int(r["minutes"]) - floor_minutes(left)) > 1
            wrong += when(r["due"]) != when(m["time"]) + dt.timedelta(days=n)
            wrong += when(r["ended"]) != when(m["reply_time"])
    same("rows with a wrong due time, end or margin", 0, wrong)


def check_reminders(journal, messages):
    sent = collections.Counter()
    with open(journal, encoding="utf-8") as f:
        for line in f:
            n = json.loads(line)["data"].get("notice")
            if n and n["step"] == "late" and n["incident"].startswith("M"):
                sent[n["clock"]] += 1
    for n in DAYS:
        late = sum(when(m["reply_time"]) - when(m["time"]) > dt.timedelta(days=n)
                   for m in messages)
        same("late reminders at %d days" % n, late, sent["M%d" % n])


def check_incidents(rows, journal):
    """Due and result again from start, limit and the responses in the journal's raw lines."""
    responses = collections.defaultdict(list)
    with open(journal, encoding="utf-8") as f:
        for line in f:
            e = json.loads(line)
            for r in (e["data"].get("put") or {}).get("responses", []):
                responses[e["incident"]].append((when(r["published"]), r["form"]))
    ends = {"H5": {"release", "conference"}, "H48": {"release", "conference"},
            "H24": {"conference"}}
    counted, wrong = collections.Counter(), 0
    for r in rows:
        if r["clock"] not in HOURS or r["result"] in ("superseded", "waived"):
            continue
        due = when(r["start"]) + dt.timedelta(hours=HOURS[r["clock"]])
        fit = [t for t, form in responses[r["incident"]]
               if form in ends[r["clock"]] and t >= when(r["start"])]
        want = "running" if not fit else "met" if min(fit) <= due else "late"
        counted[r["clock"], want] += 1
        wrong += when(r["due"]) != due or (r["result"] != want)
    same("incident rows with another due time or result", 0, wrong)
    print("     counted: %s" % ", ".join("%s %s %d" % (*k, n) for k, n in sorted(counted.items())))


def check_bulletins(o, work, journal, messages, now):
    quarters = collections.defaultdict(list)
    for m in messages:
        t = when(m["time"])
        quarters[t.year, (t.month - 1) // 3].append(m)
    wrong = 0
    for (year, q), list_ in sorted(quarters.items()):
        page = huiying(o, work, now, "report", "quarterly", "--journal", journal, "--from",
                       "%d-%02d-01" % (year, 3 * q + 1))
        part = page[page.index("文件、留言和申请"):]
        for n in DAYS:
            late = sum(when(m["reply_time"]) - when(m["time"]) > dt.timedelta(days=n)
                       for m in list_)
            row = re.search(r"<td>%d日内答复</td><td class=\"n\">(\d+)</td>"
                            r"<td class=\"n(?: late)?\">(\d+)</td>.*?<td class=\"n\">([^<]*)</td></tr>"
                            % n, part)
            wrong += row is None or (int(row[1]), int(row[2])) != (len(list_) - late, late)
            rate = html.unescape(row[3]) if row else ""
            wrong += ("%" in rate) != (len(list_) >= 5)  # no rate below five
            if "%" in rate:
                wrong += rate != "%.1f%%（%d/%d）" % (100 * (len(list_) - late) / len(list_),
                                                     len(list_) - late, len(list_))
    same("bulletins (%d quarters) with a wrong figure" % len(quarters), 0, wrong)


def check_middle(o, work, rules, events, messages):
    """Stopped in the middle: what is open, and what of it is overdue."""
    times = sorted(when(m["time"]) for m in messages)
    until = times[len(times) * 2 // 3] + dt.timedelta(days=3)
    journal = os.path.join(work, "middle.jsonl")
    replay(o, rules, events, journal, until)
    rows = log(o, work, until, journal, "message")
    for n in DAYS:
        open_ = [m for m in messages if when(m["time"]) <= until < when(m["reply_time"])]
        overdue = sum(until - when(m["time"]) > dt.timedelta(days=n) for m in open_)
        same("overdue at %d days on %s" % (n, until.date()), overdue,
             sum(r["clock"] == "M%d" % n and r["result"] == "overdue" for r in rows))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--replay", required=True)
    p.add_argument("--huiying", required=True)
    p.add_argument("dir", nargs="?")
    o = p.parse_args()
    messages, days = read(o.dir) if o.dir else generated()
    work = tempfile.mkdtemp()
    try:
        rules = office(work)
        events = events_of(messages, days)
        journal = os.path.join(work, "journal.jsonl")
        done = replay(o, rules, events, journal)
        print("     %s" % done)
        same("events", len(events), done["events"])
        now = events[-1][0] + dt.timedelta(days=400)
        huiying(o, work, now, "verify", journal)
        check_messages(log(o, work, now, journal, "message"), messages)
        check_reminders(journal, messages)
        check_incidents(log(o, work, now, journal, "incidents"), journal)
        check_bulletins(o, work, journal, messages, now)
        check_middle(o, work, rules, events, messages)
    finally:
        shutil.rmtree(work)
    return 1 if bad else 0


sys.exit(main())
