import Runtime
import TestSupport
import Testing
import Transport

/// A line with a buffer before it, as a plain model: what is handed on waits there and leaves at
/// the line's rate; round trips are smoothed as a kernel does.
private struct ModelLine {
  var bytesPerSecond: Double
  let least: Duration
  private(set) var outstanding = 0.0
  private var smoothed: Double
  private(set) var acknowledged = 0.0
  /// What was handed on, by the time at which it is acknowledged.
  private var way: [(at: Double, bytes: Double)] = []
  private var freeAt = 0.0
  private var now = 0.0
  /// What was acknowledged lately, by time.
  private var recent: [(at: Double, bytes: Double)] = []

  init(bytesPerSecond: Double, least: Duration) {
    self.bytesPerSecond = bytesPerSecond
    self.least = least
    smoothed = least / .seconds(1)
  }

  /// Seconds that the next byte would wait before the line.
  var waiting: Double { max(0, freeAt - now) }

  mutating func hand(_ bytes: Double) {
    var rest = bytes
    while rest > 0 {
      let packet = min(rest, 1_448)
      rest -= packet
      freeAt = max(now, freeAt) + packet / bytesPerSecond
      way.append((freeAt + least / .seconds(1), packet))
    }
    outstanding += bytes
  }

  mutating func advance(_ seconds: Double) {
    now += seconds
    let done = way.firstIndex { $0.at > now } ?? way.count
    for first in way[..<done] {
      outstanding -= first.bytes
      acknowledged += first.bytes
      recent.append(first)
      // The round trip of what is acknowledged is the way and what waits behind it.
      let trip = least / .seconds(1) + waiting
      smoothed += (trip - smoothed) / 8
    }
    way.removeFirst(done)
    let span = rateSeconds
    recent.removeAll { $0.at < now - span }
  }

  /// A kernel measures over a round trip.
  private var rateSeconds: Double { least / .seconds(1) + 0.02 }

  func reading(spike: Double = 1) -> LineReading {
    let rate = recent.reduce(0) { $0 + $1.bytes } / rateSeconds
    return LineReading(
      bytesPerSecond: Int(rate * spike), least: least,
      present: .nanoseconds(Int64(smoothed * 1e9)))
  }
}

@Suite struct LineWindowTests {
  private static let step = TransportLimits.lineReadingPause

  /// Keeps a line busy for some seconds; gives the waits that a header would have seen.
  private static func run(
    _ line: inout ModelLine, _ window: inout LineWindow, _ seconds: Int, from start: Moment,
    random: inout SeededGenerator
  ) -> [Double] {
    var waits: [Double] = []
    var now = start
    let step = step / .seconds(1)
    for _ in 0..<Int(Double(seconds) / step) {
      now = now.advanced(by: Self.step)
      line.advance(step)
      // Now and then a few packets that passed at once make the line look fast.
      let spike = random.chance(3) ? 20.0 : 1
      window.update(
        line.reading(spike: spike), outstanding: Int(line.outstanding), at: now)
      let room = window.room(outstanding: Int(line.outstanding))
      line.hand(Double(room ?? max(0, 256_000 - Int(line.outstanding))))
      waits.append(line.waiting)
    }
    return waits.sorted()
  }

  @Test(arguments: [
    (125_000.0, Duration.milliseconds(20)), (1_250_000, .microseconds(100)),
    (1_250_000, .milliseconds(80)), (6_000_000, .milliseconds(5)),
  ])
  func headers_shouldWaitShortly_onALineThatIsFull(rate: Double, least: Duration) {
    for seed in 0..<UInt64(2) {
      var random = SeededGenerator(seed: seed)
      var line = ModelLine(bytesPerSecond: rate, least: least)
      var window = LineWindow()
      _ = Self.run(&line, &window, 5, from: .start, random: &random)
      let before = line.acknowledged
      let waits = Self.run(
        &line, &window, 5, from: Moment.start.advanced(by: .seconds(5)), random: &random)
      let floor = Double(TransportLimits.lineWindowMin) / rate
      let most = max(floor, 3 * (TransportLimits.lineQueueMax / .seconds(1)))
      let late = waits[waits.count * 99 / 100]
      #expect(late <= most + 0.005, "seed \(seed): \(late) s")
      let share = (line.acknowledged - before) / (5 * rate)
      #expect(share > 0.7, "seed \(seed): \(share) of the line")
    }
  }

  @Test func window_shouldGrow_whenTheLineBecomesFaster() {
    var random = SeededGenerator(seed: 1)
    var line = ModelLine(bytesPerSecond: 500_000, least: .milliseconds(40))
    var window = LineWindow()
    _ = Self.run(&line, &window, 10, from: .start, random: &random)
    let slow = window.bytes
    line.bytesPerSecond = 4_000_000
    _ = Self.run(
      &line, &window, 20, from: Moment.start.advanced(by: .seconds(10)), random: &random)
    #expect((window.bytes ?? .max) > 4 * (slow ?? .max), "\(window) after \(slow ?? -1)")
  }

  @Test func fastLine_shouldBeLeftToTheKernel() {
    var window = LineWindow()
    let rate = TransportLimits.slowLineBytesPerSecond
    for index in 0..<100 {
      let now = Moment.start.advanced(by: Self.step * index)
      #expect(index == 0 || window.isReadingDue(at: now))
      window.update(
        LineReading(bytesPerSecond: rate, least: .zero, present: .milliseconds(200)),
        outstanding: 1 << 20, at: now)
    }
    #expect(window.bytes == nil && window.room(outstanding: 1 << 30) == nil)
    // Nor is a line of which nothing is known.
    window.update(
      LineReading(bytesPerSecond: 0, least: .zero, present: .seconds(1)), outstanding: 0,
      at: Moment.start.advanced(by: .seconds(9)))
    #expect(window.bytes == nil)
  }

  @Test func window_shouldNeverBeBelowItsLeast_norAboveItsMost() {
    for seed in 0..<UInt64(200) {
      var random = SeededGenerator(seed: seed)
      var window = LineWindow()
      var now = Moment.start
      for _ in 0..<300 {
        now = now.advanced(by: .microseconds(Int64(random.below(50_000))))
        let least = Duration.microseconds(Int64(random.below(300_000)))
        let present = least + .microseconds(Int64(random.below(400_000)))
        let reading = LineReading(
          bytesPerSecond: random.chance(10) ? 0 : random.below(60 << 20), least: least,
          present: present)
        window.update(reading, outstanding: random.below(8 << 20), at: now)
        guard let bytes = window.bytes else { continue }
        #expect(bytes >= TransportLimits.lineWindowMin, "seed \(seed)")
        #expect(bytes < TransportLimits.lineWindowMax, "seed \(seed)")
        #expect(window.room(outstanding: bytes + 1) == 0, "seed \(seed)")
      }
    }
  }
}
