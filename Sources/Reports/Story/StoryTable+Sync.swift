/// Events of live sync and of requests.
extension StoryTable {
  static let syncs: [StoryRow] = [
    StoryRow(
      "chunk.requested", "{peer} is asked for the keys {keys}, at most {limit} accounts",
      .asks(["chunk", "snapshot_piece"])),
    StoryRow(
      "chunk.received", "{items} accounts of the keys {keys} come from {peer}, as of {block}",
      .arrives),
    StoryRow(
      "chunk.buffered", "the chunk with the keys {keys} waits until {block} is here", .waits),
    StoryRow(
      "chunk.accepted",
      "the chunk from {peer} is proven: {items} accounts of the keys {keys} are held ({bytes})",
      .settles(.taken)),
    StoryRow(
      "chunk.rejected", "the chunk from {peer} with the keys {keys} is refused: {reason}",
      .settles(.refused)),
    StoryRow(
      "chunk.ignored", "the chunk from {peer} with the keys {keys} adds nothing: {reason}",
      .settles(.unused)),
    StoryRow(
      "chunk.discarded",
      "the chunk from {peer} with the keys {keys} is thrown away unchecked: {reason}",
      .settles(.unused)),
    StoryRow(
      "chunk.pruned",
      "the chunk from {peer} with the keys {keys} waited in vain and is thrown away: {reason}",
      .settles(.unused)),
    StoryRow("request.sent", "a request ({type}, {bytes}) goes to {peer}", .sends),
    StoryRow(
      "request.ended", "the request to {peer} ends after {duration_ns}: {outcome}, {bytes}", .ends),
    StoryRow("request.served", "it answers {peer} ({type}, {bytes})"),
    StoryRow("request.refused", "it does not answer {peer} ({type}): {reason}"),
    StoryRow(
      "diff.requested", "{peer} is asked for the diff of {block}, try {attempt}",
      .asks(["trie_diff"])),
    StoryRow(
      "diff.accepted",
      "the diff of {block} from {peer} fits its header: {entries} keys change ({bytes})",
      .settles(.taken)),
    StoryRow(
      "diff.rejected", "the diff of {block} from {peer} is refused: {reason}", .settles(.refused)),
    StoryRow(
      "diff.failed",
      "nobody gave the diff of {block}: {reason}; the next round is in {backoff_ns}"),
    StoryRow(
      "blocks.requested", "{peer} is asked for the blocks that lead to {block} ({direction})",
      .asks(["missing_blocks", "block"])),
    StoryRow(
      "blocks.received", "{blocks} blocks come from {peer}, {first} to {last}", .settles(.taken)),
    StoryRow(
      "blocks.rejected", "the blocks from {peer} are refused: {reason}", .settles(.refused)),
    StoryRow("blocks.failed", "nobody gave the blocks that lead to {block}: {reason}"),
    StoryRow("block.announced", "{peer} announces {block}"),
    StoryRow("block.accepted", "{block} joins the chain ({source})[ from {peer}]"),
    StoryRow("block.rejected", "{block}[ from {peer}] is refused: {reason}", .settles(.refused)),
    StoryRow("block.ignored", "{block}[ from {peer}] changes nothing: {reason}"),
    StoryRow(
      "block.buffered",
      "{block}[ from {peer}] waits for its ancestors; {buffered} blocks wait", .waits),
    StoryRow("block.dropped", "{block} is taken out of the buffer unused: {reason}"),
    StoryRow("block.produced", "it makes {block} ({kind}) with {transactions} transactions"),
    StoryRow("state.complete", "the state is complete at {block}: {items} accounts"),
    StoryRow(
      "state.incomplete",
      "the state at {block} has gaps again ({missing_ranges} ranges): {reason}"),
    StoryRow(
      "state.wrong_root", "the state at {block} has the wrong root and is discarded: {detail}"),
    StoryRow(
      "state.progress",
      "{held_ppm} of the key space is held at {block}, {missing_ranges} ranges are missing"),
    StoryRow(
      "state.reset", "the next chunk is asked for from the first missing key again: {reason}"),
    StoryRow(
      "state.forecast",
      "forecast: {forecast}[, done in {eta_ns}], {progress_ppm} is done"),
    StoryRow(
      "state.sources",
      "what is missing at {block} will take {piece_bytes} of pieces and {chunk_bytes} of chunks"),
    StoryRow(
      "state.traffic",
      "so far {verified_bytes} of chunks were of use, {unused_bytes} were not, "
        + "{refused_bytes} were wrong"),
    StoryRow("queue.limit_reached", "the queue {queue} is full at {limit}"),
  ]
}
