package import SagaHTTP2

/// Limits of a connection's calls; all are arguments, a program keeps its numbers in one place.
package struct RPCSettings: Sendable {
    /// Limits of the connection below.
    package var http2: HTTP2Settings
    /// The largest message taken, in bytes on the wire.
    package var maxMessageBytes: Int
    /// The largest message taken, in bytes after decompression.
    package var maxDecompressedBytes: Int
    /// How messages are encoded in calls that do not say it themselves.
    package var encoding: MessageEncoding
    /// What a server calls itself in the answer to `GET /`, and a client in `user-agent`.
    package var programName: String
    /// The version beside ``programName``.
    package var programVersion: String
    /// Gives the details (`grpc-status-details-bin`) of a status with which a server connection
    /// itself refuses a call; without it such a status has none.
    package var explain: (@Sendable (RPCStatus, _ isMethodUnknown: Bool) -> [UInt8])?

    /// Makes settings; without a limit of their own decompressed messages have that of the wire.
    package init(
        http2: HTTP2Settings = HTTP2Settings(), maxMessageBytes: Int = 4 << 20,
        maxDecompressedBytes: Int? = nil, encoding: MessageEncoding = .identity,
        programName: String, programVersion: String,
        explain: (@Sendable (RPCStatus, _ isMethodUnknown: Bool) -> [UInt8])? = nil
    ) {
        self.http2 = http2
        self.maxMessageBytes = maxMessageBytes
        self.maxDecompressedBytes = maxDecompressedBytes ?? maxMessageBytes
        self.encoding = encoding
        self.programName = programName
        self.programVersion = programVersion
        self.explain = explain
    }
}

/// Settings that all connections of a program hold together, see `SharedHTTP2Settings`.
package final class SharedRPCSettings: Sendable {
    /// The settings.
    package let values: RPCSettings
    let http2: SharedHTTP2Settings

    /// Takes settings.
    package init(_ values: RPCSettings) {
        self.values = values
        http2 = SharedHTTP2Settings(values.http2)
    }
}
