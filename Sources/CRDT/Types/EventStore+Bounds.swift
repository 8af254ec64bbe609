extension EventStore {
  static var hasKeys: Bool { true }

  func hasRoom(for other: EventStore, limit: Int) -> Bool {
    switch (self, other) {
    case (.addWinsSet(let mine), .addWinsSet(let other)): mine.hasRoom(for: other, limit: limit)
    case (.removeWinsSet(let mine), .removeWinsSet(let other)):
      mine.hasRoom(for: other, limit: limit)
    case (.map(let mine), .map(let other)): mine.hasRoom(for: other, limit: limit)
    default: true
    }
  }

  func isWithin(_ limit: Int) -> Bool {
    switch self {
    case .addWinsSet(let store): store.isWithin(limit)
    case .removeWinsSet(let store): store.isWithin(limit)
    case .map(let store): store.isWithin(limit)
    case .counter, .lastWriter, .multiValue, .enableWinsFlag, .disableWinsFlag: true
    }
  }
}
