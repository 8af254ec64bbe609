import Networking
import Primitives
import Runtime
import SimulatedLinks
import TestSupport
import Testing
import Transport

/// Whole transports on simulated links. `LIVESYNC_NETWORK_SEEDS` runs more seeds.
@Suite struct TransportCampaignTests {
  @Test func nodes_shouldBeConnectedAgain_onceFaultsStop() {
    var (asked, answered, crowded) = (0, 0, 0)
    for seed in 1...Campaign.seeds("LIVESYNC_NETWORK_SEEDS", default: 10) {
      let world = TransportWorld(seed: seed)
      world.run()
      #expect(
        world.violations.isEmpty,
        "seed \(seed), \(world.shape), \(world.nodes.count) nodes: \(world.violations)")
      asked += world.asked
      answered += world.answered
      crowded += world.isCrowded ? 1 : 0
    }
    // A campaign in which little happens shows nothing.
    #expect(asked > 250 && answered > asked / 4, "\(asked) \(answered)")
    #expect(crowded > 0)
  }

  @Test(arguments: [3, 4] as [UInt64])
  func log_shouldBeTheSame_whenTheSeedIs(seed: UInt64) {
    let (first, again) = (TransportWorld(seed: seed), TransportWorld(seed: seed))
    first.run()
    again.run()
    #expect(first.log.utf8.count > 5_000)
    let lines = zip(first.log.split(separator: "\n"), again.log.split(separator: "\n"))
    let difference = lines.first { $0 != $1 }
    #expect(first.log == again.log, "\(String(describing: difference))")
    #expect(first.runtime.scheduleFingerprint == again.runtime.scheduleFingerprint)
  }

  @Test(arguments: [
    (PlantedFault.dialsOnce, "not connected"), (.keepsGossip, "has not heard"),
    (.bansAFriend, "banned"),
  ])
  func plantedFault_shouldBeCaught(fault: PlantedFault, what: String) {
    for seed in 1...3 as ClosedRange<UInt64> {
      let world = TransportWorld(seed: seed, fault: fault, shape: .star, count: 5)
      world.run()
      #expect(world.violations.contains { $0.contains(what) }, "seed \(seed): \(world.violations)")
    }
  }

  /// All nodes know one, which goes away for good.
  private static func withoutTheFirst(seed: UInt64, _ fault: PlantedFault?) -> TransportWorld {
    let world = TransportWorld(seed: seed, fault: fault, shape: .star, count: 6)
    for node in world.nodes { world.start(node) }
    world.runtime.advance(by: TransportLimits.addressesPause * 20)
    for node in world.nodes { world.stop(node, inOrder: true) }
    world.runtime.advance(by: .seconds(10))
    for node in world.nodes.dropFirst() { world.start(node) }
    world.runtime.advance(by: .seconds(600))
    return world
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func nodes_shouldFindEachOther_byWhatTheyRemember_whenTheOneTheyKnewIsGone(seed: UInt64) {
    let world = Self.withoutTheFirst(seed: seed, nil)
    #expect(world.reached(from: 1).count == 5, "\(world.pairs)")
    #expect(world.violations.isEmpty, "\(world.violations)")
    let forgetful = Self.withoutTheFirst(seed: seed, .forgetsAddresses)
    #expect(forgetful.reached(from: 1).count == 1, "\(forgetful.pairs)")
  }

  /// Every byte of the handshake, and of what follows it.
  @Test func link_shouldBeMadeAgain_atWhateverByteItBroke() {
    for place in 0..<700 {
      for fault in [LinkFault.breaks(afterBytes: place), .fallsSilent(afterBytes: place)] {
        if case .fallsSilent = fault, place % 16 != 0 { continue }
        let world = TransportWorld(seed: UInt64(place), shape: .star, count: 2)
        world.internet.fault = { $0 == 0 ? fault : nil }
        for node in world.nodes { world.start(node) }
        var time = Duration.seconds(12)
        if case .fallsSilent = fault { time = .seconds(90) }
        world.runtime.advance(by: time)
        #expect(world.pairs == [[0, 1]], "\(fault)")
        #expect(world.violations.isEmpty, "\(fault): \(world.violations)")
      }
    }
  }
}
