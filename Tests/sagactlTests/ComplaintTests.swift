import Saga
import SagaModel
import Testing

@testable import sagactl

/// Errors as people and programs are told them.
@Suite struct ComplaintTests {
    private func complaint(
        _ code: SagaError.Code, _ reason: String, _ message: String,
        _ violations: [Refusal.Violation] = []
    ) -> Complaint {
        Complaint(
            SagaError(code, reason: reason, message, violations: violations), address: "h:1")
    }

    @Test func nobodyThere() {
        let complaint = complaint(
            .unavailable, "UNREACHABLE", "no coordinator at 127.0.0.1:7242: connection refused")
        #expect(
            complaint.text(.plain) == """
                error: no coordinator at 127.0.0.1:7242: connection refused
                is it running? systemctl status sagad. Another one: --address, SAGACTL_ADDRESS

                """)
        #expect(complaint.exit == .unavailable)
    }

    static let codes: [(SagaError.Code, Complaint.Exit, String)] = [
        (.notFound, .no, "m"), (.alreadyExists, .no, "m"), (.failedPrecondition, .no, "m"),
        (.invalidArgument, .no, "m"), (.resourceExhausted, .no, "m"), (.outOfRange, .no, "m"),
        (.aborted, .no, "m"), (.unavailable, .unavailable, "h:1: m"),
        (.deadlineExceeded, .unavailable, "h:1: m"), (.permissionDenied, .noPermission, "m"),
        (.unauthenticated, .noPermission, "m"), (.internal, .software, "INTERNAL: m"),
        (.unimplemented, .software, "UNIMPLEMENTED: m"), (.unknown, .software, "UNKNOWN: m"),
        (.dataLoss, .software, "DATA_LOSS: m"), (.cancelled, .software, "CANCELLED: m"),
    ]

    @Test(arguments: ComplaintTests.codes)
    func exits(_ code: SagaError.Code, _ exit: Complaint.Exit, _ message: String) {
        #expect(complaint(code, "X", "m").exit == exit)
        #expect(complaint(code, "X", "m").text(.plain) == "error: \(message)\n")
    }

    @Test func wrongFlagsThatTheClientFinds() {
        #expect(complaint(.invalidArgument, "ADDRESS", "no address").exit == .usage)
        #expect(complaint(.invalidArgument, "PRINCIPAL", "no principal").exit == .usage)
    }

    @Test func everyFaultThatTheCoordinatorFinds() {
        let violations = ["a", "b"].map {
            Refusal.Violation(field: "definition.\($0)", description: "step \($0): wrong")
        }
        let definition = complaint(.invalidArgument, "DEFINITION_INVALID", "m", violations)
        #expect(
            definition.text(.plain)
                == "error: step a: wrong\nerror: step b: wrong\n2 errors, nothing registered\n")
        #expect(definition.exit == .dataError)
        let other = complaint(.invalidArgument, "BAD_REQUEST", "m", violations)
        #expect(
            other.text(.plain)
                == "error: m\ndefinition.a: step a: wrong\ndefinition.b: step b: wrong\n")
        #expect(other.exit == .no)
    }

    @Test func coloursAndEscapes() {
        let style = Style(hasColor: true, isUTF8: true)
        #expect(
            Complaint("no\u{1B}[2J", exit: .no).text(style)
                == "\u{1B}[31merror:\u{1B}[0m no\\u{1B}[2J\n")
    }
}
