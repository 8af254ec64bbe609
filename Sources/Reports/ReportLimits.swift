/// The named limits of pictures. Units are part of the name.
package enum ReportLimits {
  /// Rows of the key space in a picture, a power of two: more than its pixels show nobody.
  package static let pictureRows = 512
  /// Peers named beside a picture, as many as there is room for.
  static let pictureLegendMax = 18
}
