#!/usr/bin/env python3
"""Writes small-trace.json: a made-up editing session of three authors who work apart and merge.

usage: make-trace.py > small-trace.json

The format is that of concurrent traces in https://github.com/josephg/editing-traces: transactions
with parents, whose patches are [position, deleted, inserted] in the text as the author saw it. The
end is computed by a plain list of characters with Yjs' rule (see Docs/CRDT.md), which shares no code
with the project.
"""
import json
import random

random.seed(20260)
AUTHORS = 3
chars = []      # {id, agent, left, right, text, dead: set of transactions}
txns = []
seen = [set() for _ in range(AUTHORS)]


def place(ident, otherwise):
    return otherwise if ident is None else next(i for i, c in enumerate(chars) if c["id"] == ident)


def insert(new):
    left, right = place(new["left"], -1), place(new["right"], len(chars))
    at, scanning, target = left + 1, False, left + 1
    while True:
        if not scanning:
            target = at
        if at == right:
            break
        other = chars[at]
        oleft, oright = place(other["left"], -1), place(other["right"], len(chars))
        if oleft < left or (oleft == left and oright == right and new["agent"] < other["agent"]):
            break
        if oleft == left:
            scanning = oright < right
        at += 1
    chars.insert(target, new)


def edit(agent):
    number = len(txns)
    known = [c for c in chars if c["id"][0] in seen[agent]]
    visible = [c for c in known if not c["dead"] & seen[agent]]
    heads = [t for t in seen[agent] if not any(t in txns[u]["parents"] for u in seen[agent])]
    at = random.randint(0, len(visible))
    if random.random() < 0.3 and at < len(visible):
        count = min(random.randint(1, 5), len(visible) - at)
        for c in visible[at:at + count]:
            c["dead"].add(number)
        patch = [at, count, ""]
    else:
        text = random.choice(["the ", "quick", "-", "größer ", "fox\n", "𝄞", "ab"])
        left = visible[at - 1] if at else None
        right = known[known.index(left) + 1 if left else 0:][:1]
        ident = left["id"] if left else None
        for offset, char in enumerate(text):
            new = {"id": (number, offset), "agent": agent, "left": ident,
                   "right": right[0]["id"] if right else None, "text": char, "dead": set()}
            insert(new)
            ident = new["id"]
        patch = [at, 0, text]
    txns.append({"parents": sorted(heads), "agent": agent, "patches": [patch]})
    seen[agent].add(number)


for step in range(500):
    agent = random.randrange(AUTHORS)
    if random.random() < 0.1:
        seen[agent] |= seen[random.randrange(AUTHORS)]
    else:
        edit(agent)

print(json.dumps({
    "kind": "concurrent",
    "source": "made up by make-trace.py",
    "endContent": "".join(c["text"] for c in chars if not c["dead"]),
    "numAgents": AUTHORS,
    "txns": txns}, ensure_ascii=False, indent=0))
