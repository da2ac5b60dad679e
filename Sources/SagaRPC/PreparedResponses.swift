internal import SagaHTTP2

/// Header lists that many responses share.
struct PreparedResponses: Sendable {
    static let contentType = "application/grpc"
    /// The same for all connections: 2 KiB that an idle one need not have for itself.
    static let shared = PreparedResponses()

    private let heads = [
        makeHead(.identity, discloses: false), makeHead(.gzip, discloses: false),
        makeHead(.identity, discloses: true), makeHead(.gzip, discloses: true),
    ]
    let okTrailers = HeaderList(["grpc-status": "0"])
    let unsupportedMediaType = HeaderList([":status": "415"])
    /// For what is gRPC but not a POST.
    let postOnly = HeaderList([
        ":status": "405", "content-type": contentType, "allow": "POST", "grpc-status": "13",
        "grpc-message": "a call is a POST request",
    ])
    let methodNotAllowed = HeaderList([":status": "405", "allow": "GET, HEAD, POST"])

    /// The head of a response whose messages may be encoded so.
    ///
    /// `discloses`: the caller used an encoding without having been told that it may; gRPC's
    /// `compression.md` wants the answer to name it.
    func head(_ encoding: MessageEncoding, discloses: Bool) -> HeaderList {
        heads[(encoding == .gzip ? 1 : 0) + (discloses ? 2 : 0)]
    }

    private static func makeHead(_ encoding: MessageEncoding, discloses: Bool) -> HeaderList {
        var list = HeaderList([":status": "200", "content-type": contentType])
        if encoding != .identity { list.append("grpc-encoding", encoding.name) }
        if discloses { list.append("grpc-accept-encoding", MessageEncoding.acceptedNames) }
        return list
    }

    /// A response without a message: head and status in one.
    static func trailersOnly(
        _ status: RPCStatus, _ metadata: Metadata, discloses: Bool = false
    ) -> HeaderList {
        var list = makeHead(.identity, discloses: discloses)
        list.append(status)
        list.append(metadata)
        return list
    }

    static func trailers(_ status: RPCStatus, _ metadata: Metadata) -> HeaderList {
        var list = HeaderList()
        list.append(status)
        list.append(metadata)
        return list
    }

    static func plain(_ status: Int, bodyBytes: Int) -> HeaderList {
        HeaderList([
            ":status": String(status), "content-type": "text/plain; charset=utf-8",
            "content-length": String(bodyBytes),
        ])
    }
}
