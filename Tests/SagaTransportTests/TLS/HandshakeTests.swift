import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SagaRPC
import SagaSystem
import Testing

@testable import SagaTransport

/// The transport's own server and client, of every make that certificates come in.
@Suite(.timeLimit(.minutes(1))) struct HandshakeTests {
    private let echo = SecureCall.answered([1, 2, 3])

    @Test func goodCertificatesByAddressByNameAndByAGivenName() async throws {
        try await TLSWorld.run { world in
            try await same(world.call(world.client()), echo)
            try await same(world.call(world.client(), host: "localhost"), echo)
            try await same(world.call(world.client(name: "sagad.test")), echo)
            let counters = await world.counters
            #expect(counters.completed == 3 && counters.failed == 0)
        }
    }

    @Test func aChainWithAnAuthorityInBetween() async throws {
        try await TLSWorld.run("chain", key: "leaf") { world in
            try await same(world.call(world.client()), echo)
        }
        try await TLSWorld.run("leaf") { world in
            try await same(
                world.call(world.client()).handshake,
                .untrusted(
                    names: "localhost, sagad.test, 127.0.0.1, ::1", issuer: "CN=Test Middle"))
        }
    }

    @Test func theClientIsToldWhatIsWrongWithTheServersCertificate() async throws {
        let names = "localhost, sagad.test, 127.0.0.1, ::1"
        try await TLSWorld.run("strange") { world in
            try await same(
                world.call(world.client()).handshake,
                .untrusted(names: names, issuer: "CN=Stranger Root"))
            let counters = try await world.counters(failed: 1)
            #expect(counters.failed == 1 && counters.completed == 0)
        }
        try await TLSWorld.run("ended") { world in
            guard case .expired(names, _)? = try await world.call(world.client()).handshake else {
                Issue.record("an expired certificate was not told")
                return
            }
        }
        try await TLSWorld.run("coming") { world in
            guard case .notYetValid(names, _)? = try await world.call(world.client()).handshake
            else {
                Issue.record("a certificate that is not valid yet was not told")
                return
            }
        }
    }

    @Test func aCertificateForOthers() async throws {
        try await TLSWorld.run("elsewhere") { world in
            for (host, name, wanted) in [
                ("127.0.0.1", nil, "127.0.0.1"), ("localhost", nil, "localhost"),
                ("127.0.0.1", "sagad.test", "sagad.test"),
            ] as [(String, String?, String)] {
                try await same(
                    world.call(world.client(name: name), host: host).handshake,
                    .wrongName(wanted: wanted, names: "elsewhere.test"))
            }
            try await same(world.call(world.client(name: "elsewhere.test")), echo)
        }
        // The address is in it, but a name was asked for.
        try await TLSWorld.run("addressed") { world in
            try await same(world.call(world.client()), echo)
            try await same(
                world.call(world.client(name: "sagad.test")).handshake,
                .wrongName(wanted: "sagad.test", names: "elsewhere.test, 127.0.0.1"))
        }
    }

    @Test func theMachinesRootsAreTakenWithoutAFile() async throws {
        try await TLSWorld.run { world in
            guard case .untrusted? = try await world.call(world.client(roots: nil)).handshake
            else {
                Issue.record("the machine's roots vouch for a test's certificate")
                return
            }
        }
    }

    @Test func certificatesOfClients() async throws {
        for (policy, identity, isIn) in [
            (.off, nil, true), (.off, "client-strange", true),
            (.asked, nil, true), (.asked, "client", true), (.asked, "client-strange", false),
            (.required, "client", true), (.required, nil, false),
            (.required, "client-strange", false),
        ] as [(ClientAuthentication, String?, Bool)] {
            try await TLSWorld.run(clients: policy) { world in
                let result = try await world.call(world.client(as: identity))
                if isIn {
                    #expect(result == echo, "\(policy) \(identity ?? "nobody")")
                    return
                }
                let expected: [HandshakeFailure] =
                    identity == nil
                    ? [.certificateWanted, .closedBehindHandshake]
                    : [.certificateRefused("its authority is not known there"), .closed]
                #expect(expected.contains(try #require(result.handshake, "\(result)")))
                let counters = try await world.counters(failed: 1)
                #expect(counters.failures == [.peersCertificate: 1] && counters.failed == 1)
            }
        }
    }

    @Test func theNameInTheCertificateIsHandedToTheService() async throws {
        for (identity, name) in [
            ("client", PeerIdentity(kind: .uri, name: "spiffe://test/web")),
            ("client-host", PeerIdentity(kind: .host, name: "web.test")),
            ("client-subject", PeerIdentity(kind: .subject, name: "O=Acme,CN=web")),
            (nil, nil),
        ] as [(String?, PeerIdentity?)] {
            try await TLSWorld.run(clients: .asked) { world in
                _ = try await world.call(world.client(as: identity))
                #expect(world.log.identities == [name])
            }
        }
    }

    @Test func bothVersionsAndNoOlderOne() async throws {
        try await TLSWorld.run { world in
            for (version, isIn) in [
                (TLSVersion.tlsv11, false), (.tlsv12, true), (.tlsv13, true),
            ] {
                let outcome = try await RawTLS.handshake(
                    world, protocols: ["h2"], minimum: version, maximum: version)
                #expect((outcome == .agreed("h2")) == isIn, "\(version): \(outcome)")
            }
        }
    }

    @Test func whoDoesNotOfferHTTP2IsSentAway() async throws {
        try await TLSWorld.run { world in
            for protocols in [[], ["http/1.1"], ["http/1.1", "h2c"]] {
                try await same(RawTLS.handshake(world, protocols: protocols), .closed)
            }
            try await same(RawTLS.handshake(world, protocols: ["http/1.1", "h2"]), .agreed("h2"))
            let counters = try await world.counters(failed: 3)
            #expect(counters.failures == [.notHTTP2: 3] && counters.failed == 3)
        }
    }

    @Test func aClientFindsAServerWithoutHTTP2() async throws {
        try await TLSWorld.run { world in
            let port = try await RawTLS.server(world, protocols: ["http/1.1"])
            let channel = ClientChannel(
                try ClientTarget("127.0.0.1:\(port)"), clientSettings, on: world.group,
                wire: .secure(world.client()))
            await #expect {
                _ = try await channel.unary(
                    "/test/Echo", [], deadline: .seconds(20), waitForReady: false)
            } throws: {
                ($0 as? RPCFailure)?.connectFailures.first?.cause == .handshake(.notHTTP2(nil))
            }
            await channel.shutdown(within: .seconds(5))
        }
    }

    /// OpenSSL's server ends the handshake itself when no protocol is common.
    @Test func aServerThatRefusesTheHandshakeForItsProtocolIsToldApart() async throws {
        try await TLSWorld.run { world in
            // An address of the loopback network that nobody else draws has all ports free.
            let numbers = (0..<3).map { _ in String(Int.random(in: 2...250)) }
            let address = "127.\(numbers.joined(separator: ".")):7242"
            let peer = try ChildProcess(
                .init(
                    "/usr/bin/openssl",
                    [
                        "s_server", "-accept", address, "-alpn", "http/1.1", "-quiet",
                        "-cert", world.files("server.pem"), "-key", world.files("server.key"),
                    ]))
            let channel = ClientChannel(
                try ClientTarget(address), clientSettings, on: world.group,
                wire: .secure(world.client()))
            var cause: ConnectFailure.Cause?
            repeat {
                do throws(RPCFailure) {
                    _ = try await channel.unary(
                        "/test/Echo", [], deadline: .seconds(20), waitForReady: false)
                } catch { cause = error.connectFailures.first?.cause }
                // It may not listen yet.
            } while cause.map { if case .system = $0 { true } else { false } } ?? false
            #expect(cause == .handshake(.notHTTP2(nil)))
            await channel.shutdown(within: .seconds(5))
            peer.sendToGroup(SIGKILL)
            _ = try await peer.ended()
        }
    }

    @Test func theWrongKindOfPortIsTold() async throws {
        try await TLSWorld.run(nil) { world in
            try await same(world.call(world.client()).handshake, .notTLS)
            let counters = await world.counters
            #expect(counters.unexpectedTLS == 1 && counters.failed == 0)
        }
        try await TLSWorld.run { world in
            try await same(world.call(nil).handshake, .unexpectedTLS)
            let counters = try await world.counters(failed: 1)
            #expect(counters.failures == [.notTLS: 1] && counters.failed == 1)
            try await same(world.call(world.client()), echo)
        }
    }

    @Test func whoSaysNothingIsSentAwayInTime() async throws {
        try await TLSWorld.run(timeout: .milliseconds(50)) { world in
            let channel = try await ClientBootstrap(group: world.group)
                .connect(host: "127.0.0.1", port: world.port).get()
            try await channel.closeFuture.get()
            let counters = try await world.counters(failed: 1)
            #expect(counters.failures == [.timedOut: 1] && counters.failed == 1)
        }
    }

    @Test func filesThatAreWrongAreToldByTheClient() async throws {
        try await TLSWorld.run { world in
            let result = try await world.call(world.client(roots: "garbage.pem"))
            #expect(
                result
                    == .failed(
                        .file(
                            TLSFileFault(
                                world.files("garbage.pem"), .roots, .notPEM(looksBinary: false)))))
        }
    }
}

/// Expects two values to be equal.
func same<Value: Equatable>(
    _ value: Value, _ wanted: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(value == wanted, sourceLocation: sourceLocation)
}
