import CRDT
import Primitives

/// Why pieces of a value are refused. The value and what waits are as they were.
///
/// A struct over a private enum, so that cases can be added without breaking callers.
public struct LatticeError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    case undecodable(String)
    case noPiece
    case wrongRecord(key: [UInt8])
    case pieceTooLarge(bytes: Int)
    case tooManyPieces(Int, limit: Int)
    case dropping(Int)
    case refused(CRDTError)
  }

  private let kind: Kind

  /// Bytes are not the wire form of a piece of this type, as `error` says.
  public static func undecodable(_ error: WireError) -> Self {
    .init(kind: .undecodable("\(error)"))
  }
  /// A delta is no piece as the decomposition of a value has them.
  public static let noPiece = LatticeError(kind: .noPiece)
  /// The record of `key` is not that of the piece that came with it.
  public static func wrongRecord(key: [UInt8]) -> Self { .init(kind: .wrongRecord(key: key)) }
  /// A piece has `bytes`, more than `DeltaLimits.pieceBytesMax`.
  public static func pieceTooLarge(bytes: Int) -> Self { .init(kind: .pieceTooLarge(bytes: bytes)) }
  /// There could be `count` pieces then, more than `limit`.
  public static func tooManyPieces(_ count: Int, limit: Int) -> Self {
    .init(kind: .tooManyPieces(count, limit: limit))
  }
  /// `count` pieces were to be dropped: a value only grows, so sessions must go both ways.
  public static func dropping(_ count: Int) -> Self { .init(kind: .dropping(count)) }
  /// The value does not take a piece, as `error` says.
  public static func refused(_ error: CRDTError) -> Self { .init(kind: .refused(error)) }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .undecodable: "lattice_undecodable"
    case .noPiece: "lattice_no_piece"
    case .wrongRecord: "lattice_wrong_record"
    case .pieceTooLarge: "lattice_piece_too_large"
    case .tooManyPieces: "lattice_too_many_pieces"
    case .dropping: "lattice_dropping"
    case .refused(let error): error.reason
    }
  }

  public var description: String {
    switch kind {
    case .undecodable(let error): "a piece: \(error)"
    case .noPiece: "a delta is no piece of a value"
    case .wrongRecord(let key): "the record \(Hex.string(key)) is not that of its piece"
    case .pieceTooLarge(let bytes):
      "a piece has \(bytes) bytes, at most \(DeltaLimits.pieceBytesMax) are taken"
    case .tooManyPieces(let count, let limit):
      "there could be \(count) pieces, at most \(limit) are held"
    case .dropping(let count): "\(count) pieces were to be dropped of a value that only grows"
    case .refused(let error): "\(error)"
    }
  }
}
