import Logging
import Testing

@testable import SagaCoordinator

/// Lines of the log: one a fact, for people and for programs.
@Suite struct LineLogHandlerTests {
    private func handler(
        _ style: LineLogHandler.Style, _ format: LineLogHandler.Format,
        _ threshold: LogThreshold = LogThreshold(.info)
    ) -> LineLogHandler {
        LineLogHandler(
            threshold: threshold, repeated: RepeatedLines(most: 2, within: .seconds(10)),
            style: style, format: format)
    }

    @Test func logfmtUnderJournald() {
        let line = handler(.journald, .logfmt).line(
            .warning, "it is \"full\"",
            [("empty", ""), ("free", "7"), ("path", "/a b"), ("text", "a=b\n\u{1}")])
        #expect(
            line == """
                <4>level=warning msg="it is \\"full\\"" empty="" free=7 path="/a b" \
                text="a=b\\n\\u0001"

                """)
    }

    @Test func jsonUnderJournald() {
        let line = handler(.journald, .json).line(
            .error, "it is \"full\"", [("level", "low"), ("path", "C:\\\t")])
        #expect(
            line == """
                <3>{"level":"error","msg":"it is \\"full\\"","level_":"low","path":"C:\\\\\\t"}

                """)
    }

    /// Elsewhere a line begins with its time, and has no priority.
    @Test(arguments: LineLogHandler.Format.allCases)
    func stamped(_ format: LineLogHandler.Format) {
        let line = handler(.stamped, format).line(.notice, "serving", [("epoch", "17")])
        switch format {
        case .logfmt:
            #expect(
                line.wholeMatch(
                    of: /time=\d{4}-\d\d-\d\dT\S+Z level=notice msg="serving" epoch=17\n/) != nil)
        case .json:
            #expect(
                line.wholeMatch(
                    of:
                        /{"time":"\d{4}-\d\d-\d\dT\S+Z","level":"notice","msg":"serving","epoch":"17"}\n/
                )
                    != nil)
        }
    }

    @Test func theThresholdMayChange() {
        let threshold = LogThreshold(.info)
        let first = handler(.journald, .logfmt, threshold)
        var second = first
        second.logLevel = .error
        threshold.level = .debug
        #expect(first.logLevel == .debug)
        #expect(second.logLevel == .error)
    }

    /// A message that comes again and again is left out, others are not; how many were is told.
    @Test func repeatedLines() {
        let lines = RepeatedLines(most: 2, within: .seconds(10))
        let second: Int64 = 1_000_000
        #expect(lines.take("a", atMicroseconds: 0) == .write(leftOut: 0))
        #expect(lines.take("a", atMicroseconds: second) == .write(leftOut: 0))
        #expect(lines.take("a", atMicroseconds: 2 * second) == .leaveOut)
        #expect(lines.take("b", atMicroseconds: 2 * second) == .write(leftOut: 0))
        #expect(lines.take("a", atMicroseconds: 9 * second) == .leaveOut)
        #expect(lines.take("a", atMicroseconds: 10 * second) == .write(leftOut: 2))
        #expect(lines.take("a", atMicroseconds: 11 * second) == .write(leftOut: 0))
        #expect(lines.take("a", atMicroseconds: 12 * second) == .leaveOut)
    }
}
