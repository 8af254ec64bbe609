/// The named limits of reports, pictures and stories. Units are part of the name.
package enum ReportLimits {
  /// Rows of the key space in a picture, a power of two: more than its pixels show nobody.
  package static let pictureRows = 512
  /// Peers named beside a picture, as many as there is room for.
  static let pictureLegendMax = 18

  /// Questions, requests and answers that are followed at a time; the oldest are forgotten.
  package static let storyOpenMax = 65_536
  /// Questions of one kind to one peer that wait for their request or their end.
  package static let storyWaitingMax = 1_024
  /// Threads of records that a story is made of.
  package static let storyThreadsMax = 10_000
  /// Things that are told of one by one in the answer of a story.
  package static let storyCoursesMax = 20
  /// Records of a story that are shown; twice as many if they are warnings or errors.
  package static let storyStepsMax = 500
  /// Things that a list has.
  package static let storyListMax = 1_000
  /// Nodes of one log that are told apart.
  package static let nodesMax = 1_024
  /// Longest log that is read twice although it comes from a pipe, in bytes: it is kept meanwhile.
  package static let heldLogBytesMax = 64 * 1024 * 1024

  /// Messages on their way that are followed at a time in an export; the oldest are forgotten.
  package static let exportPendingMax = 65_536
  /// Records whose clock a space-time diagram remembers; the oldest are forgotten.
  package static let spaceTimePendingMax = 16_384
  /// Nodes in a space-time diagram: what draws it has room for some dozens.
  package static let spaceTimeHostsMax = 256

  /// Parts of the heat strip of a report that are drawn.
  package static let heatRectanglesMax = 20_000
  /// Points of a curve in a report; with more, every second one is left out.
  package static let curvePointsMax = 720
  /// Rows of a report's tables that a log can make as long as it likes.
  package static let tableRowsMax = 500
}
