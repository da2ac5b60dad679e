internal import SagaHTTP2
internal import SagaRPC

/// The open calls of one event loop: from a call's number to its connection and stream.
struct CallTable {
    struct Entry {
        /// From 1 on, so that no call has the number 0.
        var generation: UInt64 = 1
        /// -1 while the place is free.
        var connection: Int32 = -1
        var stream: HTTP2Stream?
        var opening = Opening(method: MethodIndex(0), at: RPCInstant(nanoseconds: 0))
    }

    /// What was called, and when.
    struct Opening {
        let method: MethodIndex
        let at: RPCInstant
    }

    private static let placeBits: UInt64 = 20
    private static let generationBits: UInt64 = 36

    private let loopIndex: UInt64
    private var entries: [Entry] = []
    private var free: [Int32] = []
    private(set) var count = 0

    init(loopIndex: Int) {
        precondition((0..<256).contains(loopIndex), "event loop \(loopIndex) of at most 256")
        self.loopIndex = UInt64(loopIndex)
    }

    /// Gives a call a number; nil when a million calls are open on the loop.
    mutating func insert(
        connection: Int32, _ stream: HTTP2Stream, _ opening: Opening
    ) -> ServerCallID? {
        let place: Int
        if let known = free.popLast() {
            place = Int(known)
        } else {
            guard entries.count < 1 << Self.placeBits else { return nil }
            place = entries.count
            entries.append(Entry())
        }
        entries[place].connection = connection
        entries[place].stream = stream
        entries[place].opening = opening
        count += 1
        return number(place, entries[place].generation)
    }

    private func place(_ call: ServerCallID) -> Int? {
        let place = Int(call.rawValue >> Self.generationBits) & (1 << Self.placeBits - 1)
        let generation = call.rawValue & (1 << Self.generationBits - 1)
        guard call.rawValue >> (Self.placeBits + Self.generationBits) == loopIndex,
            place < entries.count, entries[place].generation == generation,
            entries[place].connection >= 0
        else { return nil }
        return place
    }

    /// The connection and stream of an open call.
    func find(_ call: ServerCallID) -> (connection: Int, stream: HTTP2Stream)? {
        guard let place = place(call), let stream = entries[place].stream else { return nil }
        return (Int(entries[place].connection), stream)
    }

    /// How an open call began.
    func opening(of call: ServerCallID) -> Opening? { place(call).map { entries[$0].opening } }

    /// The open calls of a connection.
    func calls(of connection: Int32) -> [ServerCallID] {
        entries.indices.filter { entries[$0].connection == connection }.map { place in
            number(place, entries[place].generation)
        }
    }

    private func number(_ place: Int, _ generation: UInt64) -> ServerCallID {
        ServerCallID(
            rawValue: loopIndex << (Self.placeBits + Self.generationBits)
                | UInt64(place) << Self.generationBits | generation)
    }

    /// Forgets a call. A place whose numbers are used up is not used again.
    mutating func remove(_ call: ServerCallID) {
        guard let place = place(call) else { return }
        entries[place].connection = -1
        entries[place].stream = nil
        entries[place].generation += 1
        count -= 1
        if entries[place].generation < 1 << Self.generationBits { free.append(Int32(place)) }
    }
}
