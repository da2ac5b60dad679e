internal import CSagaShims
internal import Glibc

/// A thread of its own for work that blocks, such as preparing files.
package final class SystemThread: Sendable {
    private let ended = Monitor(false)

    /// Starts a thread that runs the body once; the name is for debuggers, 15 bytes of it count.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemFailure) {
        let ended = ended
        let start = ThreadStart(name: name) {
            body()
            ended.withLock { $0 = true }
        }
        // SAFETY: the retained object is taken over by the new thread, or released below.
        let argument = unsafe Unmanaged.passRetained(start)
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                // SAFETY: the argument is the object that was retained for this thread alone.
                let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue()
                unsafe saga_name_thread(start.name)
                start.body()
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            unsafe argument.release()
            throw SystemFailure(
                operation: "pthread_create", path: nil, code: ErrorNumber(rawValue: code))
        }
        pthread_detach(thread)
    }

    /// Waits until the body has returned.
    package func join() {
        ended.wait { $0 ? () : nil }
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
