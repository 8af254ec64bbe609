#!/usr/bin/env python3
"""Writes noise.json: published Noise vectors for the patterns that this project can express.

usage: extract-noise.py SNOW > noise.json

SNOW is a checkout of https://github.com/mcginty/snow at 8ac60f5. Its tests/vectors/cacophony.txt is
from the Haskell implementation cacophony, its tests/vectors/snow.txt from snow itself. Taken are the
interactive patterns of 25519, ChaChaPoly and SHA256 without pre-shared keys and without keys that
are known before the handshake.
"""
import json
import pathlib
import re
import sys

NAME = re.compile(r"Noise_(NN|[NX]X1?|X1X1?|X1?N|I1?N|I1?X1?)_25519_ChaChaPoly_SHA256")
FIELDS = ["init_prologue", "init_static", "init_ephemeral", "resp_prologue", "resp_static",
          "resp_ephemeral", "handshake_hash"]

vectors = []
for name in ["cacophony.txt", "snow.txt"]:
    path = pathlib.Path(sys.argv[1]) / "tests" / "vectors" / name
    for vector in json.loads(path.read_text())["vectors"]:
        protocol = vector.get("protocol_name") or vector.get("name")
        if not NAME.fullmatch(protocol) or vector.get("init_psks") or "fail" in vector:
            continue
        row = {"protocol": protocol, "source": name}
        row.update({field: vector[field] for field in FIELDS if field in vector})
        row["messages"] = [[m["payload"], m["ciphertext"]] for m in vector["messages"]]
        vectors.append(row)

document = {
    "format": "handshakes: hex; init_* and resp_* are prologues and private keys; messages are "
    "[payload, ciphertext], by turns from the initiator on, those of the handshake first; a key or "
    "hash that the source does not have is missing",
    "source": "cacophony and snow (mcginty/snow 8ac60f5, tests/vectors), by extract-noise.py",
}
rows = ",\n  ".join(json.dumps(vector) for vector in vectors)
head = json.dumps(document, indent=1)[:-2]
print(head + ',\n "vectors": [\n  ' + rows + "\n ]\n}")
