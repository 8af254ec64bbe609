extension EventSchema {
  /// The schema document, Docs/Events.md.
  public var markdown: String {
    Self.introduction + headerTable + eventTables + fieldTable
  }

  private static let introduction = """
    # The event log

    A run writes one file, `events.jsonl`: one JSON object a line, keys in fixed order, unsigned
    integers and strings only, lower-case hexadecimal, no wall-clock time. One identity (seed,
    scenario, commit, toolchain, mode) gives one file, byte for byte, so `sha256sum` compares runs.

    - The first record is `run.start`, the last `run.end`. A log without `run.end` was cut off.
    - A last line without its line feed was cut off while it was written, as by a full disk. Readers
      leave it out with a warning; `--strict` refuses it.
    - `seq` orders all records of a run, whatever node they are from. `cause` is the `seq` of the
      record that led to this one, `req` pairs a request's records. A field that does not apply is
      missing, never null.
    - One field name means the same thing in every event, so a log is one table.
    - Schema version: \(Event.schemaVersion). A program refuses logs of a newer schema, and
      events and fields that its schema does not have.

    Each room declares the events that it emits, in its folder `Events`. This page is generated from
    the schema that lists them all, `EventSchema.livesync`; a test compares the two.

    ## Reading a log

    `livesync events summary` counts, `events explain` tells the story of one chunk, block, peer,
    request or snapshot, `livesync report` writes a page, and `events export` gives the log to
    Perfetto, ShiViz or, as Parquet, to anything that reads that
    ([CommandLine.md](CommandLine.md#event-logs)). Ten questions with their answers in SQL are in
    [Queries.md](Queries.md).

    ```sh
    # Why were chunks refused, and whose were they?
    jq -r 'select(.event == "chunk.rejected") | [.peer, .reason] | @tsv' events.jsonl \\
      | sort | uniq -c
    # The story of one block.
    jq -c 'select(.block == 815)' events.jsonl
    # What led to record 5120, back to the beginning.
    jq -cs '. as $all | 5120 | recurse($all[.].cause // empty) | $all[.]' events.jsonl
    ```

    ```sql
    -- DuckDB: the file is a table with one column a field.
    create table log as select * from read_json('events.jsonl', format = 'newline_delimited',
      union_by_name = true, sample_size = -1);
    select event, reason, count(*) from log where level in ('warn', 'error')
      group by all order by 3 desc;
    -- How long requests took, by peer and outcome.
    select type, peer, outcome, count(*), quantile_cont(duration_ns, 0.5) / 1e6 as median_ms
      from log where event = 'request.ended' group by all order by 1, 2;
    -- How the state filled up.
    select t_ns / 1e9 as seconds, held_ppm / 1e4 as percent from log where event = 'state.progress';
    ```

    `seed` can be above 2^53, where some JSON tools round; DuckDB and jq 1.7 keep it.


    """

  private var headerTable: String {
    "## Every record\n\nThese fields come first, in this order; `cause` and `req` can be"
      + " missing.\n\n" + table(of: EventField.header)
  }

  private var eventTables: String {
    var text = "## Events\n\nFields in brackets can be missing.\n"
    var group = ""
    for entry in entries {
      let entryGroup = String(entry.name.prefix { $0 != "." })
      if entryGroup != group {
        group = entryGroup
        text += "\n### \(group)\n\n| event | level | meaning | fields |\n|---|---|---|---|\n"
      }
      let fields = entry.fields.map(description).joined(separator: ", ")
      text += "| `\(entry.name)` | \(entry.level) | \(entry.meaning) | \(fields) |\n"
    }
    return text + "\n"
  }

  private var fieldTable: String {
    let uses = entries.flatMap { $0.fields.map(\.field) }
    var known: Set<EventField> = []
    // Fields that rooms declare themselves follow the common ones, in the order of their first use.
    let fields = (EventField.common.filter(Set(uses).contains) + uses).filter {
      known.insert($0).inserted
    }
    return "## Fields\n\n" + table(of: fields)
  }

  private func description(of field: Field) -> String {
    field.isOptional ? "[`\(field.field.name)`]" : "`\(field.field.name)`"
  }

  private func table(of fields: [EventField]) -> String {
    var text = "| field | type | unit | meaning |\n|---|---|---|---|\n"
    for field in fields {
      text += "| `\(field.name)` | \(type(of: field)) | \(field.unit ?? "") "
      text += "| \(field.meaning) |\n"
    }
    return text + "\n"
  }

  /// The type of a field, as its first use shows it.
  private func type(of field: EventField) -> String {
    switch field {
    case .seq, .tNs, .cause, .req: return "integer"
    case .node, .actor, .event, .level: return "text"
    default: break
    }
    for entry in entries {
      for use in entry.fields where use.field == field { return use.text?.description ?? "integer" }
    }
    return "unused"
  }
}
