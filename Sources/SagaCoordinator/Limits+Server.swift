internal import SagaHTTP2
internal import SagaTransport

// What peers may do, as the server is told it.
extension Limits {
    /// What does not fit together in limits that a person set, in words that name the options of
    /// `sagad`; nil if all does.
    package var fault: String? { relations.first { !$0.holds }?.text }

    private var relations: [(holds: Bool, text: String)] {
        [
            (
                connections >= 1 && connectionsPerAddress >= 1,
                "a limit of connections is at least 1"
            ),
            (
                messageBytes * 2 <= outputCapBytes,
                "--connection-output-cap is too small: it has room for two messages of "
                    + "\(messageBytes) bytes"
            ),
            (
                outputCapBytes < outputHardCapBytes,
                "--connection-output-cap must be below --connection-output-hard-cap: calls are "
                    + "refused before the connection is closed"
            ),
            (
                connectionLeave <= connectionGrace,
                "--connection-leave must not be above --connection-grace: who has no call goes "
                    + "first"
            ),
            (
                linger < stopWithin,
                "--connection-linger must be below \(stopWithin.components.seconds) s, in which "
                    + "the daemon stops"
            ),
            (
                greeting < connectionIdle,
                "--connection-greeting must be below --connection-idle: a connection that says "
                    + "nothing is not merely idle"
            ),
            (
                keepaliveTimeout < keepaliveInterval,
                "--connection-keepalive-timeout must be below --connection-keepalive: one question "
                    + "at a time"
            ),
            (watchers >= 0, "--max-watchers is at least 0"),
            (
                segmentBytes % 4_096 == 0 && segmentBytes > 4 * messageBytes
                    && segmentBytes <= 1 << 30,
                "--journal-segment-bytes must be a multiple of 4KiB, above \(4 * messageBytes) and "
                    + "at most 1024MiB"
            ),
            (eventsBytes >= 0, "--events-bytes is at least 0"),
            (pingStrikes >= 0, "--connection-ping-strikes is at least 0"),
            (connectionLines >= 0, "--connection-log-lines is at least 0"),
        ] + relationsOfHTTP2
    }

    /// The ranges of RFC 9113, and what memory allows.
    private var relationsOfHTTP2: [(holds: Bool, text: String)] {
        func inRange(
            _ value: Int, _ range: ClosedRange<Int>, _ name: String
        ) -> (holds: Bool, text: String) {
            (
                range.contains(value),
                "--http2-\(name) is \(value); from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        let (http2, limits) = (http2, http2.limits)
        return [
            inRange(http2.maxConcurrentStreams, 1...1_000_000, "streams"),
            inRange(http2.streamWindowBytes, 65_535...0x7fff_ffff, "stream-window"),
            inRange(http2.connectionWindowBytes, 65_535...0x7fff_ffff, "connection-window"),
            inRange(http2.maxHeaderListBytes, 1_024...(1 << 24), "header-list"),
            inRange(limits.headerListFactor, 1...1_024, "header-list-factor"),
            inRange(limits.settingsEntries, 8...16_384, "settings-entries"),
            inRange(limits.waitingAnswers, 1...100_000, "unread-answers"),
            inRange(limits.tinyDataBytes, 1...16_384, "tiny-data-bytes"),
            inRange(limits.continuations, 0...10_000, "continuation-flood"),
            inRange(limits.headerBlockBytes, 16_384...(1 << 26), "header-block-bytes"),
            inRange(limits.headerTableBytes, 0...(1 << 20), "header-table"),
            (
                http2.streamWindowBytes <= http2.connectionWindowBytes,
                "--http2-stream-window must not be above --http2-connection-window"
            ),
        ]
    }

    /// What the server is run with.
    var server: ServerLimits {
        if let fault { preconditionFailure("limits that nobody checked: \(fault)") }
        var limits = ServerLimits()
        limits.connections = connections
        limits.connectionsPerAddress = min(connectionsPerAddress, connections)
        limits.logLinesPerSecond = connectionLines
        limits.lifetime.greeting = greeting
        limits.lifetime.headerBlock = headerBlock
        limits.lifetime.writeStall = writeStall
        limits.lifetime.idle = connectionIdle
        limits.lifetime.age = connectionAge
        limits.lifetime.drainGrace = connectionGrace
        limits.lifetime.drainAnswer = connectionLeave
        limits.lifetime.linger = linger
        limits.lifetime.keepaliveInterval = keepaliveInterval
        limits.lifetime.keepaliveTimeout = keepaliveTimeout
        limits.lifetime.pingInterval = pingInterval
        limits.lifetime.pingStrikes = pingStrikes
        limits.lifetime.outputCapBytes = outputCapBytes
        limits.lifetime.outputHardCapBytes = outputHardCapBytes
        return limits
    }
}
