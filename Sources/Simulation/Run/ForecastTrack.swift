import EventLog
import LiveSync

/// What a node forecast of its own sync, to be held against what came.
public struct ForecastTrack: Sendable, Hashable {
  /// One forecast.
  public struct Entry: Sendable, Hashable {
    /// When it was made, since the run began.
    public var atNanoseconds: Int64
    /// How far the sync was then, by its own account.
    public var progressPartsPerMillion: Int
    public var forecast: Event.StateForecast
    /// Time left, if it was told.
    public var etaNanoseconds: Int64?

    public init(
      atNanoseconds: Int64, progressPartsPerMillion: Int, forecast: Event.StateForecast,
      etaNanoseconds: Int64?
    ) {
      self.atNanoseconds = atNanoseconds
      self.progressPartsPerMillion = progressPartsPerMillion
      self.forecast = forecast
      self.etaNanoseconds = etaNanoseconds
    }
  }

  /// Progress from which on a forecast has to be right.
  public static let judgedFromPartsPerMillion = 200_000

  public private(set) var entries: [Entry] = []

  public init() {}

  package mutating func add(_ entry: Entry) { entries.append(entry) }

  /// The forecasts from a fifth of the sync on.
  public var judged: [Entry] {
    entries.filter { $0.progressPartsPerMillion >= Self.judgedFromPartsPerMillion }
  }

  /// The last word on whether the sync ends.
  public var last: Event.StateForecast { entries.last?.forecast ?? .unknown }

  /// The largest distance of a judged forecast's end from the true one, in thousandths of the whole
  /// time from `start` to `end`; nil if no forecast named a time.
  public func worstErrorPerMille(start: Int64, end: Int64) -> Int? {
    judged.compactMap { entry in
      entry.etaNanoseconds.map { eta in
        Int(clamping: abs(entry.atNanoseconds + eta - end) * 1_000 / max(1, end - start))
      }
    }.max()
  }
}
