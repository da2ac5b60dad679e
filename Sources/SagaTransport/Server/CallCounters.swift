internal import SagaRPC

/// How calls of one method ended, and how long they took.
package struct CallCounters: Equatable, Sendable {
    /// By the code of their status, as it is numbered.
    package private(set) var codes = Array(repeating: UInt64(0), count: RPCCode.allCases.count)
    /// How many took less than 1, 2, 4, 8 microseconds, and so on, and no less than the number
    /// before it; the last one counts all that took longer too.
    package private(set) var buckets = Array(repeating: UInt64(0), count: bucketCount)
    /// How long all of them took together, in microseconds.
    package private(set) var microseconds: UInt64 = 0

    /// The longest bucket begins at half an hour; calls that are longer than that are streams.
    package static let bucketCount = 32

    /// Nothing counted yet.
    package init() {}

    mutating func count(_ code: RPCCode, nanoseconds: Int64) {
        codes[Int(code.rawValue)] += 1
        let took = UInt64(max(0, nanoseconds)) / 1_000
        let bits = UInt64.bitWidth - took.leadingZeroBitCount
        buckets[min(bits, Self.bucketCount - 1)] += 1
        microseconds += took
    }

    mutating func add(_ other: Self) {
        for place in codes.indices { codes[place] += other.codes[place] }
        for place in buckets.indices { buckets[place] += other.buckets[place] }
        microseconds += other.microseconds
    }
}

extension ServerCounters {
    /// A call of a method is over.
    mutating func countCall(_ method: MethodIndex, _ code: RPCCode, nanoseconds: Int64) {
        while callsEnded.count <= method.rawValue { callsEnded.append(CallCounters()) }
        callsEnded[method.rawValue].count(code, nanoseconds: nanoseconds)
    }

    mutating func addCalls(_ other: Self) {
        while callsEnded.count < other.callsEnded.count { callsEnded.append(CallCounters()) }
        for (place, calls) in other.callsEnded.enumerated() { callsEnded[place].add(calls) }
    }
}

extension CallEnd {
    /// What the caller sees, or would see if it were still there.
    var code: RPCCode {
        switch self {
        case .cancelled, .connectionLost: .cancelled
        case .deadlineExceeded: .deadlineExceeded
        case .failed(let status): status.code
        }
    }
}
