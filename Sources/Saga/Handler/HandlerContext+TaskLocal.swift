package import Logging
internal import SagaModel

extension HandlerContext {
    @TaskLocal private static var current: HandlerContext?

    /// A logger whose lines say which saga, step and attempt they are about, if one runs in this
    /// task.
    ///
    /// Asked only when a line is written: an attempt that logs nothing pays for a task-local value.
    package static func attributing(_ logger: Logger) -> Logger {
        var logger = logger
        let ours = Logger.MetadataProvider { current?.metadata ?? [:] }
        logger.handler.metadataProvider =
            logger.metadataProvider.map { Logger.MetadataProvider.multiplex([$0, ours]) } ?? ours
        return logger
    }

    /// Runs a handler with `Logger.current` telling of its attempt.
    ///
    /// - Parameter logger: the participant's, once given to ``attributing(_:)``.
    /// - Returns: nil if the handler has no half for the task.
    package func run(
        _ handler: Handler, logger: Logger
    ) async -> AttemptOutcome? {
        await Self.$current.withValue(self) {
            await withLogger(logger) { _ in await handler.run(self) }
        }
    }
}
