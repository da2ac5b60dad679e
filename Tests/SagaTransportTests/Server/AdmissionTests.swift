import SagaRPC
import Testing

@testable import SagaTransport

/// Who is let in, and how often it is told.
@Suite struct AdmissionTests {
    @Test(
        "origins",
        arguments: [
            ("127.0.0.1", .address(0x7f00_0001)), ("255.255.255.255", .address(0xffff_ffff)),
            ("::ffff:10.0.0.1", .address(0x0a00_0001)), ("::ffff:a00:1", .address(0x0a00_0001)),
            ("::1", .network(0)), ("2001:db8:1:2:3:4:5:6", .network(0x2001_0db8_0001_0002)),
            ("2001:db8:1:2::9", .network(0x2001_0db8_0001_0002)),
            ("2001:db8::", .network(0x2001_0db8_0000_0000)),
            ("fe80::1%eth0", .network(0xfe80_0000_0000_0000)),
            ("64:ff9b::1.2.3.4", .network(0x64_ff9b_0000_0000)),
            ("", nil), ("1.2.3", nil), ("1.2.3.256", nil), ("host", nil), ("1:2:3:4:5:6:7", nil),
            ("1:2:3:4:5:6:7:8:9", nil), ("1::2::3", nil), ("1:2:3:4:5:6:7::8", nil),
            ("::fffff", nil),
        ] as [(String, PeerOrigin?)])
    func origins(text: String, origin: PeerOrigin?) {
        #expect(PeerOrigin(ipAddress: text) == origin)
    }

    @Test func limits() {
        var table = AdmissionTable(limit: 4, limitPerAddress: 2)
        let one = PeerOrigin.address(1)
        #expect(table.enter(one) == nil)
        #expect(table.enter(one) == nil)
        #expect(table.enter(one) == .limitPerAddress)
        #expect(table.enter(.network(1)) == nil)
        #expect(table.enter(.local) == nil)
        #expect(table.enter(.local) == .limit)
        #expect(table.enter(.address(2)) == .limit)
        table.leave(.local)
        #expect(table.enter(one) == .limitPerAddress)
        table.leave(one)
        #expect(table.enter(one) == nil)
        #expect(table.enter(.network(2)) == nil)
        #expect(table.enter(.network(3)) == .limit)
    }

    /// A process of this machine is bounded by the limit in all only.
    @Test func unixSocketsHaveNoAddress() {
        var table = AdmissionTable(limit: 3, limitPerAddress: 1)
        for _ in 0..<3 { #expect(table.enter(.local) == nil) }
        #expect(table.enter(.local) == .limit)
    }

    @Test func linesAreThrottledByKindAndSecond() {
        var throttle = LogThrottle<String>(linesPerSecond: 2)
        #expect(throttle.ask("a", now: .second(0)) == .write)
        #expect(throttle.ask("a", now: .second(0.5)) == .write)
        #expect(throttle.nextSummary == nil)
        #expect(throttle.ask("a", now: .second(0.9)) == .leaveOut)
        #expect(throttle.ask("b", now: .second(0.9)) == .write)
        #expect(throttle.nextSummary == .second(1))
        #expect(throttle.summaries(now: .second(0.99)) == [:])
        // The second is not over for the kind until it was told what was left out.
        #expect(throttle.ask("a", now: .second(1.1)) == .leaveOut)
        #expect(throttle.summaries(now: .second(1.2)) == ["a": 2])
        #expect(throttle.nextSummary == nil)
        #expect(throttle.ask("a", now: .second(1.3)) == .write)
        #expect(throttle.ask("a", now: .second(2.4)) == .write)
        #expect(throttle.ask("a", now: .second(2.5)) == .write)
        #expect(throttle.ask("a", now: .second(2.6)) == .leaveOut)
    }
}
