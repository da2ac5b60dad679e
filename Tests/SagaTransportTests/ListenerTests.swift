import Foundation
import NIOCore
import NIOPosix
import SagaRPC
import Testing

@testable import SagaTransport

/// Unix sockets and sockets that a process is started with.
@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
    private let path = "/tmp/saga-listener-\(UUID().uuidString.prefix(13))"
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private func isServed(_ target: String) async throws -> Bool {
        let channel = ClientChannel(try ClientTarget(target), clientSettings, on: group)
        let answer = try? await channel.unary(
            "/test/Echo", [7], deadline: .seconds(20), waitForReady: false)
        await channel.shutdown(within: .seconds(5))
        return answer == [7]
    }

    private var isThere: Bool { FileManager.default.fileExists(atPath: path) }

    @Test func aUnixSocketIsServedAndItsFileRemoved() async throws {
        let log = EventLog()
        let address = ListenAddress.unix(path: path)
        let server = try await start([address], group, log)
        #expect(server.boundAddresses == [address])
        #expect(try await isServed("unix:\(path)"))
        #expect(log.peers == ["unix:\(path)"])
        await server.close()
        #expect(!isThere)
    }

    @Test func aSocketThatSomebodyListensAtIsLeftAlone() async throws {
        let first = try await start([.unix(path: path)], group, EventLog())
        await #expect(throws: BindFailure.pathInUse(.unix(path: path))) {
            _ = try await start([.unix(path: path)], group, EventLog())
        }
        #expect(try await isServed("unix:\(path)"))
        await first.close()
    }

    @Test func whatAProcessLeftThatIsGoneIsReplaced() async throws {
        let descriptor = try RawSocket.unix(path)
        RawSocket.close(descriptor)
        #expect(isThere)
        let server = try await start([.unix(path: path)], group, EventLog())
        #expect(try await isServed("unix:\(path)"))
        await server.close()
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() async throws {
        try Data("precious".utf8).write(to: URL(filePath: path))
        await #expect(throws: BindFailure.pathIsNoSocket(.unix(path: path))) {
            _ = try await start([.unix(path: path)], group, EventLog())
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func pathsThatCannotBe() async throws {
        let long = ListenAddress.unix(path: "/tmp/" + String(repeating: "x", count: 120))
        await #expect(throws: BindFailure.pathTooLong(long)) {
            _ = try await start([long], group, EventLog())
        }
        let lost = ListenAddress.unix(path: "\(path)/none/socket")
        await #expect(throws: BindFailure.system(lost, errno: 2)) {
            _ = try await start([lost], group, EventLog())
        }
    }

    @Test func aSocketOfTCPIsInherited() async throws {
        let (descriptor, port) = try RawSocket.tcp()
        let server = try await start([.inherited(descriptor: descriptor)], group, EventLog())
        #expect(server.boundAddresses == [.host("127.0.0.1", port: port)])
        #expect(try await isServed("127.0.0.1:\(port)"))
        await server.close()
    }

    @Test func aUnixSocketIsInheritedAndItsFileKept() async throws {
        let descriptor = try RawSocket.unix(path)
        let server = try await start([.inherited(descriptor: descriptor)], group, EventLog())
        #expect(server.boundAddresses == [.unix(path: path)])
        #expect(try await isServed("unix:\(path)"))
        await server.close()
        // It is whoever made it who removes it: the next process is to be found there.
        #expect(isThere)
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func severalListenersOfAllKinds() async throws {
        let (descriptor, port) = try RawSocket.tcp()
        let server = try await start(
            [
                ListenAddress(host: "127.0.0.1", port: 0), .unix(path: path),
                .inherited(descriptor: descriptor),
            ], group, EventLog())
        let targets = server.boundAddresses.map(\.description)
        #expect(targets.count == 3 && targets[2] == "127.0.0.1:\(port)")
        for target in targets { #expect(try await isServed(target)) }
        await server.close()
    }

    @Test(
        "addresses",
        arguments: [
            ("unix:/run/saga.sock", .unix(path: "/run/saga.sock")), ("unix:x", .unix(path: "x")),
            ("unix:", nil), ("fd:3", .inherited(descriptor: 3)), ("fd:", nil), ("fd:-1", nil),
            ("fd:+3", nil), ("fd:x", nil), ("fd:4294967296", nil),
            ("[::1]:80", .host("::1", port: 80)), ("h:+80", nil), ("h:080", .host("h", port: 80)),
        ] as [(String, ListenAddress?)])
    func addresses(text: String, address: ListenAddress?) {
        #expect(ListenAddress(text) == address)
    }
}

/// Sockets made by hand, as what starts a daemon makes them.
enum RawSocket {
    struct Failure: Error {
        let operation: String
    }

    /// Listens at a path.
    static func unix(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try bind(descriptor, &address)
        return descriptor
    }

    /// Listens at a free port of 127.0.0.1.
    static func tcp() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        try bind(descriptor, &address)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(descriptor, $0, &size)
            }
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func close(_ descriptor: Int32) { Foundation.close(descriptor) }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) throws {
        let size = socklen_t(MemoryLayout<Address>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, size)
            }
        }
        guard status == 0 else { throw Failure(operation: "bind") }
        guard listen(descriptor, 16) == 0 else { throw Failure(operation: "listen") }
    }
}
