#!/usr/bin/env python3
"""Reads metrics with the parser of prometheus-client (PyPI) and checks the naming conventions.

Usage: metrics_check.py FILE_OR_URL
"""

import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def main() -> None:
    place = sys.argv[1]
    if place.startswith("http"):
        with urllib.request.urlopen(place, timeout=10) as answer:
            kind = answer.headers["Content-Type"]
            assert kind.startswith("text/plain; version=0.0.4"), kind
            text = answer.read().decode()
    else:
        with open(place, encoding="utf-8") as file:
            text = file.read()
    samples = 0
    families = list(text_string_to_metric_families(text))
    for family in families:
        assert family.name.startswith("livesync_"), family.name
        assert family.type in ("counter", "gauge"), (family.name, family.type)
        assert family.documentation.endswith("."), family.name
        assert family.samples, f"{family.name} has no samples"
        for sample in family.samples:
            total = sample.name.endswith("_total")
            assert total == (family.type == "counter"), sample.name
        seen = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        assert len(seen) == len(set(seen)), f"{family.name} has a sample twice"
        samples += len(seen)
    assert len(families) > 25, f"only {len(families)} families"
    print(f"{len(families)} families, {samples} samples")


main()
