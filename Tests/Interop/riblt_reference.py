#!/usr/bin/env python3
"""An independent reference of the rateless IBLT, from the paper's formulas.

usage: riblt_reference.py check VECTORS     recompute everything in a file like riblt.json
       riblt_reference.py indices           read lines `first second limit`, write the indices

The generator's second word is this project's: with 0 the mapping is the published one.
"""
import hashlib
import json
import math
import sys

MASK = (1 << 64) - 1


def indices(first, second=0):
    """The coded symbols that an item of this seed is part of."""
    index = 0
    while True:
        yield index
        first = first * 0xDA942042E4DD58B5 & MASK
        second = second * 0xD1342543DE82EF95 & MASK
        number = (first + second) & MASK
        step = math.ceil((index + 1.5) * (4294967296.0 / math.sqrt(float(number) + 1.0) - 1.0))
        index += max(1, step)


def below(limit, first, second=0):
    result = []
    for index in indices(first, second):
        if index >= limit:
            return result
        result.append(index)


def item_hash(value):
    return int.from_bytes(hashlib.sha256(value).digest()[:8], "little")


def coded(items, length):
    """The symbols of items as [sum, hash, count]."""
    cells = [[0, 0, 0] for _ in range(length)]
    for value in items:
        change(cells, int.from_bytes(value, "big"), item_hash(value), 1)
    return cells


def change(cells, value, hashed, count):
    for index in below(len(cells), hashed):
        cells[index][0] ^= value
        cells[index][1] ^= hashed
        cells[index][2] += count


def decodes(cells):
    """The items of a difference, None if the symbols do not tell."""
    cells = [list(cell) for cell in cells]
    remote, local = set(), set()
    progress = True
    while progress:
        progress = False
        for cell in cells:
            if abs(cell[2]) != 1 or cell[0] >= 1 << 256:
                continue
            value = cell[0].to_bytes(32, "big")
            if item_hash(value) != cell[1]:
                continue
            (remote if cell[2] == 1 else local).add(value)
            change(cells, cell[0], cell[1], -cell[2])
            progress = True
    return (remote, local) if cells and cells[0] == [0, 0, 0] else None


def rows(symbols):
    return [[int(s["sum"], 16), int(s["hash"]), s["count"]] for s in symbols]


def check(path):
    vectors = json.load(open(path))
    for mapping in vectors["mappings"]:
        wanted = mapping["indices"]
        sequence = indices(int(mapping["hash"]))
        got = [next(sequence) for _ in wanted]
        assert got == wanted, mapping["hash"]
    for case in vectors["sets"]:
        items = [bytes.fromhex(value) for value, _ in case["items"]]
        assert all(item_hash(i) == int(h) for i, (_, h) in zip(items, case["items"]))
        assert coded(items, len(case["coded"])) == rows(case["coded"]), case["name"]
    for case in vectors["differences"]:
        sides = [[bytes.fromhex(value) for value, _ in case[side]] for side in "ab"]
        length = case["needed"]
        ours = [[a[0] ^ b[0], a[1] ^ b[1], a[2] - b[2]]
                for a, b in zip(coded(sides[0], length), coded(sides[1], length))]
        assert ours == rows(case["difference"])[:length], case["name"]
        remote, local = set(sides[0]) - set(sides[1]), set(sides[1]) - set(sides[0])
        assert decodes(ours) == (remote, local), case["name"]
        assert length == 1 or decodes(ours[:-1]) is None, case["name"]
    print("ok: %d mappings, %d sets, %d differences" % tuple(
        len(vectors[part]) for part in ["mappings", "sets", "differences"]))


if sys.argv[1:2] == ["check"]:
    check(sys.argv[2])
elif sys.argv[1:] == ["indices"]:
    for line in sys.stdin:
        first, second, limit = map(int, line.split())
        print(*below(limit, first, second))
else:
    sys.exit(__doc__)
