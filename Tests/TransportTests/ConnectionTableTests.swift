import Networking
import Primitives
import TestSupport
import Testing
import Transport

/// Peers and addresses by small numbers.
enum Somebody {
  static func key(_ number: Int) -> PublicKey {
    PublicKey(raw: Hash256(words: (UInt64(number), 0, 0, 0)))
  }

  static func identity(_ number: Int) -> NodeIdentity { NodeIdentity(key: key(number)) }

  static func peer(_ number: Int) -> PeerID {
    PeerID(identity: identity(number), number: UInt32(number))
  }

  /// A host of a subnet (/24) of its own for each `subnet`.
  static func address(subnet: Int, host: Int = 1) -> SocketAddress {
    SocketAddress(.v4(0x0800_0000 + UInt32(subnet << 8 + host)), port: 1000)
  }
}

@Suite struct ConnectionTableTests {
  private static func table(
    own: Int = 1, reserved: [Int] = [], change: (inout ConnectionLimits) -> Void = { _ in }
  ) -> ConnectionTable {
    var limits = ConnectionLimits()
    change(&limits)
    return ConnectionTable(
      own: Somebody.identity(own), reserved: Set(reserved.map(Somebody.identity)), limits: limits)
  }

  @Test func connections_shouldBeLimited_byAddressAndSubnet_ofBothForms() {
    var table = Self.table()
    let most = TransportLimits.connectionsPerAddressMax
    for number in 1...UInt64(most) {
      let address = Somebody.address(subnet: 1, host: 1)
      #expect(table.arrived(number, from: address) == .taken(givingWay: nil))
    }
    // The same host in the form of IPv6 is the same host.
    let mapped = SocketAddress(.v6(0, 0xffff_0800_0101), port: 5)
    #expect(table.arrived(90, from: mapped) == .refused("\(most) connections from this address"))
    for host in most..<TransportLimits.connectionsPerSubnetMax {
      let address = Somebody.address(subnet: 1, host: 10 + host)
      #expect(table.arrived(UInt64(100 + host), from: address) == .taken(givingWay: nil))
    }
    #expect(
      table.arrived(91, from: Somebody.address(subnet: 1, host: 99))
        == .refused("\(TransportLimits.connectionsPerSubnetMax) connections from this subnet"))
    _ = table.ended(1)
    #expect(
      table.arrived(92, from: Somebody.address(subnet: 1, host: 99)) == .taken(givingWay: nil))
  }

  @Test func ownHost_shouldHaveNoLimit_unlessItIsTold() throws {
    let local = try #require(SocketAddress("127.0.0.1:9"))
    var table = Self.table()
    for number in 1...UInt64(TransportLimits.handshakesMax) {
      #expect(table.arrived(number, from: local) == .taken(givingWay: nil))
    }
    var strict = Self.table { $0.limitsLoopback = true }
    for number in 1...UInt64(TransportLimits.connectionsPerAddressMax) {
      #expect(strict.arrived(number, from: local) == .taken(givingWay: nil))
    }
    guard case .refused = strict.arrived(50, from: local) else {
      Issue.record("a connection too many is taken")
      return
    }
  }

  @Test func oldestHandshake_shouldGiveWay_whenThereAreTooMany() {
    var table = Self.table()
    let most = UInt64(TransportLimits.handshakesMax)
    for number in 1...most {
      let address = Somebody.address(subnet: Int(number))
      #expect(table.arrived(number, from: address) == .taken(givingWay: nil))
    }
    #expect(
      table.arrived(most + 1, from: Somebody.address(subnet: 900)) == .taken(givingWay: 1))
    #expect(
      table.authenticated(1, as: Somebody.identity(5))
        == .refused(.full, "it had to give way", stays: nil))
  }

  @Test func crowdedSubnet_shouldGiveWay_toOneWithFewer() {
    var table = Self.table { $0.inboundMax = TransportLimits.connectionsPerSubnetMax }
    func connect(_ number: Int, subnet: Int) -> ConnectionTable.Verdict {
      _ = table.arrived(UInt64(number), from: Somebody.address(subnet: subnet, host: number))
      return table.authenticated(UInt64(number), as: Somebody.identity(number))
    }
    let most = TransportLimits.connectionsPerSubnetMax
    for number in 10..<10 + most {
      #expect(connect(number, subnet: 1) == .taken(ending: nil, .full))
    }
    // The newest of the crowded subnet ends, as often as it still has two more than the other.
    var refused = false
    for number in 30..<30 + most {
      switch connect(number, subnet: 2) {
      case .taken(let ending?, .full):
        #expect(!refused && (10..<10 + most).contains(Int(ending)))
        #expect(table.ended(ending) == Somebody.identity(Int(ending)))
      case .refused(.full, _, stays: nil):
        refused = true
        _ = table.ended(UInt64(number))
      default: Issue.record("\(number)")
      }
    }
    let left = table.entries.values.count { $0.address.subnet == 0x08_0001 }
    #expect(refused && left == most / 2, "\(left)")
  }

  @Test func keptPeer_shouldHaveAPlace_whateverTheLimit() {
    var table = Self.table(reserved: [7]) { $0.inboundMax = 0 }
    _ = table.arrived(1, from: Somebody.address(subnet: 1))
    _ = table.arrived(2, from: Somebody.address(subnet: 2))
    #expect(
      table.authenticated(1, as: Somebody.identity(6))
        == .refused(.full, "0 peers are connected", stays: nil))
    #expect(table.authenticated(2, as: Somebody.identity(7)) == .taken(ending: nil, .full))
    #expect(table.outboundCount == 0)
    table.dialled(3, Somebody.address(subnet: 3))
    #expect(table.outboundCount == 1)
  }

  /// All orders in which two ends that dialled each other see their handshakes end, with word of an
  /// end coming at once or last.
  @Test func simultaneousDials_shouldLeaveTheSameConnection_atBothEnds() {
    func orders(_ rest: [Int]) -> [[Int]] {
      rest.isEmpty
        ? [[]] : rest.flatMap { first in orders(rest.filter { $0 != first }).map { [first] + $0 } }
    }
    for order in orders([0, 1, 2, 3]) {
      for isToldAtOnce in [true, false] {
        var ends = [Self.table(own: 1), Self.table(own: 2)]
        for end in 0...1 {
          // Connection 1 is dialled by end 0, connection 2 by end 1.
          ends[end].dialled(UInt64(1 + end), Somebody.address(subnet: 1))
          _ = ends[end].arrived(UInt64(2 - end), from: Somebody.address(subnet: 1))
        }
        var gone: [Set<UInt64>] = [[], []]
        func end(_ number: UInt64, at side: Int) {
          gone[side].insert(number)
          _ = ends[side].ended(number)
          guard isToldAtOnce else { return }
          gone[1 - side].insert(number)
          _ = ends[1 - side].ended(number)
        }
        for step in order {
          let (side, number) = (step / 2, UInt64(1 + step % 2))
          guard !gone[side].contains(number) else { continue }
          switch ends[side].authenticated(number, as: Somebody.identity(2 - side)) {
          case .taken(let ending, _): if let ending { end(ending, at: side) }
          case .refused: end(number, at: side)
          }
        }
        for side in 0...1 { for number in gone[1 - side] { _ = ends[side].ended(number) } }
        let left = ends.map { $0.entries.values.filter { $0.identity != nil }.map(\.number) }
        #expect(left == [[1], [1]], "order \(order), at once \(isToldAtOnce)")
      }
    }
  }

  @Test(arguments: [1, 9])
  func twoNodesWithOneKey_shouldNotTakeTurns(own: Int) {
    var table = Self.table(own: own)
    let twin = Somebody.identity(5)
    table.dialled(1, Somebody.address(subnet: 1))
    #expect(table.authenticated(1, as: twin) == .taken(ending: nil, .full))
    var changes = 0
    for number in 2..<UInt64(30) {
      _ = table.arrived(number, from: Somebody.address(subnet: Int(number)))
      switch table.authenticated(number, as: twin) {
      case .taken(let ending, let reason):
        #expect(ending == 1 && reason == .duplicate)
        _ = table.ended(1)
        changes += 1
      case .refused(let reason, _, let stays):
        #expect(reason == .duplicate && stays == table.byIdentity[twin])
        _ = table.ended(number)
      }
    }
    // At most from the connection that this end made to one that the other made, once.
    #expect(changes == (own < 5 ? 0 : 1) && table.entries.count == 1)
  }

  /// Against a plain list of connections.
  @Test func table_shouldKeepItsLimits_overRandomCalls() {
    for seed in 0..<Campaign.seeds("LIVESYNC_TABLE_SEEDS", default: 100) {
      var random = SeededGenerator(seed: seed)
      var table = Self.table(own: 50, reserved: [3]) {
        ($0.inboundMax, $0.handshakesMax, $0.perAddressMax, $0.perSubnetMax) = (6, 4, 2, 3)
      }
      var model: [UInt64: (address: SocketAddress, isInbound: Bool, peer: Int?)] = [:]
      // Inbound ones that took the place of one that this end dialled.
      var converted: Set<UInt64> = []
      func end(_ number: UInt64) {
        let (peer, left) = (model[number]?.peer, table.ended(number))
        model[number] = nil
        let others = model.values.contains { $0.peer == peer }
        #expect(left == (others ? nil : peer.map(Somebody.identity)), "seed \(seed)")
      }
      for step in 1...UInt64(300) {
        let address = Somebody.address(subnet: random.below(4), host: random.below(3))
        switch random.below(6) {
        case 0:
          table.dialled(step, address)
          model[step] = (address, false, nil)
        case 1, 2:
          let near = model.values.filter(\.isInbound).map(\.address)
          let isRefused =
            near.count { $0.host == address.host } >= 2
            || near.count { $0.subnet == address.subnet } >= 3
          let pending = model.filter { $0.value.isInbound && $0.value.peer == nil }.keys
          let expected = pending.count >= 4 ? pending.min() : nil
          switch table.arrived(step, from: address) {
          case .refused: #expect(isRefused, "seed \(seed), step \(step)")
          case .taken(let givingWay):
            #expect(!isRefused && givingWay == expected, "seed \(seed), step \(step)")
            if let givingWay { end(givingWay) }
            model[step] = (address, true, nil)
          }
        case 3, 4:
          guard let number = model.filter({ $0.value.peer == nil }).keys.sorted().last else {
            break
          }
          let peer = random.below(12)
          switch table.authenticated(number, as: Somebody.identity(peer)) {
          case .refused(_, _, let stays):
            #expect(stays == nil || model[stays!]?.peer == peer, "seed \(seed), step \(step)")
            end(number)
          case .taken(let ending, let reason):
            #expect(ending == nil || reason == .full || model[ending!]?.peer == peer)
            model[number]?.peer = peer
            if reason == .duplicate { converted.insert(number) }
            if let ending { end(ending) }
          }
        default:
          if let number = model.keys.sorted().first { end(number) }
        }
        let peers = model.values.compactMap(\.peer)
        let inbound = model.count { number, connection in
          connection.isInbound && ![nil, 3].contains(connection.peer) && !converted.contains(number)
        }
        guard Set(peers).count == peers.count, inbound <= 6, table.entries.count == model.count
        else {
          Issue.record("seed \(seed), step \(step): \(inbound) inbound, \(model)")
          return
        }
      }
    }
  }
}
