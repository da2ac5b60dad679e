import SagaModel
import SagaProtobuf
import Testing

/// A saga is made to fit into a message, whatever it holds.
@Suite struct FittedSagaTests {
    private static let limit = 4 << 20
    private static let all = SagaView(history: true, payloads: true)

    private static func packed(_ saga: SagaStatus, _ view: SagaView = all) -> Int {
        var arena = EncodingArena()
        var bytes: [UInt8] = []
        SagaServiceCodec.encodeGetSaga(saga, view: view, into: &bytes, arena: &arena)
        return bytes.count
    }

    private static func failure(_ message: Int, _ details: Int) -> Failure {
        Failure(
            code: String(repeating: "c", count: 128),
            message: String(repeating: "m", count: message), details: payload(details))
    }

    private static func payload(_ count: Int) -> Payload {
        Payload(
            contentType: String(repeating: "t", count: 255),
            bytes: .init(repeating: 7, count: count))
    }

    @Test func stepsGoAsAWholeOnlyIfNotEvenNamesFit() {
        var saga = Self.largest(steps: 1_000, payload: 20)
        for index in 0..<300 { saga.steps[index].state = .succeeded }
        saga.fit(into: Self.limit - 1_024, Self.all, SagaExcerpt())
        let gone = saga.omitted.filter { $0.part == .step }
        #expect(gone.count >= 300)
        #expect(saga.steps.allSatisfy { $0.state == .compensating })
        #expect(saga.output == Self.payload(20))
        var alone = Self.largest(steps: 1_000, payload: 20)
        alone.fit(into: Self.limit, Self.all, SagaExcerpt(steps: [gone[0].step]))
        #expect(alone.steps.map(\.name) == [gone[0].step] && alone.omitted.isEmpty)
    }

    /// As large as everything may be, but for payloads of this size.
    private static func largest(
        steps: Int, payload size: Int, message: Int = 4_096, attempts: Int = 12, verbs: Int = 100
    ) -> SagaStatus {
        var saga = ShownSamples.saga
        let entry = VerbEntry(
            verb: .skip, step: String(repeating: "v", count: 63),
            by: Principal(name: String(repeating: "p", count: 255), isVerified: true),
            reason: String(repeating: "r", count: 1_024), at: Samples.at)
        let instance = String(repeating: "i", count: 255) + "/" + String(repeating: "j", count: 255)
        let attempt = AttemptStatus(
            token: Token(epoch: Epoch(.max), number: .max), state: .ended, handedOutAt: Samples.at,
            endedAt: Samples.at, instance: instance,
            outcome: .retry(failure(message, 0), after: nil),
            counts: true)
        let task = TaskStatus(
            attempts: .max, failures: .max, instance: instance, dueAt: Samples.at,
            handedOutAt: Samples.at, endedAt: Samples.at, lastFailure: failure(message, size),
            waiting: .comeback(of: instance, lostAt: Samples.at, until: Samples.at),
            maxAttempts: .max, progress: payload(size), lastHeartbeatAt: Samples.at,
            history: .init(repeating: attempt, count: attempts))
        let name = { (place: Int) in "s\(place)" + String(repeating: "x", count: 58) }
        saga.steps = (0..<steps).map { place in
            var step = saga.steps[0]
            step.name = name(place)
            step.handler = String(repeating: "h", count: 255)
            step.after = (max(0, place - 5)..<place).map(name)
            step.state = .compensating
            step.action = task
            step.compensation = task
            step.output = payload(size)
            step.more.input = payload(size)
            step.more.skip = .person(entry)
            step.more.undoneBy = entry
            step.more.children = .init(repeating: Samples.id, count: attempts)
            return step
        }
        saga.more.verbs = .init(repeating: entry, count: verbs)
        saga.input = payload(size)
        saga.output = payload(size)
        saga.failure?.failure = failure(message, size)
        saga.compensationFailure?.failure = failure(message, size)
        return saga
    }

    @Test(arguments: [
        (1, 1 << 20, 12), (3, 1 << 20, 12), (1_000, 20, 12), (1_000, 0, 0), (1_000, 4_096, 12),
        (20, 300_000, 100), (2, 100, 5_000),
    ])
    func neverLargerThanTheLimit(_ steps: Int, _ size: Int, _ attempts: Int) {
        var saga = Self.largest(steps: steps, payload: size, attempts: attempts)
        #expect(Self.packed(saga) > Self.limit, "or there is nothing to see")
        saga.fit(into: Self.limit - 1_024, Self.all, SagaExcerpt())
        let bytes = Self.packed(saga)
        #expect(bytes <= Self.limit && bytes > Self.limit / 2, "\(bytes)")
        let gone = saga.omitted.count { $0.part == .step }
        #expect(saga.steps.count + gone == steps && !saga.omitted.isEmpty)
        #expect(saga.steps.allSatisfy { $0.action.lastFailure?.code.utf8.count == 128 })
    }

