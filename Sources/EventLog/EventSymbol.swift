/// A closed set of words that a field can hold.
public protocol EventSymbol: RawRepresentable, CaseIterable, Sendable, Hashable
where RawValue == String {}
