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
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // Deadlines are points of the clock that nobody sets.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
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

    /// Waits until the body, called with the lock held, returns something; nil once the deadline
    /// has passed.
    package func wait<Result>(
        until deadline: MonotonicInstant?, for body: (inout Value) -> Result?
    ) -> Result? {
        guard let deadline else { return wait(for: body) }
        var time = timespec(
            tv_sec: Int(deadline.microseconds / 1_000_000),
            tv_nsec: Int(deadline.microseconds % 1_000_000 * 1_000))
        // SAFETY: both objects were initialized in init and live until deinit; `time` is a local
        // variable.
        unsafe pthread_mutex_lock(lock)
        defer {
            unsafe pthread_cond_broadcast(changed)
            unsafe pthread_mutex_unlock(lock)
        }
        while true {
            if let result = body(&value) { return result }
            guard unsafe pthread_cond_timedwait(changed, lock, &time) != ETIMEDOUT else {
                return body(&value)
            }
        }
    }
}
