internal import SagaHTTP2

/// Header lists that many responses share.
struct PreparedResponses {
    static let contentType = "application/grpc"

    let head = HeaderList([":status": "200", "content-type": contentType])
    let okTrailers = HeaderList(["grpc-status": "0"])
    let unsupportedMediaType = HeaderList([":status": "415"])
    let methodNotAllowed = HeaderList([":status": "405", "allow": "GET, HEAD, POST"])

    /// A response without a message: head and status in one.
    static func trailersOnly(_ status: RPCStatus, _ metadata: Metadata) -> HeaderList {
        var list = HeaderList([":status": "200", "content-type": contentType])
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
