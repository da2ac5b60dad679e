public import Logging
internal import SagaModel

extension HandlerContext {
    /// A logger that says which saga, step and attempt a line is about.
    ///
    /// It is made on each call, so that an attempt that logs nothing pays nothing.
    public var logger: Logger {
        var logger = attemptFacts.logger
        for (name, value) in metadata { logger[metadataKey: name] = value }
        return logger
    }

    var metadata: Logger.Metadata {
        [
            "saga": "\(sagaID)", "step": "\(step)", "attempt": "\(attempt)",
            "direction": direction == .action ? "action" : "compensation",
        ]
    }
}
