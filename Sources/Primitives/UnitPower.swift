/// Powers of shares, without the system's mathematics, so that every machine has the same result.
public enum UnitPower {
  /// `base`, 0…1, to the power of `exponent`, from 0 on. Between whole exponents it is linear: good
  /// enough for expectations such as the number of nodes that some changes meet.
  public static func of(_ base: Double, _ exponent: Double) -> Double {
    var whole = exponent.rounded(.down)
    var (result, factor) = (1 - (exponent - whole) * (1 - base), base)
    while whole >= 1 {
      if whole.truncatingRemainder(dividingBy: 2) == 1 { result *= factor }
      factor *= factor
      whole = (whole / 2).rounded(.down)
    }
    return result
  }
}
