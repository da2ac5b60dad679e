internal import SagaModel

/// A participant's named pair of functions: what a step does, and what undoes it.
///
/// Values travel as JSON if they are `Codable`, as they are if they are a ``Payload``, and not at
/// all if they are `Void`. Both functions run off the event loop, on Swift's own pool; one that
/// blocks holds a thread of that pool.
///
/// An action that returns has succeeded. One that throws says with `SagaFailure` that there was
/// no effect; any other error leaves that in doubt and is tried again. A value that cannot be
/// read for the handler is a retry with the code `input-not-decodable`; one that it returned and
/// that cannot be written, or is over the limit, is refused: it ran, so the saga goes back and
/// undoes it too.
public struct Handler: Sendable {
    /// What one direction of a handler does with a payload.
    typealias Function = @Sendable (HandlerContext) async -> AttemptOutcome

    /// The name: two to four parts joined by dots, e.g. `payments.charge`.
    public let name: String
    let action: Function
    let compensation: Function?

    /// Whether there is a compensation. A step that needs one waits for a participant that has.
    public var hasCompensation: Bool { compensation != nil }

    init<Input, Output>(
        _ name: String, input: ValueCoding<Input>, output: ValueCoding<Output>,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Output,
        compensation: (
            @Sendable (Compensation<Input, Output>, HandlerContext) async throws -> Void
        )?
    ) {
        self.name = name
        self.action = { context in
            let value: Input
            do {
                value = try input.decode(context.task.input)
            } catch {
                return .notDecodable("input", error)
            }
            let result: Output
            do {
                result = try await action(value, context)
            } catch {
                return AttemptOutcome(thrown: error)
            }
            do {
                return .succeeded(try output.encode(result))
            } catch {
                return .refused(.notEncodable("\(error)"))
            }
        }
        guard let compensation else {
            self.compensation = nil
            return
        }
        self.compensation = { context in
            switch Self.undone(context, input, output) {
            case .value(let undone):
                do {
                    try await compensation(undone, context)
                    return .succeeded(.empty)
                } catch {
                    return AttemptOutcome(thrown: error)
                }
            case .unreadable(let outcome): return outcome
            }
        }
    }

    private enum Undone<Input, Output> {
        case value(Compensation<Input, Output>)
        case unreadable(AttemptOutcome)
    }

    private static func undone<Input, Output>(
        _ context: HandlerContext, _ input: ValueCoding<Input>, _ output: ValueCoding<Output>
    ) -> Undone<Input, Output> {
        guard let undo = context.task.undo else {
            preconditionFailure("a compensation of \(context.task.attempt) without its undo")
        }
        let value: Input
        do {
            value = try input.decode(context.task.input)
        } catch {
            return .unreadable(.notDecodable("input", error))
        }
        var action = Compensation<Input, Output>.Action.unknown
        if let payload = undo.output {
            do {
                action = .succeeded(try output.decode(payload))
            } catch {
                return .unreadable(.notDecodable("output", error))
            }
        }
        return .value(
            Compensation(
                input: value, action: action, actionIdempotencyKey: undo.actionIdempotencyKey,
                reason: .init(
                    step: undo.causeStep.isEmpty ? nil : undo.causeStep, code: undo.causeCode,
                    message: undo.causeMessage)))
    }

    /// Runs the half of the handler that the task asks for; nil if it has no such half.
    func run(_ context: HandlerContext) async -> AttemptOutcome? {
        switch context.direction {
        case .action: return await action(context)
        case .compensation: return await compensation?(context)
        }
    }
}

extension OutputRefused {
    /// The handler's value could not be encoded.
    static func notEncodable(_ why: String) -> OutputRefused {
        let shown = AttemptOutcome.cut(why, at: Limits.refusalReasonBytes)
        return OutputRefused(reason: "not encodable: \(shown)", size: 0, limit: 0)
    }

    /// More bytes than the limit.
    static func tooLarge(_ size: Int, limit: UInt64) -> OutputRefused {
        OutputRefused(reason: "too large", size: UInt64(size), limit: limit)
    }
}
