import Testing

@testable import SagaHTTP2
@testable import SagaRPC
@testable import SagaTransport

@Suite struct CallTableTests {
    private let opening = CallTable.Opening(
        method: MethodIndex(2), at: RPCInstant(nanoseconds: 7))

    @Test func anOldNumberFindsNothingAndNumbersDiffer() throws {
        var table = CallTable(loopIndex: 3)
        let stream = HTTP2Stream(index: 0, generation: 0)
        var numbers: Set<ServerCallID> = []
        for _ in 0..<1000 {
            let first = table.insert(connection: 5, stream, opening)
            let call = try #require(first)
            #expect(call.loopIndex == 3)
            #expect(numbers.insert(call).inserted)
            #expect(table.find(call)?.connection == 5)
            #expect(table.opening(of: call)?.method == MethodIndex(2))
            table.remove(call)
            #expect(table.find(call) == nil)
            #expect(table.opening(of: call) == nil)
            let second = table.insert(connection: 6, stream, opening)
            let next = try #require(second)
            numbers.insert(next)
            #expect(table.find(call) == nil)
            table.remove(call)
            #expect(table.count == 1)
            table.remove(next)
        }
        #expect(table.find(ServerCallID(rawValue: 0)) == nil)
    }

    @Test func theCallsOfOneConnection() throws {
        var table = CallTable(loopIndex: 1)
        var calls: [Int32: [ServerCallID]] = [:]
        for place in 0..<9 {
            let connection = Int32(place % 3)
            let inserted = table.insert(
                connection: connection, HTTP2Stream(index: Int32(place), generation: 0), opening)
            let call = try #require(inserted)
            calls[connection, default: []].append(call)
        }
        let over = calls[1, default: []].remove(at: 1)
        table.remove(over)
        for connection in Int32(0)...3 {
            #expect(table.calls(of: connection) == calls[connection] ?? [])
        }
    }
}
