#!/usr/bin/env python3
"""Exchanges binary differences with programs that nobody here wrote.

usage: difference_interop.py DIFFERENCE-PEER

DIFFERENCE-PEER is the built product of that name. The others are xdelta3, rdiff and zstd of Debian
and vcdiff-decoder of PyPI. Ends with an error if anything differs, or if less was checked than
there is.
"""
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import vcdiff_decoder

STRICT = ["-n", "-S", "none", "-A"]


def edited(source, edits, rng):
    """`source` with so many places replaced, removed, inserted, doubled or moved."""
    data = bytearray(source)
    for _ in range(edits):
        place = rng.randrange(len(data) + 1)
        length = rng.randrange(1, 60)
        kind = rng.randrange(5)
        if kind == 0:
            data[place:place + length] = rng.randbytes(length)
        elif kind == 1:
            del data[place:place + length]
        elif kind == 2:
            data[place:place] = rng.randbytes(length)
        elif kind == 3:
            data[place:place] = data[place:place + 10 * length]
        else:
            part = data[place:place + 40 * length]
            del data[place:place + 40 * length]
            data += part
    return bytes(data)


def pairs():
    """Bases and targets."""
    rng = random.Random(13)
    noise = rng.randbytes(300_000)
    words = [b"block ", b"state ", b"root of ", b"all leaves ", b"and keys, "]
    text = b"".join(rng.choice(words) for _ in range(40_000))
    yield "200 edits", noise, edited(noise, 200, rng)
    yield "text", text, edited(text, 100, rng)
    yield "same", noise, noise
    yield "empty base", b"", noise[:5_000]
    yield "empty target", noise[:5_000], b""
    yield "both empty", b"", b""
    runs = bytes(70_000) + noise[:9_000] + b"\xff" * 200_000 + noise[100:8_000]
    yield "runs", noise[:9_000], runs
    yield "swapped", noise, noise[150_000:] + noise[:150_000]
    yield "nothing in common", noise[:100_000], rng.randbytes(90_000)
    yield "one byte", b"a", b"b"
    for seed in range(4):
        rng = random.Random(seed)
        base = rng.randbytes(rng.randrange(1, 60_000))
        yield f"seed {seed}", base, edited(base, rng.randrange(1, 60), rng)


class Bench:
    """A folder with base and target, and the programs."""

    def __init__(self, peer, folder, base, target):
        self.peer, self.folder = peer, Path(folder)
        self.target = target
        self.base_bytes = base
        self.base = self.write("base", base)
        self.new = self.write("target", target)

    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def run(self, *words):
        """Runs a program that writes the file `made`; its bytes."""
        made = self.folder / "made"
        made.unlink(missing_ok=True)
        subprocess.run([*map(str, words), str(made)], check=True, stderr=subprocess.PIPE)
        return made.read_bytes()

    def ours(self, command, first, second):
        return self.run(self.peer, command, first, second)

    def refused(self, command, first, second, words):
        result = subprocess.run(
            [self.peer, command, str(first), str(second), str(self.folder / "none")],
            capture_output=True, text=True)
        assert result.returncode == 1 and words in result.stderr, (words, result)
        assert not (self.folder / "none").exists()

    def vcdiff(self):
        delta = self.write("delta", self.ours("vcdiff-encode", self.base, self.new))
        if self.target:
            made = self.run("xdelta3", "-d", "-f", "-s", self.base, delta)
            assert made == self.target, "xdelta3 makes something else of our delta"
        made = vcdiff_decoder.decode(self.base_bytes, delta.read_bytes())
        assert made == self.target, "vcdiff-decoder makes something else of our delta"
        for more in [[], ["-W", "16384"], ["-9", "-W", "16384", "-B", "524288"]]:
            theirs = self.run("xdelta3", "-e", "-f", *STRICT, *more, "-s", self.base, self.new)
            delta = self.write("delta", theirs)
            made = self.ours("vcdiff-decode", self.base, delta)
            assert made == self.target, "we make something else of xdelta3's delta"
        theirs = self.run("xdelta3", "-e", "-f", "-S", "none", "-n", "-s", self.base, self.new)
        self.refused("vcdiff-decode", self.base, self.write("delta", theirs), "is not supported")
        return 6

    def rdiff(self):
        checks = 0
        for kind in ["rabinkarp", "rollsum"]:
            for size in [["-b", "256", "-S", "8"], ["-b", "512"], []]:
                signature = self.write(
                    "signature", self.run("rdiff", "-f", "-R", kind, *size, "signature", self.base))
                delta = self.write("delta", self.ours("rdiff-delta", signature, self.new))
                made = self.run("rdiff", "-f", "patch", self.base, delta)
                assert made == self.target, "rdiff makes something else of our delta"
                delta = self.write("delta", self.run("rdiff", "-f", "delta", signature, self.new))
                made = self.ours("rdiff-patch", self.base, delta)
                assert made == self.target, "we make something else of rdiff's delta"
                checks += 2
        ours = self.ours("rdiff-signature", self.base, self.base)
        strong = int.from_bytes(ours[8:12], "big")
        theirs = self.run("rdiff", "-f", "-b", "512", "-S", str(strong), "signature", self.base)
        assert ours == theirs, "our signature is not rdiff's"
        signature = self.write(
            "signature", self.run("rdiff", "-f", "-H", "md4", "signature", self.base))
        self.refused("rdiff-delta", signature, self.new, "a signature with MD4 is not supported")
        return checks + 2

    def zstd(self):
        frame = self.write("frame", self.ours("zstd-encode", self.base, self.new))
        made = self.run("zstd", "-q", "-d", f"--patch-from={self.base}", frame, "-o")
        assert made == self.target, "zstd makes something else of our frame"
        theirs = self.run("zstd", "-q", f"--patch-from={self.base}", self.new, "-o")
        made = self.ours("zstd-decode", self.base, self.write("frame", theirs))
        assert made == self.target, "we make something else of zstd's frame"
        return 2


def main():
    checks = 0
    for name, base, target in pairs():
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(sys.argv[1], folder, base, target)
            try:
                checks += bench.vcdiff() + bench.rdiff()
                if base and target:  # The command zstd wants both.
                    checks += bench.zstd()
            except (AssertionError, subprocess.CalledProcessError) as error:
                words = getattr(error, "stderr", b"")
                sys.exit(f"{name}: {error} {words}")
    assert checks == 14 * 20 + 11 * 2, checks
    print(f"{checks} differences went as they should with xdelta3, vcdiff-decoder, rdiff and zstd")


if __name__ == "__main__":
    main()
