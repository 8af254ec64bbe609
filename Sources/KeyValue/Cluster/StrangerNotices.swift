import Runtime

/// Which strangers the operator was told of lately: each once, and not too many, so that whoever
/// connects again and again fills no log.
package struct StrangerNotices: Sendable {
  private var told: Set<String> = []
  private var since = Moment.start

  package init() {}

  /// Whether the operator is to be told of somebody.
  package mutating func isNew(_ stranger: String, at now: Moment) -> Bool {
    if since.duration(to: now) >= KeyValueLimits.toldPause { (told, since) = ([], now) }
    return told.count < KeyValueLimits.toldMax && told.insert(stranger).inserted
  }
}
