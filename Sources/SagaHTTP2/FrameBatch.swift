/// Puts small frames behind each other, so that what takes them is called for many at once.
///
/// A call is answered with three frames of a few dozen bytes, and copying those twice costs less
/// than a call of the sink. Large frames are handed out from where they are.
@safe struct FrameBatch: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0

    /// A frame is copied up to this size.
    private static let smallBytes = 1024

    /// `memory` is lent for the life of the batch.
    init(memory: UnsafeMutableRawBufferPointer) {
        // SAFETY: kept, not followed yet.
        unsafe self.memory = memory
    }

    /// Takes a frame, which is valid during the call only.
    mutating func add(_ frame: UnsafeRawBufferPointer, _ sink: (RawSpan) -> Void) {
        let size = frame.count
        // SAFETY: only the count is asked.
        if unsafe size > Self.smallBytes || size > memory.count - count { handOut(sink) }
        guard size <= Self.smallBytes else {
            // SAFETY: the caller lends the frame for the call.
            sink(unsafe frame.bytes)
            return
        }
        // SAFETY: there is room for `size` bytes behind `count`, as was just seen to.
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: frame)
        count += size
    }

    /// Hands out what was collected.
    mutating func handOut(_ sink: (RawSpan) -> Void) {
        guard count > 0 else { return }
        // SAFETY: so many bytes were copied there.
        sink(unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]).bytes)
        count = 0
    }
}
