import SagaHTTP2
import Testing

@testable import SagaRPC

/// The tables of gRPC's documents, as tables.
@Suite struct TableTests {
    @Test(
        "grpc-timeout is read",
        arguments: [
            ("1n", 1), ("99999999n", 99_999_999), ("5u", 5_000), ("7m", 7_000_000),
            ("3S", 3_000_000_000), ("2M", 120_000_000_000), ("1H", 3_600_000_000_000),
            ("0S", 0), ("99999999H", Int64.max), ("", nil), ("S", nil), ("1", nil), ("1s", nil),
            ("123456789n", nil), ("-1S", nil), ("1 S", nil), ("1.5S", nil), ("+1S", nil),
        ] as [(String, Int64?)])
    func readTimeout(text: String, nanoseconds: Int64?) {
        let bytes = Array(text.utf8)
        #expect(RPCTimeout(bytes.span)?.nanoseconds == nanoseconds)
    }

    @Test(
        "grpc-timeout is written, never shorter than it is",
        arguments: [
            (0, "0n"), (1, "1n"), (99_999_999, "99999999n"), (100_000_000, "100000u"),
            (100_000_001, "100001u"), (100_000_000_000, "100000m"),
            (99_999_999_000_001, "100000000m"), (Int64.max, "2562048H"),
        ] as [(Int64, String)])
    func writeTimeout(nanoseconds: Int64, text: String) {
        // 100000000m has nine digits: the next unit is taken.
        let expected = text == "100000000m" ? "100000S" : text
        let written = RPCTimeout(nanoseconds: nanoseconds).text
        #expect(written == expected)
        let bytes = Array(written.utf8)
        let read = RPCTimeout(bytes.span)?.nanoseconds ?? -1
        #expect(read >= nanoseconds)
    }

    @Test(
        "percent encoding",
        arguments: [
            ("", ""), ("plain text ~", "plain text ~"), ("100%", "100%25"), ("ä", "%C3%A4"),
            ("\t\n", "%09%0A"), ("😈", "%F0%9F%98%88"), ("\u{7f}", "%7F"),
        ])
    func percent(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == Array(encoded.utf8))
        let bytes = Array(encoded.utf8)
        #expect(PercentEncoding.decode(bytes.span) == text)
    }

    @Test(
        "percent decoding keeps what is wrong",
        arguments: [
            ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%c3%a4b", "aäb"), ("%FF", "\u{fffd}"),
            ("%%41", "%A"),
        ])
    func percentLenient(encoded: String, text: String) {
        let bytes = Array(encoded.utf8)
        #expect(PercentEncoding.decode(bytes.span) == text)
    }

    @Test(
        "base64 with and without padding",
        arguments: [
            ("", []), ("AA==", [0]), ("AA", [0]), ("AAE=", [0, 1]), ("AAE", [0, 1]),
            ("AAEC", [0, 1, 2]), ("+/+/", [0xfb, 0xff, 0xbf]), ("A", nil), ("A===", nil),
            ("AA=", nil), ("A-==", nil), ("AA E", nil), ("====", nil), ("AAEC=", nil),
        ] as [(String, [UInt8]?)])
    func base64(text: String, bytes: [UInt8]?) {
        let input = Array(text.utf8)
        #expect(Base64.decode(input.span) == bytes)
    }

    @Test func base64RoundTrip() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151) }
            let text = Base64.encode(bytes)
            #expect(!text.contains(UInt8(ascii: "=")))
            #expect(Base64.decode(text.span) == bytes)
        }
    }

    @Test(
        "content types",
        arguments: [
            ("application/grpc", true), ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true), ("application/grpc-web", false),
            ("application/json", false), ("", false), ("application/grp", false),
        ])
    func contentType(text: String, isGRPC: Bool) {
        let bytes = Array(text.utf8)
        #expect(bytes.span.isGRPCContentType == isGRPC)
    }

    @Test(
        "HTTP status to gRPC code",
        arguments: [
            (400, RPCCode.internal), (401, .unauthenticated), (403, .permissionDenied),
            (404, .unimplemented), (429, .unavailable), (431, .internal), (502, .unavailable),
            (503, .unavailable),
            (504, .unavailable), (200, .unknown), (500, .unknown), (418, .unknown),
            (0, .unknown), (301, .unknown), (999_999_999, .unknown),
        ])
    func httpStatus(status: Int, code: RPCCode) {
        #expect(RPCCode(httpStatus: status) == code)
    }

    @Test(
        "reset code to gRPC code",
        arguments: [
            (0, RPCCode.internal), (1, .internal), (2, .internal), (3, .internal), (4, .internal),
            (5, .unknown), (6, .internal), (7, .unavailable), (8, .cancelled), (9, .internal),
            (10, .internal), (11, .resourceExhausted), (12, .permissionDenied), (99, .unknown),
        ] as [(UInt32, RPCCode)])
    func resetCode(raw: UInt32, code: RPCCode) {
        #expect(RPCCode(reset: HTTP2ErrorCode(rawValue: raw)) == code)
    }

    @Test func codesHaveTheNumbersOfTheDocument() {
        #expect(
            RPCCode.allCases.map(\.name) == [
                "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
                "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
                "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL",
                "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
            ])
        #expect(RPCCode.allCases.map { Int($0.rawValue) } == Array(0...16))
    }

    @Test(
        "names and values of metadata",
        arguments: [
            ("x-a", "v", nil), ("x_a.1", "", nil), ("X-a", "v", .name("X-a")),
            ("", "v", .name("")), ("grpc-x", "v", .name("grpc-x")), ("te", "v", .name("te")),
            (":path", "v", .name(":path")), ("x-bin", "v", .value(name: "x-bin")),
            ("x", "ä", .value(name: "x")), ("x", "a\nb", .value(name: "x")),
        ] as [(String, String, Metadata.Fault?)])
    func metadata(name: String, value: String, fault: Metadata.Fault?) {
        var metadata = Metadata()
        do {
            try metadata.add(name, value)
            #expect(fault == nil)
            #expect(metadata.text(name) == value)
        } catch {
            #expect(error == fault)
            #expect(metadata.isEmpty)
        }
    }

    @Test func methodsAreFoundByTheirBytes() {
        let paths = (0..<200).map { "/s.S\($0 % 7)/Method\($0)" }
        let table = MethodTable(paths)
        for (index, path) in paths.enumerated() {
            let bytes = Array(path.utf8)
            #expect(table.index(of: bytes.span) == MethodIndex(index))
            let other = bytes + [0]
            #expect(table.index(of: other.span) == nil)
        }
    }
}
