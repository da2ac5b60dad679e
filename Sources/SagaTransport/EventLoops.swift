package import NIOCore
internal import NIOPosix

/// Event loops for a program that has no other business with SwiftNIO.
package enum EventLoops {
    /// A group of so many loops, each a thread of its own; it lives as long as the process.
    package static func make(_ count: Int) -> any EventLoopGroup {
        MultiThreadedEventLoopGroup(numberOfThreads: count)
    }
}
