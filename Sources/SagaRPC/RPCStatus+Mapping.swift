package import SagaHTTP2

// What a call ended with when the peer gave no gRPC status.
extension RPCCode {
    /// The code for an HTTP status without a `grpc-status`, by gRPC's `http-grpc-status-mapping`.
    package init(httpStatus: Int) {
        switch httpStatus {
        case 400, 431: self = .internal
        case 401: self = .unauthenticated
        case 403: self = .permissionDenied
        case 404: self = .unimplemented
        case 429, 502, 503, 504: self = .unavailable
        default: self = .unknown  // all that the document leaves open
        }
    }

    /// The code for a stream that the peer reset, by the table of gRPC's `PROTOCOL-HTTP2`.
    package init(reset code: HTTP2ErrorCode) {
        switch code {
        case .noError, .protocolError, .internalError, .flowControlError, .settingsTimeout,
            .frameSizeError, .compressionError, .connectError:
            self = .internal
        case .refusedStream: self = .unavailable
        case .cancel: self = .cancelled
        case .enhanceYourCalm: self = .resourceExhausted
        case .inadequateSecurity: self = .permissionDenied
        default: self = .unknown  // all that the document leaves open
        }
    }
}
