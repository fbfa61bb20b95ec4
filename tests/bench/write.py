#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev bench --write: puts the figures of a whole run, JSON lines on standard input, between the
marks in docs/BENCHMARKS.md.  What stands outside of them is written by people and stays."""
import datetime
import json
import os
import sys

FILE = "docs/BENCHMARKS.md"
BEGIN, END = "<!-- figures: written by ./dev bench --write -->", "<!-- end of figures -->"


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def cell(value):
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}"


def row(r):
    r = {key: value for key, value in r.items() if value is not None}
    peer = f"{r['peer']} {cell(r['peer_value'])}" if "peer_value" in r else r.get("peer", "")
    return (f"| {r['bench']} | {r['metric']} | {cell(r['value'])} {r.get('unit', '')} | {peer} | "
            f"{r['ratio']:.2f} |" if "ratio" in r else
            f"| {r['bench']} | {r['metric']} | {cell(r['value'])} {r.get('unit', '')} | {peer} | |")


def main():
    rows = [json.loads(line) for line in sys.stdin if line.startswith("{")]
    text = open(FILE).read()
    if not rows:
        sys.exit("bench --write: no figures came")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"bench --write: {FILE} has lost its marks ({BEGIN} and {END}, once each)")
    load = os.getloadavg()[2]
    head = [f"Date {datetime.date.today()}, {processor()}, {os.cpu_count()} processors, load of the "
            f"last quarter of an hour {load:.1f}. A ratio is ours to the peer's in the same run.",
            "", "| bench | figure | ours | peer | ratio |", "|---|---|---|---|---|"]
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    figures = "\n".join(head + [row(r) for r in rows])  # before the file is opened: it stays whole
    with open(FILE, "w") as f:
        f.write(before + BEGIN + "\n" + figures + "\n" + END + after)


main()
