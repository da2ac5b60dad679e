import SagaModel
import Testing

@testable import sagactl

@Suite struct JSONTests {
    @Test(arguments: [
        (Int64(0), "2026-11-21T08:14:02.250Z"), (750_000, "2026-11-21T08:14:03Z"),
        (1, "2026-11-21T08:14:02.250001Z"), (-1, "2026-11-21T08:14:02.249999Z"),
    ])
    func timestamps(_ later: Int64, _ text: String) {
        #expect(JSONObject.timestamp(Fixture.after(.microseconds(later))) == text)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(11), "0.011s"), (.seconds(3), "3s"),
        (.microseconds(1_000_001), "1.000001s"), (.milliseconds(-1_500), "-1.500s"),
    ])
    func durations(_ duration: Duration, _ text: String) {
        #expect(JSONObject.seconds(duration) == text)
    }

    @Test(arguments: [
        ("a\"b\\c", #""a\"b\\c""#), ("\n\r\t\u{1}", #""\n\r\t\u0001""#),
        ("\u{7F}\u{9B}", #""\u007f\u009b""#), ("äö✓", "\"äö✓\""),
    ])
    func texts(_ text: String, _ quoted: String) {
        #expect(JSONObject.quoted(text) == quoted)
    }

    @Test(arguments: [
        ([UInt8](), "{}"), ([0], #"{"data":"AA=="}"#), ([0xFB, 0xFF], #"{"data":"+/8="}"#),
    ])
    func bytes(_ bytes: [UInt8], _ text: String) {
        var object = JSONObject()
        object.set("data", bytes)
        #expect(object.text == text)
    }

    @Test func aSagaThatWaits() {
        #expect(
            JSONObject(Fixture.waiting, hasPayloads: false).text == #"""
                {"sagaId":"0199a3c1-5f20-7b1e-8c44-3d2a90e17f55","namespace":"default",\#
                "definition":{"name":"order","version":3},"key":"ORD-1043",\#
                "state":"SAGA_STATE_RUNNING","stateSince":"2026-11-21T08:14:02.250Z",\#
                "createdAt":"2026-11-21T08:14:02.250Z","startedAt":"2026-11-21T08:14:02.250Z",\#
                "startedBy":{"name":"web@10.0.3.7"},"labels":{"customer":"alice"},\#
                "currentSteps":["charge"],"steps":[{"name":"reserve",\#
                "handler":"inventory.reserve","hasCompensation":true,\#
                "state":"STEP_STATE_SUCCEEDED","action":{\#
                "currentSince":"2026-11-21T08:14:02.250Z","endedAt":"2026-11-21T08:14:02.261Z",\#
                "attemptCount":1,"participant":{"name":"inventory","instance":"i-2"}}},\#
                {"name":"charge","handler":"payments.charge","after":["reserve"],\#
                "hasCompensation":true,"state":"STEP_STATE_SCHEDULED","action":{\#
                "currentSince":"2026-11-21T08:14:02.250Z","attemptCount":1,\#
                "waiting":{"reason":"WAITING_REASON_PARTICIPANT",\#
                "since":"2026-11-21T08:14:02.250Z","handler":"payments.charge",\#
                "lost":{"name":"payments","instance":"p-1"},\#
                "lostAt":"2026-11-21T08:13:01.250Z"}}},\#
                {"name":"ship","handler":"shipping.book","after":["charge"],\#
                "hasCompensation":true,"state":"STEP_STATE_PENDING"}]}
                """#)
    }

    @Test func whyASagaWentBack() {
        let text = JSONObject(Fixture.goingBack, hasPayloads: false).text
        #expect(
            text.contains(
                #"""
                "wentBack":{"cause":"WENT_BACK_CAUSE_STEP","failure":{"step":"ship",\#
                "failure":{"code":"no-carrier","message":"No carrier serves 99950"},\#
                "token":{"number":1},"participant":{"name":"shipping","instance":"s-1"},\#
                "at":"2026-11-21T08:14:02.310Z"}}
                """#))
        #expect(text.contains(#""attention":[{"reason":"ATTENTION_REASON_UNDO_FAILING"}]"#))
        #expect(text.contains(#""stateSince":"2026-11-21T08:14:02.310Z""#))
        #expect(text.contains(#""undoNeed":"UNDO_NEED_KNOWN""#))
        #expect(text.contains(#""waiting":{"reason":"WAITING_REASON_STEPS"}"#))
        #expect(
            text.contains(
                #"""
                "compensation":{"attemptCount":15,"failures":14,"lastFailure":\#
                {"code":"gateway-timeout","message":"gateway timeout"},\#
                "waiting":{"reason":"WAITING_REASON_BACKOFF",\#
                "until":"2026-11-21T08:25:47.310Z"}}
                """#))
    }

    @Test func payloadsOnlyWhereAskedFor() {
        let output = #""data":"eyJyZXNlcnZhdGlvbiI6InItMSJ9""#
        #expect(!JSONObject(Fixture.completed, hasPayloads: false).text.contains(output))
        let text = JSONObject(Fixture.completed, hasPayloads: true).text
        #expect(text.contains(output))
        #expect(text.contains(#""input":{"contentType":"application/json","data":"eyJpZCI6"#))
    }

    @Test func row() {
        let row = TableDrawingTests.row(
            .running, key: "ORD-1", step: "charge", since: .zero, attention: [.noParticipant])
        #expect(
            JSONObject(row).text == #"""
                {"sagaId":"0199a3c1-5f20-7b1e-8c44-3d2a90e17f55",\#
                "definition":{"name":"order","version":3},"key":"ORD-1",\#
                "state":"SAGA_STATE_RUNNING","stateSince":"2026-11-21T08:14:02.250Z",\#
                "createdAt":"2026-11-21T08:14:02.250Z","startedAt":"2026-11-21T08:14:02.250Z",\#
                "currentSteps":["charge"],"attention":[{"reason":"ATTENTION_REASON_NO_PARTICIPANT"}]}
                """#)
    }

    @Test func answers() {
        let registered = RegisteredDefinition(
            name: "order", version: 3, digest: Digest256(1, 2, 3, 4), isExisting: true,
            warnings: [
                RegisteredDefinition.Warning(
                    reason: "HANDLER_NEVER_OFFERED", step: "confirm", field: "handler",
                    message: "no participant has ever offered mail.confirm")
            ])
        #expect(
            JSONObject(registered).text == #"""
                {"definition":{"name":"order","version":3},\#
                "digest":"AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAQ=","existing":true,\#
                "warnings":[{"reason":"HANDLER_NEVER_OFFERED","step":"confirm","field":"handler",\#
                "message":"no participant has ever offered mail.confirm"}]}
                """#)
        #expect(
            JSONObject(TableDrawingTests.definition).text.hasSuffix(
                #"""
                "registeredAt":"2026-11-21T08:14:02.250Z","stepCount":4,"pivot":"ship",\#
                "latest":true,"liveSagas":"1284"}
                """#))
        let started = StartedSaga(
            id: Fixture.id, isExisting: false, definition: "order", version: 3)
        #expect(
            JSONObject(started, nil).text == #"""
                {"started":{"sagaId":"0199a3c1-5f20-7b1e-8c44-3d2a90e17f55",\#
                "definition":{"name":"order","version":3}}}
                """#)
        let waited = JSONObject(started, Fixture.undone).text
        #expect(waited.contains(#""saga":{"sagaId":"#) && waited.hasSuffix(#","reached":true}"#))
        #expect(
            JSONObject(FakeCoordinator.State().verbAnswer, to: .cancel).text == #"""
                {"disposition":"CANCEL_DISPOSITION_GOING_BACK",\#
                "state":"SAGA_STATE_COMPENSATING","sagaId":"0199a3c1-5f20-7b1e-8c44-3d2a90e17f55"}
                """#)
    }

    @Test func participants() {
        #expect(
            TableDrawingTests.handlers.map { JSONObject($0).text } == [
                #"""
                {"handler":"inventory.reserve","instances":2,"forward":{"slots":"200",\#
                "freeSlots":"198","running":"2"}}
                """#,
                #"""
                {"handler":"payments.charge","forward":{"queued":"1214",\#
                "oldestSince":"2026-11-21T08:22:57.250Z"}}
                """#,
            ])
        #expect(
            JSONObject(TableDrawingTests.instance("p-3", isAttached: false)).text == #"""
                {"participant":{"name":"payments","instance":"p-3"},"sdk":"saga 0.1.0",\#
                "handlers":["payments.charge","payments.hold"],\#
                "sessionSince":"2026-11-21T08:14:02.250Z",\#
                "lastHeartbeat":"2026-11-21T08:25:08.250Z","lostAt":"2026-11-21T08:25:08.250Z",\#
                "slots":100,"running":3,"undoSlots":12,"undoRunning":1}
                """#)
    }

    @Test func status() {
        #expect(
            JSONObject(TableDrawingTests.status).text == #"""
                {"version":"0.1.0","state":"SERVING_STATE_SERVING","epoch":"17",\#
                "startedAt":"2026-11-21T08:14:02.250Z","now":"2026-11-21T10:28:02.250Z",\#
                "engine":{"states":[{"state":"SAGA_STATE_FAILED","count":"2"}],"live":"1284",\#
                "startedTotal":"20000","endedTotal":"18700","staleResultsTotal":"1",\#
                "rejectedRequestsTotal":"3","keys":{"used":"9"},\#
                "completedTotal":"18000","compensatedTotal":"700","definitions":"3",\#
                "queued":"214","inFlight":"5","endedKept":"100000","endedDropped":"12"},\#
                "journal":{"durablePosition":"482113","segments":"2",\#
                "recordsTotal":"480000","writtenBytesTotal":"100663296","sync":{"count":"12000",\#
                "sum":"3s","max":"0.004100s"},"batchesTotal":"11000"},\#
                "transport":{"listening":[{"address":"10.0.3.1:7242","tls":true},\#
                {"address":"unix:/run/sagad.sock"}],"connections":"4",\#
                "connectionsTotal":"1310","callsTotal":"61000",\#
                "sessions":"1","countersTotal":[\#
                {"name":"connections_ended.too_many_pings","count":"2"},\#
                {"name":"resets_received","count":"1400"}]},"process":{"pid":4711,"cpu":"3.200s",\#
                "residentBytes":"22020096","anonymousBytes":"3145728",\#
                "peakResidentBytes":"23068672",\#
                "fileDescriptors":{"used":"31","limit":"1048576"}},"recovery":{"took":"0.310s",\#
                "records":"482000","sagas":"1284"}}
                """#)
    }
}
