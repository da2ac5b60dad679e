import Foundation
import Logging
import SagaModel
import SagaProtobuf
import Synchronization
import Testing

@testable import Saga

@Suite struct HandlerTests {
    static func context(
        input: String = #"{"cents":5,"customer":"alice"}"#, undo: ReceivedUndo? = nil,
        progress: Payload? = nil
    ) -> HandlerContext {
        var task = SessionHarness.task(1, direction: undo == nil ? .action : .compensation)
        task.input = Payload(contentType: Payload.json, bytes: Array(input.utf8))
        task.undo = undo
        task.previousProgress = progress
        return HandlerContext(
            task, lineage: SessionHarness.lineage, namespace: "shop", deadline: nil,
            logger: Logger(label: "test"))
    }

    static func undo(output: Payload?, step: String = "ship") -> ReceivedUndo {
        ReceivedUndo(
            output: output, actionIdempotencyKey: "the-action's", causeStep: step,
            causeCode: "no-carrier", causeMessage: "none")
    }

    static func json(_ text: String) -> Payload {
        Payload(contentType: Payload.json, bytes: Array(text.utf8))
    }

    struct Plain: Error {}
    struct Unwritable: Codable {
        init() {}
        init(from decoder: any Decoder) {}
        func encode(to encoder: any Encoder) throws { throw Plain() }
    }

