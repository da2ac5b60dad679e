import SagaHTTP2
import Testing

/// Bytes that were valid once, changed at random by a fixed seed: nothing traps, and what is sent
/// back is whole frames with at most one last GOAWAY, whatever comes.
@Suite struct BrokenBytesTests {
    /// SplitMix64.
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    private static let fromClient =
        Wire.hello + Wire.requests(3, ends: false) + Wire.data(1, "hello") + Wire.windowUpdate(1, 9)
        + Wire.headers(3, Wire.block(["x": "1"]), Wire.endHeaders | Wire.endStream)
        + Wire.priority(5) + Wire.ping() + Wire.reset(5) + Wire.settings([(4, 100), (1, 0)])
        + Wire.headers(7, Array(Wire.request.prefix(20)), 0)
        + Wire.continuation(7, Array(Wire.request.dropFirst(20)), Wire.endHeaders)
        + Wire.frame(0, Wire.padded, 7, [2] + Array("hello".utf8) + [0, 0]) + Wire.goAway(0)

    private static let fromServer =
        Wire.serverHello + Wire.headers(1, Wire.response("103"))
        + Wire.headers(1, Wire.response()) + Wire.data(1, "hello")
        + Wire.headers(1, Wire.block(["x": "1"]), Wire.endHeaders | Wire.endStream)
        + Wire.ping() + Wire.reset(3, 7) + Wire.windowUpdate(0, 5) + Wire.goAway(5, 0, "bye")
        + Wire.headers(5, Wire.response(), Wire.endHeaders | Wire.endStream)

    @Test("changed bytes", arguments: 0..<8)
    func changed(seed: UInt64) throws {
        var random = Random(state: seed)
        for round in 0..<300 {
            let isServer = round % 2 == 0
            var bytes = isServer ? Self.fromClient : Self.fromServer
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 2: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let script = Script(
                role: isServer ? .server : .client, bytes: bytes, isRaw: true,
                requests: isServer ? 0 : 3)
            let outcome = try script.run(cuts: [cut])
            #expect(!outcome.frames.contains { $0.hasSuffix("bytes of no frame") })
            let ends = outcome.frames.filter { $0.hasPrefix("GOAWAY") }
            #expect(ends.count <= 1)
            #expect(ends.isEmpty == (outcome.termination == nil))
            if let reason = outcome.termination?.reason {
                #expect(!reason.isEmpty && outcome.isFinished)
                #expect(ends.last?.hasSuffix(reason) == true)
            }
        }
    }
}
