import CRDT
import RESP

/// CRDT.INCRBY and its like, and what all commands for replicated values need.
extension KeyValueCore {
  /// Executes one of the commands for replicated values.
  mutating func replicatedValue(
    _ id: CommandID, _ request: RequestArguments, _ reply: inout ReplyBuffer
  ) {
    switch id {
    case .crdtType: valueTypes(request, &reply)
    case .crdtSet: setRegister(request, &reply)
    case .crdtGet, .syncSiblings: siblings(request, &reply)
    case .crdtIncrby: count(request, isNegative: false, &reply)
    case .crdtDecrby: count(request, isNegative: true, &reply)
    case .crdtCount: counter(request, &reply)
    case .crdtSadd: addMembers(request, &reply)
    case .crdtSrem: removeMembers(request, &reply)
    case .crdtSismember: isMember(request, &reply)
    case .crdtSmembers: members(request, &reply)
    case .crdtScard: memberCount(request, &reply)
    case .crdtHset: setFields(request, &reply)
    case .crdtHget: field(request, &reply)
    case .crdtHdel: deleteFields(request, &reply)
    case .crdtHincrby: countField(request, &reply)
    case .crdtHgetall: fields(request, &reply)
    default: fieldCount(request, &reply)
    }
  }

  /// What a command for replicated values found under a key.
  enum Found {
    case nothing
    case value(FieldReader)
    /// Something of another type; the error was appended.
    case refused
  }

  /// What a key holds of a type.
  mutating func look(
    _ field: FieldKey, _ key: UnsafeRawBufferPointer, _ reply: inout ReplyBuffer
  ) -> Found {
    guard let number = find(key) else {
      statistics.misses += 1
      return .nothing
    }
    statistics.hits += 1
    guard table.entry(number).pointee.isReplicated,
      let value = replicated(number).shown[field]
    else {
      reply.error(KeyValueReply.wrongType)
      return .refused
    }
    return .value(value)
  }

  /// Begins a change of what a key holds of a type; nil if it holds something else, or is none,
  /// after the error.
  mutating func begin(
    _ field: FieldKey, _ key: UnsafeRawBufferPointer, _ reply: inout ReplyBuffer
  ) -> ValueChange? {
    guard isKey(key, &reply) else { return nil }
    let change = begin(key)
    if let shown = change.shown, shown[field] == nil {
      reply.error(KeyValueReply.wrongType)
      return nil
    }
    return change
  }

  /// Makes changes, and stores them; false if they cannot be made, after the error.
  mutating func finish(
    _ change: ValueChange, _ operations: [ORMap.Operation], of key: UnsafeRawBufferPointer,
    _ reply: inout ReplyBuffer
  ) -> Bool {
    var change = change
    do throws(CRDTError) {
      for operation in operations { try apply(operation, to: &change) }
    } catch {
      reply.error("ERR \(error)")
      return false
    }
    guard finish(change, of: key) else {
      reply.error(KeyValueReply.tooLong)
      return false
    }
    return true
  }

  /// The types that a key holds.
  private mutating func valueTypes(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = find(request[1]) else { return reply.array(0) }
    let value = replicated(number)
    var names: [String] = []
    if case .bytes = value.plain.content { names.append("string") }
    let shown = value.shown
    let types: [(FieldKey, String)] = [
      (.register, "register"), (.counter, "counter"), (.set, "set"), (.map, "map"),
    ]
    names += types.filter { shown[$0.0] != nil }.map(\.1)
    reply.array(names.count)
    for name in names { reply.bulk(name) }
  }

  // MARK: Counters

  /// A change of a number that is given; nil after an error.
  func amount(
    _ word: UnsafeRawBufferPointer, isNegative: Bool, _ reply: inout ReplyBuffer
  ) -> Int64? {
    guard let number = DecimalText.integer(word) else {
      reply.error(KeyValueReply.notInteger)
      return nil
    }
    guard isNegative else { return number }
    guard number != .min else {
      reply.error("ERR decrement would overflow")
      return nil
    }
    return -number
  }

  private mutating func count(
    _ request: RequestArguments, isNegative: Bool, _ reply: inout ReplyBuffer
  ) {
    guard let amount = amount(request[2], isNegative: isNegative, &reply) else { return }
    guard let change = begin(.counter, request[1], &reply) else { return }
    let (sum, isLarge) = (change.shown?[.counter]?.sum ?? 0).addingReportingOverflow(amount)
    if isLarge { return reply.error(KeyValueReply.overflow) }
    guard
      finish(change, [.update([], .counter(.add(amount)))], of: request[1], &reply)
    else { return }
    reply.integer(sum)
  }

  private mutating func counter(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    switch look(.counter, request[1], &reply) {
    case .nothing: reply.integer(0)
    case .value(let counter): reply.integer(counter.sum)
    case .refused: return
    }
  }

  // MARK: Registers

  private mutating func setRegister(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard isKey(request[1], &reply) else { return }
    guard isElement(request[2], &reply) else { return }
    var change = begin(request[1])
    if change.shown != nil, change.value.texts.isEmpty {
      return reply.error(KeyValueReply.wrongType)
    }
    change.value.plain = .init(change.time, .nothing, expiry: 0)
    let write = ORMap.Operation.update([], .multiValue(.write(request.bytes(2))))
    guard finish(change, [write], of: request[1], &reply) else { return }
    reply.simple("OK")
  }

  /// All strings that stand side by side.
  private mutating func siblings(_ request: RequestArguments, _ reply: inout ReplyBuffer) {
    guard let number = find(request[1]) else { return reply.array(0) }
    if isBytes(number) {
      reply.array(1)
      return reply.bulk(table.entry(number).pointee.value)
    }
    let texts = texts(number)
    guard !texts.isEmpty else { return reply.error(KeyValueReply.wrongType) }
    reply.array(texts.count)
    for text in texts { reply.bulk(text) }
  }

  /// Whether a word can be an element, a field or a register's value; else the error is appended.
  func isElement(_ word: UnsafeRawBufferPointer, _ reply: inout ReplyBuffer) -> Bool {
    if word.count <= CRDTLimits.valueBytesMax { return true }
    reply.error("ERR an element, a field or its value must have at most 1048576 bytes")
    return false
  }
}
