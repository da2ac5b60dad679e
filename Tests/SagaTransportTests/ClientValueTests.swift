import SagaRPC
import Testing

@testable import SagaTransport

/// The decisions of a channel as plain values.
struct ClientValueTests {
    private let settings = Backoff(
        first: RPCTimeout(nanoseconds: 100), most: RPCTimeout(nanoseconds: 1000))

    @Test func backoffDoublesItsCeilingUpToTheMost() {
        var backoff = settings
        var longest: [Int64] = []
        for _ in 0..<80 { longest.append(backoff.next(random: .max).nanoseconds) }
        #expect(longest.prefix(6) == [100, 200, 400, 800, 1000, 1000])
        #expect(longest.dropFirst(6).allSatisfy { $0 == 1000 })
        backoff.reset()
        #expect(backoff.next(random: .max).nanoseconds == 100)
    }

    @Test func jitterIsDrawnFromNothingToTheCeiling() {
        let table: [(random: UInt64, nanoseconds: Int64)] = [
            (0, 0), (.max / 2, 50), (.max / 4, 25), (.max, 100),
        ]
        for (random, nanoseconds) in table {
            var backoff = settings
            #expect(backoff.next(random: random).nanoseconds == nanoseconds)
        }
    }

    @Test func addressesAreRead() throws {
        let table: [(text: String, addresses: [ClientAddress])] = [
            ("127.0.0.1:7242", [.host("127.0.0.1", port: 7242)]),
            ("[::1]:1,b:2", [.host("::1", port: 1), .host("b", port: 2)]),
            (
                "unix:/run/saga.sock, a:65535",
                [.unix(path: "/run/saga.sock"), .host("a", port: 65535)]
            ),
        ]
        for (text, addresses) in table {
            let target = try ClientTarget(text)
            #expect(target.addresses == addresses)
            #expect(target.description == text.filter { $0 != " " })
        }
    }

    @Test func whatIsNoAddressIsNamed() {
        for text in ["", "a", "a:", ":1", "a:0", "a:65536", "::1:5", "unix:", "a:1,", "a:1x"] {
            let last = text == "a:1," ? "" : text
            #expect(throws: ClientTarget.Fault.address(last)) { try ClientTarget(text) }
        }
    }
}
