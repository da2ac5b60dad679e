/// How much a peer may send in one message; the program that decodes says it.
package struct CodecLimits: Equatable, Sendable {
    /// A business key, in bytes.
    package var keyBytes = 256
    /// Pairs of labels, and of the trace context.
    package var labels = 32
    /// The name of a label, in bytes.
    package var labelNameBytes = 64
    /// The value of a label, in bytes.
    package var labelValueBytes = 256
    /// A name of a namespace, participant, instance, handler, definition or step, in bytes.
    package var nameBytes = 255
    /// A reason that somebody gives for people, in bytes.
    package var reasonBytes = 1_024
    /// The data of a payload, in bytes.
    package var payloadBytes = 1_048_576
    /// The media type of a payload, in bytes.
    package var contentTypeBytes = 255
    /// A failure's code, in bytes.
    package var failureCodeBytes = 128
    /// A failure's message, in bytes; what is longer is cut.
    package var failureMessageBytes = 4_096
    /// Starts in one request.
    package var starts = 1_000
    /// Handlers that one session offers.
    package var handlers = 1_000
    /// Attempts that one Hello or Heartbeat names.
    package var attempts = 100_000

    /// The limits that the protocol states, and for what it leaves open, ample ones.
    package init() {}
}
