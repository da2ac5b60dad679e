internal import Glibc

/// A value behind a lock, with a condition that threads can wait for.
///
/// For threads that block; async code uses `Mutex`.
@safe package final class Monitor<Value: Sendable>: @unchecked Sendable {
    // `value` is only touched with `lock` held; both pthread objects live as long as this object.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    /// Guards a value.
    package init(_ value: Value) {
        self.value = value
        // SAFETY: allocated and initialized once here, destroyed and freed in deinit.
        unsafe lock = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_mutex_t())
        unsafe changed.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        // SAFETY: nobody holds a reference, so nobody holds the lock or waits.
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
        unsafe changed.deallocate()
    }

    /// Looks at the value or changes it, and wakes all who wait.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: the mutex was initialized in init and lives until deinit.
        unsafe pthread_mutex_lock(lock)
        defer {
            unsafe pthread_cond_broadcast(changed)
            unsafe pthread_mutex_unlock(lock)
        }
        return try body(&value)
    }

    /// Waits until the body, called with the lock held, returns something.
    package func wait<Result>(for body: (inout Value) -> Result?) -> Result {
        // SAFETY: both objects were initialized in init and live until deinit.
        unsafe pthread_mutex_lock(lock)
        defer {
            unsafe pthread_cond_broadcast(changed)
            unsafe pthread_mutex_unlock(lock)
        }
        while true {
            if let result = body(&value) { return result }
            unsafe pthread_cond_wait(changed, lock)
        }
    }
}
