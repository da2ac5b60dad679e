internal import SagaSystem

/// A new directory for one run, removed at its end.
final class WorkDirectory {
    let path: String
    /// The data directory of the daemon.
    let data: String

    init(in parent: String) throws(SystemFailure) {
        path = "\(parent)/sagabench.\(ThisProcess.identifier)"
        data = "\(path)/data"
        try Directory.make(path)
        try Directory.make(data)
    }

    deinit {
        // What cannot be removed is left behind, named after this program.
        try? Directory.removeTree(path)
    }
}
