#!/usr/bin/env python3
"""Writes Fixtures/Differences.json: small deltas and signatures by xdelta3 and rdiff.

usage: difference_fixtures.py > Fixtures/Differences.json

A base is the first bytes of the tests' SeededGenerator, or one of them repeated; a target is the
base with parts replaced, one after another.
"""
import json
import random
import subprocess
import tempfile
from pathlib import Path

MASK = (1 << 64) - 1


def seeded(seed, count):
    """SplitMix64, the lowest byte of each number."""
    data, state = bytearray(), seed
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        data.append((z ^ z >> 31) & 0xFF)
    return bytes(data)


def case(name, seed, size, edits):
    base = seeded(seed, size)
    target = bytearray(base)
    for start, end, text in edits:
        target[start:end] = bytes.fromhex(text)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "base").write_bytes(base)
        (folder / "target").write_bytes(target)

        def run(*words):
            (folder / "made").unlink(missing_ok=True)
            subprocess.run([*words, "made"], check=True, cwd=folder, capture_output=True)
            return (folder / "made").read_bytes()

        strict = ["xdelta3", "-e", "-A", "-n", "-S", "none"]
        made = {
            "vcdiff": run(*strict, "-s", "base", "target"),
            "vcdiff_small_windows": run(*strict, "-W", "16384", "-s", "base", "target"),
        }
        if name != "windows":
            made["vcdiff_alone"] = run(*strict, "target")
            made["vcdiff_extended"] = run(
                "xdelta3", "-e", "-A", "-S", "none", "-s", "base", "target")
        for kind in ["rabinkarp", "rollsum"]:
            signature = run(
                "rdiff", "-R", kind, "-b", "256", "-S", "8", "signature", "base")
            (folder / "signature").write_bytes(signature)
            made[f"rdiff_signature_{kind}"] = signature
            made[f"rdiff_delta_{kind}"] = run("rdiff", "delta", "signature", "target")
        made["rdiff_signature_md4"] = run("rdiff", "-H", "md4", "-b", "256", "signature", "base")
    files = {key: value.hex() for key, value in made.items()}
    return {"name": name, "seed": seed, "size": size, "edits": edits, "files": files}


def main():
    rng = random.Random(7)

    def edits(count, size):
        return [
            [start, start + rng.randrange(20), rng.randbytes(rng.randrange(20)).hex()]
            for start in (rng.randrange(size) for _ in range(count))]

    cases = [
        case("edits", 1, 3_000, edits(12, 3_000)),
        case("same", 2, 1_000, []),
        case("runs", 3, 600, [[100, 200, "00" * 300], [0, 0, "ab" * 70], [500, 500, "0102" * 50]]),
        case("repeats", 4, 500, [[500, 500, seeded(9, 80).hex() * 6]]),
        case("empty base", 5, 0, [[0, 0, seeded(6, 200).hex()]]),
        case("windows", 6, 40_000, edits(9, 40_000)),
    ]
    generator = "Tests/Interop/difference_fixtures.py"
    print(json.dumps({"generator": generator, "cases": cases}, indent=1))


if __name__ == "__main__":
    main()
