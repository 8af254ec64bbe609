import Runtime
import Storage

/// What goes wrong between replicas and with them.
extension ReplicaWorld {
  // MARK: Links

  mutating func send(_ bytes: [UInt8], from: Int, to: Int) {
    let links = isHealed ? ReplicaPlan.Links() : plan.links
    if links.lossPerMillion > 0, network.chance(perMillion: links.lossPerMillion) {
      coverage.add(.loss)
      trace.add(.lost(from: from, to: to, why: "lost"), at: now)
      return
    }
    sent += 1
    var copies = 1
    if links.duplicatePerMillion > 0, network.chance(perMillion: links.duplicatePerMillion) {
      coverage.add(.duplicate)
      copies = 2
    }
    for _ in 0..<copies {
      let latency = network.number(in: 1...Int(links.latencyMax) * 1_000)
      queue.add(
        .deliver(bytes, from: from, to: to, sent: sent),
        at: now.advanced(by: .microseconds(latency)))
    }
  }

  mutating func deliver(_ bytes: [UInt8], from: Int, to: Int, sent: UInt64) {
    if let cut = cuts.first(where: { $0.cuts(from: from, to: to) }) {
      coverage.add(cut.fault)
      trace.add(.lost(from: from, to: to, why: "cut"), at: now)
      return
    }
    guard machines[to].node != nil else {
      trace.add(.lost(from: from, to: to, why: "is down"), at: now)
      return
    }
    let link = from * plan.replicas + to
    if sent < arrived[link] ?? 0 { coverage.add(.reorder) }
    arrived[link] = max(sent, arrived[link] ?? 0)
    trace.add(.delivered(from: from, to: to, bytes), at: now)
    step(to, .message(bytes, from: from))
  }

  // MARK: Machines

  mutating func begin(_ strike: ReplicaPlan.Strike) {
    trace.add(.fault("\(strike.kind) for \(strike.duration) ms"), at: now)
    switch strike.kind {
    case .partition, .deaf:
      cuts.append(strike)
      queue.add(.end(strike), at: now.advanced(by: .milliseconds(strike.duration)))
    case .crashAtWrite(let number, let write, let isAfter):
      arm(number, write, isAfter ? .crashAfter : .crashBefore)
    case .failedWrite(let number, let write, let isFull):
      arm(number, write, isFull ? .fullDisk : .failed)
    case .crash(let number):
      guard machines[number].node != nil else { return }
      coverage.add(.crashBetween)
      down(number, for: strike.duration, "crashed")
    case .cleanRestart(let number): restart(number, downFor: strike.duration)
    case .pause(let number):
      guard machines[number].node != nil, machines[number].paused == nil else { return }
      machines[number].paused = []
      machines[number].pauses += 1
      queue.add(
        .resume(number, pause: machines[number].pauses),
        at: now.advanced(by: .milliseconds(strike.duration)))
    case .clockJump(let number, let milliseconds): jump(number, by: milliseconds)
    case .backup(let number):
      machines[number].backup = (machines[number].disk.copy(), machines[number].known)
    case .restore(let number, let source):
      restore(number, of: source, downFor: strike.duration)
    }
  }

  private mutating func arm(_ number: Int, _ write: UInt64, _ fault: StorageFaults.Write) {
    let disk = machines[number].disk
    disk.faults.writes[disk.writes + write] = fault
  }

  private mutating func restart(_ number: Int, downFor milliseconds: Int64) {
    guard var node = machines[number].node, let store = machines[number].store else { return }
    do throws(StorageError) {
      try node.close(in: store)
      coverage.add(.cleanRestart)
      down(number, for: milliseconds, "closed")
    } catch {
      down(number, for: milliseconds, "failed to close: \(error.reason)")
    }
  }

  mutating func resume(_ number: Int, pause: Int) {
    guard machines[number].pauses == pause, let waiting = machines[number].paused else { return }
    machines[number].paused = nil
    if !waiting.isEmpty { coverage.add(.pause) }
    trace.add(.replica(number, "resumed"), at: now)
    for event in waiting { queue.add(event, at: now) }
  }

  private mutating func jump(_ number: Int, by milliseconds: Int64) {
    let limit = ReplicaPlan.offsetMax
    let offset = machines[number].offset + milliseconds
    machines[number].offset = min(limit, max(-limit, offset))
    coverage.add(.clockJump)
  }

  /// Replaces a store by a backup. What only the replaced one had, nobody can give back.
  private mutating func restore(_ number: Int, of source: Int, downFor milliseconds: Int64) {
    guard let backup = machines[source].backup else { return }
    var left = backup.known
    for other in machines.indices where other != number { left.formUnion(machines[other].known) }
    excused.formUnion(machines[number].known.subtracting(left))
    coverage.add(source == number ? .restore : .copy)
    down(number, for: milliseconds, "gets an old copy of \(source)")
    machines[number].disk = backup.disk.copy(name: "replica \(number)")
    machines[number].known = backup.known
  }
}

extension ReplicaPlan.Strike {
  /// Whether it keeps messages of one replica from another one.
  func cuts(from: Int, to: Int) -> Bool {
    switch kind {
    case .partition(let side, _): side >> UInt64(from) & 1 != side >> UInt64(to) & 1
    case .deaf(let first, let second): first == from && second == to
    default: false
    }
  }

  /// What a cut counts as.
  var fault: ReplicaFault {
    if case .partition(_, let fault) = kind { return fault }
    return .asymmetricPartition
  }
}