    /// What a handler that throws this is answered with; nil for what it returns.
    static let thrown: [(any Error, AttemptOutcome)] = [
        (
            SagaFailure("declined", "no money"),
            .failed(Failure(code: "declined", message: "no money"))
        ),
        (SagaFailure("x\0y"), .failed(Failure(code: "x\u{FFFD}y", message: ""))),
        (
            SagaFailure("declined", details: ["a": 1]),
            .failed(Failure(code: "declined", message: "", details: json(#"{"a":1}"#)))
        ),
        (
            SagaFailure("declined", "m", details: Unwritable()),
            .failed(
                Failure(
                    code: "declined",
                    message: "m (details left out: they cannot be encoded: Plain())"))
        ),
        (
            SagaFailure(String(repeating: "é", count: 100), String(repeating: "m", count: 5_000)),
            .failed(
                Failure(
                    code: String(repeating: "é", count: 64),
                    message: String(repeating: "m", count: 4_096)))
        ),
        (
            SagaRetry("busy", "later", after: .seconds(2)),
            .retry(Failure(code: "busy", message: "later"), after: .seconds(2))
        ),
        (
            SagaRetry("busy", after: .seconds(-2)),
            .retry(Failure(code: "busy", message: ""), after: .zero)
        ),
        (Plain(), .retry(Failure(code: "Plain", message: "Plain()"), after: nil)),
        (
            CancellationError(),
            .retry(
                Failure(code: "CancellationError", message: "CancellationError()"), after: nil)
        ),
        (SagaNotYet(after: .seconds(5)), .notYet(after: .seconds(5))),
        (SagaNotYet(after: .zero), .notYet(after: .milliseconds(1))),
        (SagaDeferred(within: .seconds(60)), .deferred(within: .seconds(60))),
        (SagaDeferred(within: .seconds(-1)), .deferred(within: .milliseconds(1))),
        (SagaDeferred(), .deferred(within: nil)),
        (SagaHold("a person"), .hold(reason: "a person")),
        (SagaHold(""), .hold(reason: "unnamed")),
        (
            SagaHold(String(repeating: "é", count: 1_000)),
            .hold(reason: String(repeating: "é", count: 512))
        ),
        (FencedAttempt("late"), .hold(reason: "fenced")),
    ]

    @Test func whatIsThrownIsTheOutcome() async {
        for (error, outcome) in Self.thrown {
            let error = UncheckedError(error: error)
            let handler = Handler("x.y") { (_: Order, _) in
                throw error.error
            } compensation: {
                _, _ in
                throw error.error
            }
            #expect(await handler.run(Self.context()) == outcome)
            #expect(await handler.run(Self.context(undo: Self.undo(output: nil))) == outcome)
        }
    }

    struct UncheckedError: Sendable { let error: any Error }

    @Test func codableValuesTravelAsSortedJSON() async {
        let handler = Handler("x.y") { (order: Order, _) in
            Order(customer: order.customer.uppercased(), cents: order.cents + 1)
        }
        #expect(
            await handler.run(Self.context())
                == .succeeded(Self.json(#"{"cents":6,"customer":"ALICE"}"#)))
        #expect(!handler.hasCompensation)
        #expect(await handler.run(Self.context(undo: Self.undo(output: nil))) == nil)
    }

    @Test func typedNamesCarryTheTypes() async {
        let handler = Handler(Payments.charge) { order, context in
            Charge(id: "\(order.customer)/\(context.idempotencyKey)")
        } compensation: { _, _ in
        }
        #expect(handler.name == "payments.charge")
        #expect(handler.hasCompensation)
        let key = SessionHarness.task(1).idempotencyKey
        #expect(
            await handler.run(Self.context())
                == .succeeded(Self.json(#"{"id":"alice/\#(key)"}"#)))
    }

    @Test func nothingAndBytesTravelAsTheyAre() async {
        let silent = Handler("x.y") { (_: Order, _) in }
        #expect(await silent.run(Self.context()) == .succeeded(.empty))
        let raw = Handler("x.y") { (payload: Payload, _) in
            Payload(contentType: "text/plain", bytes: payload.bytes.reversed())
        }
        #expect(
            await raw.run(Self.context(input: "ab"))
                == .succeeded(Payload(contentType: "text/plain", bytes: Array("ba".utf8))))
    }

    @Test func aCompensationIsToldOfItsAction() async {
        let handler = Handler("x.y") { (_: Order, _) in
            Charge(id: "1")
        } compensation: {
            charge, _ in
            let action =
                switch charge.action {
                case .succeeded(let output): "succeeded \(output.id)"
                case .unknown: "unknown"
                }
            throw SagaFailure(
                "seen",
                "\(charge.input.customer) \(action) \(charge.actionIdempotencyKey) "
                    + "\(charge.reason.step ?? "-") \(charge.reason.code)")
        }
        let known = Self.undo(output: Self.json(#"{"id":"7"}"#))
        #expect(
            await handler.run(Self.context(undo: known))
                == .failed(
                    Failure(
                        code: "seen", message: "alice succeeded 7 the-action's ship no-carrier")))
        let unknown = Self.undo(output: nil, step: "")
        #expect(
            await handler.run(Self.context(undo: unknown))
                == .failed(
                    Failure(code: "seen", message: "alice unknown the-action's - no-carrier")))
    }

    @Test func whatTheHandlerCannotBeGivenIsARetryAndNeverANo() async throws {
        let handler = Handler("x.y") { (_: Order, _) in
            Charge(id: "1")
        } compensation: { _, _ in
        }
        let cases: [(HandlerContext, String)] = [
            (Self.context(input: "{}"), "input-not-decodable"),
            (Self.context(input: ""), "input-not-decodable"),
            (Self.context(input: "{}", undo: Self.undo(output: nil)), "input-not-decodable"),
            (Self.context(undo: Self.undo(output: Self.json("[]"))), "output-not-decodable"),
        ]
        for (context, code) in cases {
            guard case .retry(let failure, after: nil) = await handler.run(context) else {
                Issue.record("\(code) is a retry")
                continue
            }
            #expect(failure.code == code)
        }
    }

    @Test func anOutputThatCannotBeWrittenIsRefused() async {
        let handler = Handler("x.y") { (_: Order, _) in Unwritable() }
        guard case .refused(let refused) = await handler.run(Self.context()) else {
            Issue.record("it ran, so it is refused")
            return
        }
        #expect(refused.reason.hasPrefix("not encodable: "))
    }

    @Test func datesAndDataHaveOneForm() throws {
        struct Value: Codable, Equatable {
            var at: Date
            var bytes: Data
            var path: String
        }
        let value = Value(
            at: Date(timeIntervalSince1970: 0), bytes: Data([0xff, 0xfe]), path: "a/b")
        let payload = try ValueJSON.encode(value)
        #expect(
            String(decoding: payload.bytes, as: UTF8.self)
                == #"{"at":"1970-01-01T00:00:00Z","bytes":"//4=","path":"a/b"}"#)
        #expect(try ValueJSON.decode(Value.self, from: payload) == value)
        #expect(try ValueJSON.decode(Int?.self, from: .empty) == nil)
    }

    @Test func aContextTellsOfItsAttempt() {
        let context = Self.context()
        #expect(context.sagaID == SagaID(high: 1, low: 1))
        #expect(context.step == "charge")
        #expect("\(context.definition)" == "order v3")
        #expect(context.attempt == 1)
        #expect(context.labels == ["customer": "alice"])
        #expect(context.cancellationReason == nil)
        context.attemptFacts.cancelled(for: .timedOut)
        context.attemptFacts.cancelled(for: .goingBack)
        #expect(context.cancellationReason == .timedOut, "the first reason counts")
        #expect(context.logger[metadataKey: "step"] == "charge")
    }

    @Test func theProgressOfTheAttemptBeforeIsReadAsItsType() throws {
        #expect(try Self.context().progress(as: Int.self) == nil)
        let context = Self.context(progress: Self.json("7"))
        #expect(try context.progress(as: Int.self) == 7)
        #expect(throws: DecodingError.self) { try context.progress(as: String.self) }
    }

    @Test func signsAreToldOnceUntilTheyAreTaken() throws {
        let told = Mutex(0)
        let facts = AttemptFacts(
            SessionHarness.task(1), lineage: SessionHarness.lineage, namespace: "shop",
            deadline: nil, logger: Logger(label: "test"),
            onSign: { _ in told.withLock { $0 += 1 } })
        let context = HandlerContext(facts)
        try context.heartbeat(1)
        try context.heartbeat(2)
        context.heartbeat()
        #expect(told.withLock { $0 } == 1)
        #expect(facts.takeSign() == Self.json("2"), "the newest word counts, and silence is none")
        #expect(facts.takeSign() == nil)
        context.heartbeat()
        #expect(told.withLock { $0 } == 2)
        #expect(facts.takeSign() == nil)
        #expect(throws: Plain.self) { try context.heartbeat(Unwritable()) }
        #expect(told.withLock { $0 } == 2)
    }

    @Test(arguments: [Direction.action, .compensation])
    func aTaskTokenNamesTheAttemptAndNothingElse(direction: Direction) throws {
        let context = Self.context(
            undo: direction == .action ? nil : Self.undo(output: nil))
        let token = context.taskToken
        var bytes: [UInt8] = []
        var encoding = EncodingArena()
        var decoding = DecodingArena(limit: 1 << 20)
        ParticipantCodec.encodeCompleteTaskRequest(
            taskToken: token.description, .succeeded(.empty), into: &bytes, arena: &encoding)
        let read = try ParticipantCodec.decodeCompleteTask(
            bytes.span, limits: CodecLimits(), arena: &decoding)
        #expect(read.attempt == context.task.attempt)
        #expect(read.attempt.task.direction == direction)
        #expect(read.namespace == "shop")
        #expect(context.taskToken == token, "the same each time")
        #expect(try ValueJSON.decode(TaskToken.self, from: ValueJSON.encode(token)) == token)
        #expect(try ValueJSON.encode(token).bytes == Array("\"\(token)\"".utf8))
    }
}
