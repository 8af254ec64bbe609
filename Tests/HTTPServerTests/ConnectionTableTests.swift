import HTTPServer
import Runtime
import Testing

/// Who may connect, and who takes too long, without sockets.
@Suite struct ConnectionTableTests {
  private static func four(_ last: UInt8) -> [UInt8] {
    [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, last]
  }
  private static func six(_ net: UInt8, _ host: UInt8) -> [UInt8] {
    [0x20, 1, 0x0d, 0xb8, 0, 0, 0, net] + [UInt8](repeating: 0, count: 7) + [host]
  }

  @Test func connections_shouldBeSoManyAtMost_inAllAndOfOneAddress() {
    var table = ConnectionTable(HTTPLimits())
    let perAddress = HTTPServerLimits.connectionsPerAddressMax
    let most = HTTPServerLimits.connectionsMax
    var id: UInt = 0
    func open(_ address: [UInt8], _ table: inout ConnectionTable) -> Bool {
      id += 1
      return table.open(id, socket: Int32(id), address: address, now: .start)
    }
    for _ in 0..<perAddress { #expect(open(Self.four(1), &table)) }
    #expect(!open(Self.four(1), &table))
    #expect(open(Self.four(2), &table))
    // A host has a whole /64 to choose from.
    for host in 0..<perAddress { #expect(open(Self.six(1, UInt8(host)), &table)) }
    #expect(!open(Self.six(1, 200), &table))
    #expect(open(Self.six(2, 200), &table))
    var address: UInt8 = 3
    while table.count < most {
      #expect(open(Self.four(address), &table))
      address += 1
    }
    #expect(!open(Self.four(address), &table))
    // Those that were refused give nothing back.
    table.close(id)
    #expect(table.count == most)
    table.close(1)
    #expect(table.count == most - 1)
    #expect(open(Self.four(1), &table))
    for id in 1...id { table.close(id) }
    #expect(table.count == 0)
  }

  @Test func connection_shouldBeOverdue_whenARequestOrAnAnswerTakesTooLong_once() {
    var table = ConnectionTable(HTTPLimits())
    func after(_ duration: Duration) -> Moment { Moment.start.advanced(by: duration) }
    for id: UInt in 1...5 {
      let isServed = table.open(id, socket: Int32(id), address: Self.four(1), now: .start)
      #expect(isServed)
    }
    table.move(2, to: .answering, now: .start)
    table.move(3, to: .streaming, now: .start)
    table.move(4, to: .handling, now: .start)
    table.move(5, to: .answering, now: .start)
    table.move(5, to: .receiving, now: after(.seconds(10)))
    let request = HTTPServerLimits.requestTimeMax
    #expect(table.takeOverdue(after(request - .milliseconds(1))) == [])
    #expect(table.takeOverdue(after(request)) == [1])
    #expect(table.takeOverdue(after(request + .seconds(10))) == [5])
    #expect(table.takeOverdue(after(HTTPServerLimits.answerTimeMax)) == [2])
    #expect(table.takeOverdue(after(.seconds(1_000_000))) == [])
    #expect(table.count == 5)
  }
}
