package import SagaHTTP2

/// Limits of a connection's calls; all are arguments, a program keeps its numbers in one place.
package struct RPCSettings: Equatable, Sendable {
    /// Limits of the connection below.
    package var http2: HTTP2Settings
    /// The largest message taken, in bytes.
    package var maxMessageBytes: Int
    /// What a server calls itself in the answer to `GET /`, and a client in `user-agent`.
    package var programName: String
    /// The version beside ``programName``.
    package var programVersion: String

    /// Makes settings.
    package init(
        http2: HTTP2Settings = HTTP2Settings(), maxMessageBytes: Int = 4 << 20,
        programName: String, programVersion: String
    ) {
        self.http2 = http2
        self.maxMessageBytes = maxMessageBytes
        self.programName = programName
        self.programVersion = programVersion
    }
}
