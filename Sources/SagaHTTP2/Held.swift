/// A value at a place of its own on the heap, for a field of a class that every call passes many
/// times.
///
/// A variable of a class is checked for overlapping accesses at each use, which costs some 90
/// instructions; a call of a server passes twenty such fields. This checks in debug builds only,
/// which is what all tests run. It is for values that never call out to who holds them.
@safe package struct Held<Value: ~Copyable>: ~Copyable {
    @usableFromInline let place: UnsafeMutablePointer<Value>
    #if DEBUG
        @usableFromInline let isLent: UnsafeMutablePointer<Bool>
    #endif

    /// Moves a value to its place.
    package init(_ value: consuming Value) {
        // SAFETY: just allocated, and freed once, in deinit.
        unsafe place = .allocate(capacity: 1)
        // SAFETY: not initialized before.
        unsafe place.initialize(to: value)
        #if DEBUG
            // SAFETY: as above.
            unsafe isLent = .allocate(capacity: 1)
            // SAFETY: as above.
            unsafe isLent.initialize(to: false)
        #endif
    }

    deinit {
        // SAFETY: this is the only owner.
        unsafe place.deinitialize(count: 1)
        // SAFETY: as above.
        unsafe place.deallocate()
        #if DEBUG
            // SAFETY: as above.
            unsafe isLent.deallocate()
        #endif
    }

    /// The value. An access must end before the next one begins.
    @inlinable package var value: Value {
        _read {
            #if DEBUG
                // SAFETY: the place is alive as long as self.
                precondition(unsafe !isLent.pointee, "\(Value.self) is changed at this moment")
            #endif
            // SAFETY: as above.
            yield unsafe place.pointee
        }
        nonmutating _modify {
            #if DEBUG
                // SAFETY: as above.
                precondition(unsafe !isLent.pointee, "\(Value.self) is changed at this moment")
                // SAFETY: as above.
                unsafe isLent.pointee = true
                // SAFETY: as above.
                defer { unsafe isLent.pointee = false }
            #endif
            // SAFETY: as above.
            yield unsafe &place.pointee
        }
    }
}
