import EventLog
import Primitives
import Streams
import Transport

extension NodeSettings {
  /// Takes the settings of a configuration file: a JSON object with any of the keys of
  /// `Setting.all`.
  public mutating func read(path: String) throws(SettingsError) {
    let bytes: [UInt8]
    do throws(StreamError) {
      var file = try InputFile(path: path)
      bytes = try file.all(limit: DaemonLimits.configurationBytesMax)
    } catch { throw SettingsError(place: path, reason: error.description) }
    try read(json: bytes, file: path)
  }

  /// Takes the settings of a file's bytes; errors call it `file`. Then nothing has changed.
  public mutating func read(json bytes: [UInt8], file: String) throws(SettingsError) {
    func wrong(_ place: JSONDocument.Place, _ reason: String) -> SettingsError {
      SettingsError(place: "\(file): \(place)", reason: reason)
    }
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(parsing: bytes) } catch {
      throw wrong(error.place, "this is no JSON document: \(error.reason)")
    }
    guard case .object(let members) = document.content else {
      throw wrong(document.place, "a configuration is one object")
    }
    var changed = self
    for member in members {
      guard let setting = Setting.all.first(where: { $0.key == member.key }) else {
        throw wrong(member.place, "unknown key '\(member.key)'")
      }
      guard let words = Self.words(of: member.value, as: setting.form) else {
        throw wrong(member.value.place, "\(member.key) has a value of another type")
      }
      do throws(Setting.Unfit) { try setting.read(&changed, words) } catch {
        throw wrong(member.value.place, "\(member.key) \(error.reason)")
      }
    }
    self = changed
  }

  /// Takes the value or values of an option; then nothing has changed if they do not fit.
  public mutating func read(_ setting: Setting, _ words: [String]) throws(SettingsError) {
    var changed = self
    do throws(Setting.Unfit) { try setting.read(&changed, words) } catch {
      throw SettingsError(place: setting.option, reason: error.reason)
    }
    self = changed
  }

  /// The settings as a configuration file that gives them again.
  public var json: String {
    let lines = Setting.all.map { "  \(JSONText.quoted($0.key)): \($0.show(self))" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }

  private static func words(of value: JSONDocument, as form: Setting.Form) -> [String]? {
    switch (form, value.content) {
    case (.list, .array(let list)):
      let words = list.compactMap(\.text)
      return words.count == list.count ? words : nil
    case (.text, .text(let text)): return [text]
    case (.number, .number(let digits)): return [digits]
    case (.bool, .bool(let bool)): return [bool ? "true" : "false"]
    case (.text, _), (.number, _), (.bool, _), (.list, _): return nil
    }
  }
}

extension PeerAddress {
  /// The address written as `KEY@HOST:PORT`; nil if it is none.
  public init?(text: String) {
    guard let at = text.firstIndex(of: "@"), let key = Hash256(hex: text[..<at]),
      let socket = SocketAddress(String(text[text.index(after: at)...])), socket.port != 0
    else { return nil }
    self.init(socket.host, port: socket.port, identity: PublicKey(raw: key))
  }
}
