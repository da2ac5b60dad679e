/// Why this side ended a connection; what stands in its GOAWAY.
package struct HTTP2Termination: Equatable, Sendable {
    /// The code that the peer is told.
    package var code: HTTP2ErrorCode
    /// The debug text that the peer is told.
    package var reason: String
    /// The limit that the peer broke, when it was one.
    package var abuse: HTTP2Abuse?

    /// Makes a cause.
    package init(_ code: HTTP2ErrorCode, _ reason: String, abuse: HTTP2Abuse? = nil) {
        self.code = code
        self.reason = reason
        self.abuse = abuse
    }

    /// The cause for a broken limit: the text names the rule, and then the numbers.
    static func abuse(_ rule: HTTP2Abuse, _ text: String) -> Self {
        Self(.enhanceYourCalm, "\(rule.rawValue): \(text)", abuse: rule)
    }

    static func rate(_ rule: HTTP2Abuse, _ limit: RateLimit, of what: String) -> Self {
        abuse(rule, "more than \(limit.burst) \(what) at once or \(limit.perSecond) a second")
    }

    /// What to say where nghttp2 ends a connection with an error code alone.
    static func text(for code: HTTP2ErrorCode) -> String {
        switch code {
        case .frameSizeError: "frame has a wrong size"
        case .compressionError: "header block cannot be decompressed"
        case .flowControlError: "flow-control window of the connection was exceeded"
        case .enhanceYourCalm: "too much of something"
        default: "connection error \(code.rawValue)"  // peers may send codes of later documents
        }
    }
}
