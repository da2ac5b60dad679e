import SagaHTTP2

/// An input taken apart: two bytes say what this side does and how the rest is cut into reads; the
/// rest is what the peer sends.
struct FuzzInput {
    /// What this side does.
    struct Habit: OptionSet {
        let rawValue: UInt8
        /// This side is the client.
        static let isClient = Self(rawValue: 1)
        /// Limits are as small as they can be.
        static let smallLimits = Self(rawValue: 2)
        /// The peer's preface and SETTINGS come ahead of the input.
        static let greets = Self(rawValue: 4)
        /// This side only looks on, so that it does not matter how the bytes are cut.
        static let isQuiet = Self(rawValue: 8)
        /// Received bytes are not given back.
        static let isSlow = Self(rawValue: 16)
        /// The peer reads nothing until the end.
        static let isUnread = Self(rawValue: 32)
        /// An orderly end begins after the second read.
        static let shutsDown = Self(rawValue: 64)
        /// Streams are ended early, and messages compressed.
        static let isRestless = Self(rawValue: 128)
    }

    let habits: Habit
    /// How the peer's bytes are cut: 0 not at all, 1 into single bytes, else by chance.
    let cut: UInt8
    let bytes: [UInt8]

    init(_ input: [UInt8]) {
        habits = Habit(rawValue: input.first ?? 0)
        cut = input.count > 1 ? input[1] : 0
        let rest = Array(input.dropFirst(2))
        bytes = habits.contains(.greets) ? Self.greeting(habits) + rest : rest
    }

    func has(_ habit: Habit) -> Bool { habits.contains(habit) }

    var role: HTTP2Role { has(.isClient) ? .client : .server }

    /// Every frame has at least these.
    static let frameHeadBytes = 9

    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    private static let settingsAnswer: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

    private static func greeting(_ habits: Habit) -> [UInt8] {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        return (habits.contains(.isClient) ? [] : preface) + settings + settingsAnswer
    }

    /// The reads in which the bytes come.
    func reads(cut: UInt8) -> [Range<Int>] {
        guard cut > 0 else { return [0..<bytes.count] }
        var state = UInt32(cut)
        var reads: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            // Numerical Recipes' generator; its high bits are the better ones.
            state = state &* 1_664_525 &+ 1_013_904_223
            let most: UInt32 = cut < 128 ? 16 : 512
            let count = cut == 1 ? 1 : 1 + Int((state >> 16) % most)
            reads.append(start..<min(start + count, bytes.count))
            start += count
        }
        return reads
    }

    var http2Settings: HTTP2Settings {
        guard has(.smallLimits) else { return HTTP2Settings() }
        let few = RateLimit(burst: 4, perSecond: 1)
        return HTTP2Settings(
            maxConcurrentStreams: 4, streamWindowBytes: 512, connectionWindowBytes: 65_535,
            maxHeaderListBytes: 512, outgoingCapBytes: 64, unconsumedCapBytes: 256,
            limits: HTTP2Limits(
                peerResets: few, provokedResets: few, settings: few, settingsEntries: 4, pings: few,
                waitingAnswers: 4, windowUpdates: few, emptyData: few, tinyData: few,
                continuations: 2, headerBlockBytes: 256, headerListFactor: 2, ignoredHeaders: few,
                uselessFrames: few, headerTableBytes: 4096))
    }
}