    @Test func eachPartComesAloneAndWhole() {
        let whole = Self.largest(steps: 3, payload: 1 << 20)
        for part in SagaPart.allCases {
            var saga = whole
            saga.fit(
                into: Self.limit - 1_024, part.view,
                SagaExcerpt(steps: part.isStepwise ? [whole.steps[1].name] : [], part: part))
            #expect(saga.omitted.isEmpty, "\(part)")
            #expect(Self.packed(saga, part.view) <= Self.limit, "\(part)")
            #expect(
                saga.payload(part, step: whole.steps[1].name)
                    == whole.payload(part, step: whole.steps[1].name), "\(part)")
            // Every other part that the view has is gone.
            for other in SagaPart.allCases where other != part {
                let payload = saga.payload(other, step: whole.steps[1].name)
                let isOfView = part.view.union(other.view) == part.view
                if isOfView { #expect(payload?.bytes.isEmpty ?? true, "\(other) beside \(part)") }
            }
        }
    }

    @Test func whatFitsIsNotTouched() {
        let saga = Self.largest(steps: 3, payload: 1_000)
        var fitted = saga
        fitted.fit(into: Self.limit, Self.all, SagaExcerpt())
        #expect(fitted == saga)
    }

    @Test func whatIsNeededFirstStays() {
        var saga = Self.largest(steps: 10, payload: 1 << 20, attempts: 12)
        saga.fit(into: Self.limit - 1_024, Self.all, SagaExcerpt())
        let parts = Set(saga.omitted.map(\.part))
        #expect(!parts.contains(.input) && !parts.contains(.output))
        #expect(!parts.contains(.actionError) && !parts.contains(.relations))
        #expect(parts.isSuperset(of: [.stepOutput, .stepInput, .actionDetails, .undoProgress]))
        let note = saga.omitted.first { $0.part == .stepOutput && $0.step == saga.steps[9].name }
        #expect(note?.bytes == 1 << 20)
        #expect(note?.contentType == "", "a long one is left out")
    }

    @Test func ofAttemptsTheNewestStay() throws {
        var saga = Self.largest(steps: 1, payload: 0, attempts: 0, verbs: 0)
        let attempts = (1...5_000).map { number in
            AttemptStatus(
                token: Token(epoch: Epoch(1), number: UInt32(number)), state: .ended,
                outcome: .retry(Self.failure(4_096, 0), after: nil), counts: true)
        }
        saga.steps[0].action.history = attempts
        saga.fit(into: Self.limit - 1_024, Self.all, SagaExcerpt())
        let kept = saga.steps[0].action.history
        #expect(kept == Array(attempts.suffix(kept.count)) && kept.count > 800)
        #expect(saga.omitted.map(\.part) == [.actionAttempts])
        #expect(Self.packed(saga) <= Self.limit)
    }

    @Test func notesGoOverTheWire() throws {
        var saga = ShownSamples.saga
        saga.omitted = SagaPart.allCases.map {
            OmittedPart(step: "charge", part: $0, bytes: 9, contentType: "text/plain")
        }
        var arena = EncodingArena()
        var bytes: [UInt8] = []
        SagaServiceCodec.encodeGetSaga(saga, view: Self.all, into: &bytes, arena: &arena)
        var decoding = DecodingArena(limit: 1 << 20)
        let read = try SagaServiceCodec.decodeGetSagaResponse(
            bytes.span, limits: CodecLimits(), arena: &decoding)
        #expect(read.omitted == saga.omitted)

        for part in SagaPart.allCases {
            let request = SagaMessage(
                namespace: "n", saga: .id(Samples.id),
                excerpt: SagaExcerpt(steps: ["a", "b"], part: part))
            let packed = Codecs.encode {
                SagaServiceCodec.encodeGetSagaRequest(request, into: &$0, arena: &$1)
            }
            let asked = try SagaServiceCodec.decodeGetSaga(
                packed.span, limits: CodecLimits(), arena: &decoding)
            #expect(asked == request)
        }
    }
}
