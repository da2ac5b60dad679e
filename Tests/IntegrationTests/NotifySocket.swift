import Foundation
import SagaSystem
import Synchronization

/// What a service manager has: a socket that services tell it at how they are (sd_notify(3)).
final class NotifySocket: Sendable {
    struct Fault: Error {
        let description: String
    }

    /// What `NOTIFY_SOCKET` is for it.
    let name: String
    private let descriptor: Int32
    private let messages = Monitor<[String]>([])

    /// Opens one.
    ///
    /// - Parameter name: a path, or a name behind `@` in no directory.
    init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if name.hasPrefix("@") { bytes[0] = 0 }
        let count = bytes.count
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + count)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard code == 0 else { throw Fault(description: "bind \(name): errno \(errno)") }
        Thread.detachNewThread { [descriptor, messages] in
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let text = String(decoding: buffer[..<count], as: UTF8.self)
                messages.withLock { $0.append(text) }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// All that was told so far, one message an element.
    var all: [String] { messages.withLock { $0 } }

    /// Waits for a message, behind those that were there before a place.
    ///
    /// - Returns: the first that has the text, and the place behind it; nil after the limit.
    func message(
        with text: String, from place: Int = 0, within limit: Duration
    ) async -> (message: String, next: Int)? {
        let until = MonotonicInstant.now().microseconds + limit.components.seconds * 1_000_000
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { [messages] in
                let found = messages.wait(until: MonotonicInstant(microseconds: until)) { all in
                    all.indices.dropFirst(place).first { all[$0].contains(text) }
                        .map { (message: all[$0], next: $0 + 1) }
                }
                continuation.resume(returning: found)
            }
        }
    }
}
