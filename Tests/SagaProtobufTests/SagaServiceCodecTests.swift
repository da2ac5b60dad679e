import SagaModel
import SagaProtobuf
import Testing

@Suite struct SagaServiceCodecTests {
    private let limits = CodecLimits()
    private static let version = DefinitionVersion(name: "order", version: 3)

    @Test func startsReadBack() throws {
        for start in ServiceSamples.starts {
            let bytes = Codecs.encode {
                SagaServiceCodec.encodeStartSagaRequest(start, into: &$0, arena: &$1)
            }
            var arena = DecodingArena(limit: Codecs.limit)
            let read = try SagaServiceCodec.decodeStartSaga(
                bytes.span, limits: limits, arena: &arena)
            #expect(read == start)
        }
    }

    @Test func oneWrongStartOfSeveralIsAnEntryOfItsOwn() throws {
        var starts = ServiceSamples.starts
        for place in starts.indices {
            starts[place].namespace = "shop"
            starts[place].wait = nil
        }
        starts[1].key = String(repeating: "k", count: 257)
        let bytes = Codecs.encode {
            SagaServiceCodec.encodeStartSagasRequest(
                starts, namespace: "shop", into: &$0, arena: &$1)
        }
        var arena = DecodingArena(limit: Codecs.limit)
        let read = try SagaServiceCodec.decodeStartSagas(
            bytes.span, limits: limits, arena: &arena)
        #expect(
            read == [
                .success(starts[0]), .failure(CodecFailure("key", .tooLong(limit: 256))),
                .success(starts[2]),
            ])
    }

    @Test func requestsAboutASagaReadBack() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        for name in ServiceSamples.names {
            let get = SagaMessage(
                namespace: "shop", saga: name,
                view: SagaView(output: false, steps: true, history: true))
            let getBytes = Codecs.encode {
                SagaServiceCodec.encodeGetSagaRequest(get, into: &$0, arena: &$1)
            }
            let readGet = try SagaServiceCodec.decodeGetSaga(
                getBytes.span, limits: limits, arena: &arena)
            #expect(readGet == get)
            let wait = AwaitMessage(
                namespace: "default", saga: name, wait: AwaitWish(timeout: .zero))
            let waitBytes = Codecs.encode {
                SagaServiceCodec.encodeAwaitSagaRequest(wait, into: &$0, arena: &$1)
            }
            let readWait = try SagaServiceCodec.decodeAwaitSaga(
                waitBytes.span, limits: limits, arena: &arena)
            #expect(readWait == wait)
            let cancel = CancelMessage(namespace: "default", saga: name, reason: "why")
            let cancelBytes = Codecs.encode {
                SagaServiceCodec.encodeCancelSagaRequest(cancel, into: &$0, arena: &$1)
            }
            let readCancel = try SagaServiceCodec.decodeCancelSaga(
                cancelBytes.span, limits: limits, arena: &arena)
            #expect(readCancel == cancel)
        }
    }

    @Test func listsReadBack() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        for list in ServiceSamples.lists {
            let bytes = Codecs.encode {
                SagaServiceCodec.encodeListSagasRequest(list, into: &$0, arena: &$1)
            }
            let read = try SagaServiceCodec.decodeListSagas(
                bytes.span, limits: limits, arena: &arena)
            #expect(read == list)
        }
    }

    @Test func requestsAboutDefinitionsReadBack() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        let register = RegisterMessage(namespace: "shop", definition: Samples.definition)
        let registerBytes = Codecs.encode {
            SagaServiceCodec.encodeRegisterDefinitionRequest(register, into: &$0, arena: &$1)
        }
        let readRegister = try SagaServiceCodec.decodeRegisterDefinition(
            registerBytes.span, limits: limits, arena: &arena)
        #expect(readRegister == register)
        for version: UInt32? in [nil, 4] {
            let get = DefinitionMessage(namespace: "default", name: "order", version: version)
            let bytes = Codecs.encode {
                SagaServiceCodec.encodeGetDefinitionRequest(get, into: &$0, arena: &$1)
            }
            let read = try SagaServiceCodec.decodeGetDefinition(
                bytes.span, limits: limits, arena: &arena)
            #expect(read == get)
        }
        let list = DefinitionMessage(namespace: "default", name: "", allVersions: true)
        let listBytes = Codecs.encode {
            SagaServiceCodec.encodeListDefinitionsRequest(list, into: &$0, arena: &$1)
        }
        let readList = try SagaServiceCodec.decodeListDefinitions(
            listBytes.span, limits: limits, arena: &arena)
        #expect(readList == list)
    }

    /// Field 6 of the start is `replaces`, 2 a definition of its own.
    @Test(
        arguments: [
            ([0x12, 0], "start.definition"),
            ([0x12, 8, 0x0A, 3, 0x0A, 1, 0x61, 0x32, 1, 0x61], "start.replaces"),
            ([0x12, 2, 0x0A, 0], "start.definition.name"), ([], "start"),
        ] as [([UInt8], String)])
    func whatIsNotThereIsNamed(bytes: [UInt8], field: String) {
        var arena = DecodingArena(limit: Codecs.limit)
        do throws(CodecFailure) {
            _ = try SagaServiceCodec.decodeStartSaga(bytes.span, limits: limits, arena: &arena)
            Issue.record("it was read")
        } catch {
            #expect(error.field == field)
        }
    }

    @Test func everyWrongLabelIsNamedAtOnce() {
        var start = StartMessage(namespace: "default", definition: "order")
        start.labels = (0..<33).map { Label(name: "n\($0)", value: "v") }
        start.labels.append(Label(name: String(repeating: "x", count: 65), value: "v"))
        start.labels.append(Label(name: "y", value: String(repeating: "x", count: 257)))
        start.key = String(repeating: "k", count: 257)
        let bytes = Codecs.encode {
            SagaServiceCodec.encodeStartSagaRequest(start, into: &$0, arena: &$1)
        }
        var arena = DecodingArena(limit: Codecs.limit)
        do throws(CodecFailure) {
            _ = try SagaServiceCodec.decodeStartSaga(bytes.span, limits: limits, arena: &arena)
            Issue.record("it was read")
        } catch {
            let long = String(repeating: "x", count: 64)
            #expect(
                error.faults.map(\.field) == [
                    "start.labels", "start.labels[\(long)]", "start.labels[y]", "start.key",
                ])
            #expect(error.refusal.code == .invalidArgument)
            #expect(error.refusal.violations.count == 4)
        }
    }

    @Test func sagasReadBackWithWhatWasAskedFor() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        for saga in [ServiceSamples.saga, ServiceSamples.bareSaga] {
            for view in Self.views {
                let expected = saga.seen(by: view)
                let bytes = Codecs.encode {
                    SagaServiceCodec.encodeGetSaga(saga, view: view, into: &$0, arena: &$1)
                }
                let read = try SagaServiceCodec.decodeGetSagaResponse(
                    bytes.span, limits: limits, arena: &arena)
                #expect(read == expected)
                let wait = AwaitWish(untilEnded: true, view: view)
                let waited = Codecs.encode {
                    SagaServiceCodec.encodeAwaitSaga(saga, wait: wait, into: &$0, arena: &$1)
                }
                let answer = try SagaServiceCodec.decodeAwaitSagaResponse(
                    waited.span, limits: limits, arena: &arena)
                #expect(answer.saga == expected)
                #expect(answer.isReached == (saga.state == .completed))
            }
        }
    }

    private static let views = [
        SagaView(history: true, payloads: true), SagaView(payloads: true), SagaView(history: true),
        SagaView(), SagaView(output: false, steps: false),
    ]

    @Test func aRandomKeyIsNotShown() throws {
        var saga = ServiceSamples.bareSaga
        saga.key = "9f3c"
        saga.keyIsRandom = true
        let bytes = Codecs.encode {
            SagaServiceCodec.encodeGetSaga(saga, view: SagaView(), into: &$0, arena: &$1)
        }
        var arena = DecodingArena(limit: Codecs.limit)
        let read = try SagaServiceCodec.decodeGetSagaResponse(
            bytes.span, limits: limits, arena: &arena)
        #expect(read.key.isEmpty)
    }

    @Test func answersToStartsReadBack() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        let bare = Codecs.encode {
            SagaServiceCodec.encodeStartSaga(
                Samples.id, existing: true, nil, saga: nil, wait: nil, into: &$0, arena: &$1)
        }
        let started = try SagaServiceCodec.decodeStartSagaResponse(
            bare.span, limits: limits, arena: &arena)
        #expect(started.id == Samples.id && started.existing)
        #expect(started.definition == nil)
        #expect(started.saga == nil && !started.isReached)
        let waited = Codecs.encode {
            SagaServiceCodec.encodeStartSaga(
                Samples.id, existing: false, Self.version, saga: ServiceSamples.bareSaga,
                wait: AwaitWish(),
                into: &$0, arena: &$1)
        }
        let ended = try SagaServiceCodec.decodeStartSagaResponse(
            waited.span, limits: limits, arena: &arena)
        #expect(ended.definition == Self.version)
        #expect(ended.saga == ServiceSamples.bareSaga && ended.isReached && !ended.existing)
        let results: [StartResult] =
            [
                .started(Samples.id, existing: true, Self.version),
                .started(Samples.id, existing: false, nil),
            ]
            + ServiceSamples.refusals.map(StartResult.refused)
        let bytes = Codecs.encode {
            SagaServiceCodec.encodeStartSagas(results, into: &$0, arena: &$1)
        }
        let read = try SagaServiceCodec.decodeStartSagasResponse(bytes.span, arena: &arena)
        #expect(read == results)
    }

    @Test func otherAnswersReadBack() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        let pageBytes = Codecs.encode {
            SagaServiceCodec.encodeListSagas(
                ServiceSamples.page, namespace: "shop", into: &$0, arena: &$1)
        }
        let page = try SagaServiceCodec.decodeListSagasResponse(pageBytes.span, arena: &arena)
        #expect(page == ServiceSamples.page)
        let cancelBytes = Codecs.encode {
            SagaServiceCodec.encodeCancelSaga(
                VerbAnswer(
                    saga: Samples.id, state: .compensating, hadEffect: true, waitsForPivot: false,
                    isSuspended: false, left: []), into: &$0, arena: &$1)
        }
        let cancel = try SagaServiceCodec.decodeCancelSagaResponse(
            cancelBytes.span, arena: &arena)
        #expect(cancel.id == Samples.id && cancel.state == .compensating)
        #expect(cancel.disposition == .goingBack)
        let answer = RegisterAnswer(
            name: "order", version: 3, digest: Samples.digest, existing: true,
            unknownHandlers: [
                UnknownHandler(step: "s", handler: "a.b", nearest: ["a.c"]),
                UnknownHandler(step: "t", handler: "x.y", nearest: []),
            ])
        let registerBytes = Codecs.encode {
            SagaServiceCodec.encodeRegisterDefinition(answer, into: &$0, arena: &$1)
        }
        let registration = try SagaServiceCodec.decodeRegisterDefinitionResponse(
            registerBytes.span, arena: &arena)
        #expect(registration.name == "order" && registration.version == 3)
        #expect(registration.digest == Samples.digest && registration.existing)
        #expect(
            registration.warnings.map(\.message) == [
                "no participant has ever offered a.b; did you mean a.c?",
                "no participant has ever offered x.y",
            ])
        let status = DefinitionStatus(
            definition: Samples.facts.definition, isLatest: true, liveSagas: 4)
        let shownBytes = Codecs.encode {
            SagaServiceCodec.encodeGetDefinition(status, into: &$0, arena: &$1)
        }
        let shown = try SagaServiceCodec.decodeGetDefinitionResponse(
            shownBytes.span, arena: &arena)
        #expect(shown.written == Samples.facts.definition.written)
        #expect(shown.filled.steps[0].timeouts == Samples.facts.definition.filled.steps[0].timeouts)
        #expect(shown.summary == status.summary)
        let listBytes = Codecs.encode {
            SagaServiceCodec.encodeListDefinitions(
                [status, status], now: Samples.at, into: &$0, arena: &$1)
        }
        let list = try SagaServiceCodec.decodeListDefinitionsResponse(
            listBytes.span, arena: &arena)
        #expect(list.definitions == [status.summary, status.summary] && list.next == nil)
        let firstBytes = Codecs.encode {
            SagaServiceCodec.encodeListDefinitions(
                [status], goesOn: true, now: Samples.at, into: &$0, arena: &$1)
        }
        let first = try SagaServiceCodec.decodeListDefinitionsResponse(
            firstBytes.span, arena: &arena)
        #expect(
            first.next
                == DefinitionVersion(name: status.definition.name, version: status.summary.version))
    }

    @Test func refusalsReadBack() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        for refusal in ServiceSamples.refusals {
            let bytes = StatusCodec.encode(refusal)
            let read = try StatusCodec.decode(bytes.span, arena: &arena)
            #expect(read == refusal)
        }
    }

    /// A proxy's reason must not be taken for the coordinator's.
    @Test func reasonsOfOthersAreNotOurs() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        let refusal = ServiceSamples.refusals[1]
        var bytes = StatusCodec.encode(refusal)
        let domain = Array("saga.v1".utf8)
        let place = try #require(
            bytes.indices.first { bytes[$0...].starts(with: domain) })
        bytes[place + 6] = UInt8(ascii: "9")
        let read = try StatusCodec.decode(bytes.span, arena: &arena)
        #expect(read.reason == "" && read.saga == nil)
        #expect(read.message == refusal.message && read.violations == refusal.violations)
    }

    @Test func howTheDaemonIsReadsBack() throws {
        var arena = DecodingArena(limit: Codecs.limit)
        let bytes = Codecs.encode {
            AdminServiceCodec.encodeGetStatus(
                ServiceSamples.status, lineage: Samples.id, life: 5, into: &$0, arena: &$1)
        }
        let status = try AdminServiceCodec.decodeGetStatusResponse(bytes.span, arena: &arena)
        #expect(status == ServiceSamples.status)
        var request = ParticipantsMessage(namespace: "shop", handler: "a.b", participant: "p")
        request.pageSize = 7
        request.after = .instance("p", "a/b")
        let requestBytes = Codecs.encode {
            AdminServiceCodec.encodeListParticipantsRequest(request, into: &$0, arena: &$1)
        }
        let readRequest = try AdminServiceCodec.decodeListParticipants(
            requestBytes.span, limits: limits, arena: &arena)
        #expect(readRequest == request)
        let listBytes = Codecs.encode {
            AdminServiceCodec.encodeListParticipants(
                [ServiceSamples.handler], ServiceSamples.instances, next: .handler("a.b"),
                now: Samples.at, into: &$0, arena: &$1)
        }
        let list = try AdminServiceCodec.decodeListParticipantsResponse(
            listBytes.span, namespace: "shop", arena: &arena)
        #expect(list.handlers == [ServiceSamples.handler])
        var lost = ServiceSamples.instances[1]
        lost.lastHeardAt = Samples.at + .seconds(1)
        #expect(list.instances == [ServiceSamples.instances[0], lost])
        #expect(list.observedAt == Samples.at && list.next == .handler("a.b"))
    }
}

extension SagaStatus {
    /// What is left of it for whoever asked for these parts.
    fileprivate func seen(by view: SagaView) -> SagaStatus {
        var seen = self
        if !view.output { seen.output = nil }
        if !view.payloads { seen.input = .empty }
        if !view.history { seen.more.verbs = [] }
        seen.steps = view.steps ? steps.map { $0.seen(by: view) } : []
        return seen
    }
}

extension StepStatus {
    fileprivate func seen(by view: SagaView) -> StepStatus {
        var seen = self
        if !view.payloads {
            seen.output = nil
            seen.more.input = nil
        }
        seen.action = action.seen(by: view)
        seen.compensation = compensation?.seen(by: view)
        // Who undid a step is said of its undo.
        if compensation == nil { seen.more.undoneBy = nil }
        return seen
    }
}

extension TaskStatus {
    fileprivate func seen(by view: SagaView) -> TaskStatus {
        var seen = self
        if !view.payloads { seen.progress = nil }
        if !view.history { seen.history = [] }
        return seen
    }
}
