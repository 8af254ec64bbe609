#!/usr/bin/env python3
"""Runs the queries of Docs/Queries.md with DuckDB over the log of a fixed seed and compares their
answers with the page: the first block of SQL makes the table, every further one is followed by a
block of text with its answer. The table is made from the Parquet file that
`livesync events export --to parquet` leads to.

Usage: log_queries.py LIVESYNC LOG PAGE [--record]
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

BLOCKS = re.compile(r"```(sql|text)\n(.*?)```\n", re.S)


def shown(table, query: str) -> str:
    """The rows of an answer as aligned text, numbers to the right."""
    answer = table.execute(query)
    names = [column[0] for column in answer.description]
    rows = [["" if cell is None else str(cell) for cell in row] for row in answer.fetchall()]
    lines = [names] + rows
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    right = [all(re.fullmatch(r"-?[\d.]*", row[i]) for row in rows) and rows != []
             for i in range(len(widths))]
    return "".join(
        "  ".join(cell.rjust(width) if is_right else cell.ljust(width)
                  for cell, width, is_right in zip(line, widths, right)).rstrip() + "\n"
        for line in lines)


def main() -> None:
    program, log, page = sys.argv[1:4]
    text = Path(page).read_text()
    blocks = list(BLOCKS.finditer(text))
    setup, queries = blocks[0], blocks[1:]
    assert setup[1] == "sql" and len(queries) % 2 == 0, "a query has no answer"
    with tempfile.TemporaryDirectory() as folder:
        parquet = f"{folder}/events.parquet"
        statement = subprocess.run(
            [program, "events", "export", log, parquet, "--to", "parquet"],
            capture_output=True, text=True, check=True).stdout
        duckdb.connect().execute(statement).fetchall()
        table = duckdb.connect()
        table.execute(setup[2].replace("'events.parquet'", f"'{parquet}'")).fetchall()
        [count] = table.execute("select count(*) from log").fetchall()
        lines = sum(1 for _ in open(log, "rb"))
        assert count == (lines,), f"{count[0]} of {lines} records are in the Parquet file"
        failures, pieces, end = 0, [], 0
        for query, answer in zip(queries[::2], queries[1::2]):
            assert (query[1], answer[1]) == ("sql", "text"), f"no answer follows: {query[2]}"
            found = shown(table, query[2])
            pieces.append(text[end:answer.start(2)] + found)
            end = answer.end(2)
            if found != answer[2] and "--record" not in sys.argv:
                failures += 1
                print(f"{query[2]}\nthe page says\n{answer[2]}\nthe log says\n{found}")
    if "--record" in sys.argv:
        Path(page).write_text("".join(pieces) + text[end:])
    print(f"{page}: {len(queries) // 2} queries, {failures} with other answers")
    sys.exit(1 if failures else 0)


main()
