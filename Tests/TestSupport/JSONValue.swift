import Foundation

/// A JSON document as plain values, for vector files. A lookup that does not fit the document traps
/// with what was asked for: a vector file that changed its shape must fail loudly.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number that is no 64-bit integer.
  case real(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Parses a whole document; throws for what is no JSON.
  public init(parsing data: Data) throws {
    try self.init(JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed))
  }

  private init(_ any: Any) throws {
    switch any {
    case is NSNull: self = .null
    case let text as String: self = .text(text)
    case let list as [Any]: self = .array(try list.map(JSONValue.init))
    case let map as [String: Any]: self = .object(try map.mapValues(JSONValue.init))
    case let number as NSNumber:
      if isBoolean(number) {
        self = .bool(number.boolValue)
      } else if let integer = Int64(exactly: number) {
        self = .integer(integer)
      } else {
        self = .real(number.doubleValue)
      }
    default: throw JSONShapeError(description: "unexpected value \(any)")
    }
  }

  /// The member `key` of an object.
  public subscript(key: String) -> JSONValue {
    guard case .object(let map) = self, let value = map[key] else {
      preconditionFailure("no member \(key) in \(self)")
    }
    return value
  }

  /// The element `index` of an array.
  public subscript(index: Int) -> JSONValue { array[index] }

  /// The member `key` of an object, nil if it is not there or null.
  public func optional(_ key: String) -> JSONValue? {
    guard case .object(let map) = self, let value = map[key], value != .null else { return nil }
    return value
  }

  public var isNull: Bool { self == .null }

  public var array: [JSONValue] {
    guard case .array(let list) = self else { preconditionFailure("no array: \(self)") }
    return list
  }

  public var object: [String: JSONValue] {
    guard case .object(let map) = self else { preconditionFailure("no object: \(self)") }
    return map
  }

  public var text: String {
    guard case .text(let text) = self else { preconditionFailure("no text: \(self)") }
    return text
  }

  public var integer: Int {
    guard case .integer(let number) = self else { preconditionFailure("no integer: \(self)") }
    return Int(number)
  }

  public var bool: Bool {
    guard case .bool(let flag) = self else { preconditionFailure("no boolean: \(self)") }
    return flag
  }
}

/// A JSON document that does not have the shape a test relies on.
public struct JSONShapeError: Error, CustomStringConvertible {
  public let description: String
}

/// Foundation gives booleans and numbers as `NSNumber`; their Objective-C type tells them apart.
private func isBoolean(_ number: NSNumber) -> Bool {
  type(of: number) == type(of: NSNumber(value: true)) && String(cString: number.objCType) == "c"
}
