internal import SagaCoordinator
internal import SagaModel
internal import SagaSystem
internal import SagaTransport

/// The file that tells tests and scripts that the daemon serves, and where: one JSON object, there
/// as a whole or not at all.
enum ReadyFile {
    static func write(_ coordinator: Coordinator, to path: String) throws(SystemFailure) {
        let addresses = coordinator.addresses.map { "\"\($0)\"" }.joined(separator: ", ")
        let metrics = coordinator.metricsAddress.map { "\"metrics\": \"\($0)\", " } ?? ""
        let text = """
            {"listen": [\(addresses)], \(metrics)"pid": \(ThisProcess.identifier), \
            "epoch": "\(coordinator.epoch.rawValue)"}

            """
        try WholeFile.write(Array(text.utf8), to: path)
    }
}
