internal import CProtobufC
internal import CSagaProtos

/// Memory that is handed out piece by piece and taken back all at once: what both arenas are made
/// of.
///
/// The first chunk is kept over resets, so that messages that fit into it cost no call of the
/// system's allocator; what is larger gets chunks of its own, which the next reset frees. Each
/// piece has its size in the word before it, which is how the length of a string is known after
/// protobuf-c has put it here.
@safe struct BumpArena: ~Copyable {
    /// What the allocator's functions change; its address is what protobuf-c hands to them.
    ///
    // SAFETY: its addresses are used by the functions of this file alone.
    @unsafe struct State {
        var cursor: UnsafeMutableRawPointer
        var end: UnsafeMutableRawPointer
        var left: Int
        var isExhausted: Bool
        var extra: UnsafeMutableRawPointer?
        let first: UnsafeMutableRawPointer
        let firstSize: Int
        let limit: Int
    }

    /// The word before each piece, and what every piece is aligned to.
    static let wordSize = 8

    private let state: UnsafeMutablePointer<State>
    private let allocator: UnsafeMutablePointer<ProtobufCAllocator>

    /// - Parameters:
    ///   - chunk: how many bytes are kept between resets.
    ///   - limit: how many bytes all pieces between two resets may have together, words included.
    init(chunk: Int, limit: Int) {
        precondition(chunk > 0 && limit > 0, "an arena of \(chunk) bytes with the limit \(limit)")
        let size = chunk & ~(Self.wordSize - 1) + Self.wordSize
        // SAFETY: the three allocations are owned by this value alone and freed in deinit.
        let first = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.wordSize)
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(
            to: State(
                cursor: first, end: first + size, left: limit, isExhausted: false, extra: nil,
                first: first, firstSize: size, limit: limit))
        unsafe allocator = .allocate(capacity: 1)
        unsafe allocator.initialize(
            to: ProtobufCAllocator(
                alloc: { state, size in
                    // SAFETY: protobuf-c hands back the address that stands in `allocator_data`.
                    unsafe BumpArena.allocate(
                        state!.assumingMemoryBound(to: State.self), Int(clamping: size))
                },
                free: { _, _ in }, allocator_data: unsafe UnsafeMutableRawPointer(state)))
    }

    deinit {
        // SAFETY: nothing else has these addresses; the state is of trivial type.
        unsafe Self.freeExtra(state)
        unsafe state.pointee.first.deallocate()
        unsafe state.deallocate()
        unsafe allocator.deallocate()
    }

    /// The arena as protobuf-c takes it; valid as long as this value lives.
    var pointer: UnsafeMutablePointer<ProtobufCAllocator> {
        // SAFETY: whoever takes the address says the same of it.
        unsafe allocator
    }

    /// Whether a piece was refused since the last reset because of the limit.
    var isExhausted: Bool {
        // SAFETY: the state lives as long as this value.
        unsafe state.pointee.isExhausted
    }

    /// Takes back every piece; whatever points into the arena is dangling from here on.
    mutating func reset() {
        // SAFETY: the state lives as long as this value, and so does its first chunk.
        unsafe Self.freeExtra(state)
        unsafe state.pointee.cursor = state.pointee.first
        unsafe state.pointee.end = state.pointee.first + state.pointee.firstSize
        unsafe state.pointee.left = state.pointee.limit
        unsafe state.pointee.isExhausted = false
    }

    /// A piece of that many bytes, aligned to a word; its bytes are not initialized.
    ///
    /// - Returns: nil if the limit is reached.
    mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        // SAFETY: the state lives as long as this value.
        unsafe Self.allocate(state, size)
    }

    private static func allocate(
        _ state: UnsafeMutablePointer<State>, _ size: Int
    ) -> UnsafeMutableRawPointer? {
        // SAFETY: the state is that of a living arena; the cursor moves only inside the chunk that
        // it belongs to, because the room is checked first.
        guard unsafe size <= state.pointee.left - 2 * wordSize else {
            unsafe state.pointee.isExhausted = true
            return nil
        }
        let needed = (size + 2 * wordSize - 1) & ~(wordSize - 1)
        unsafe state.pointee.left -= needed
        if unsafe state.pointee.end - state.pointee.cursor < needed {
            unsafe grow(state, needed)
        }
        let piece = unsafe state.pointee.cursor
        unsafe state.pointee.cursor = piece + needed
        unsafe piece.storeBytes(of: size, as: Int.self)
        return unsafe piece + wordSize
    }

    /// Makes room for one piece in a chunk of its own, at least as large as the first one.
    private static func grow(_ state: UnsafeMutablePointer<State>, _ needed: Int) {
        // SAFETY: the chunk's first word links to the chunk before it, which `freeExtra` follows.
        let size = unsafe max(needed, state.pointee.firstSize) + wordSize
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: wordSize)
        unsafe chunk.storeBytes(of: state.pointee.extra, as: UnsafeMutableRawPointer?.self)
        unsafe state.pointee.extra = chunk
        unsafe state.pointee.cursor = chunk + wordSize
        unsafe state.pointee.end = chunk + size
    }

    private static func freeExtra(_ state: UnsafeMutablePointer<State>) {
        // SAFETY: each chunk in the list was allocated by `grow` and is freed once, for the list
        // is empty afterwards.
        while let chunk = unsafe state.pointee.extra {
            unsafe state.pointee.extra = chunk.load(as: UnsafeMutableRawPointer?.self)
            unsafe chunk.deallocate()
        }
    }
}
