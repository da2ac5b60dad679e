internal import CNghttp2

/// Memory for what nghttp2 allocates and frees with every stream; for the sessions of one thread.
///
/// A call costs nghttp2 eight small blocks. Where many calls are under way at once, glibc takes the
/// slow way for most of them, since it keeps seven blocks of a size at hand; this keeps some more.
/// What it holds is bounded, and shared by all connections of a thread, so that an idle one holds
/// nothing of it. It does not lock: whoever shares it sees to it that one session works at a time.
@safe package final class HTTP2Memory {
    /// Nil where there was no memory; then nghttp2 uses the system's allocator by itself.
    private let raw: UnsafeMutablePointer<saga_nghttp2_memory>?
    /// Where small frames that leave together are put behind each other.
    private let frames: UnsafeMutableRawBufferPointer
    private static let framesBytes = 16 << 10

    /// Makes a store that holds nothing yet.
    package init() {
        // SAFETY: freed once, in deinit.
        unsafe raw = saga_nghttp2_memory_new()
        // SAFETY: as above.
        unsafe frames = .allocate(byteCount: Self.framesBytes, alignment: 1)
    }

    deinit {
        // SAFETY: every session that uses it keeps this object alive.
        unsafe saga_nghttp2_memory_delete(raw)
        // SAFETY: only lent during calls of methods.
        unsafe frames.deallocate()
    }

    /// What nghttp2 takes; valid as long as this object.
    var table: UnsafeMutablePointer<nghttp2_mem>? {
        // SAFETY: the memory is alive as long as self.
        unsafe saga_nghttp2_memory_table(raw)
    }

    /// Collects what one `drain` hands out.
    func frameBatch() -> FrameBatch {
        // SAFETY: a batch does not outlive its `drain`, and one session works at a time.
        unsafe FrameBatch(memory: frames)
    }
}
