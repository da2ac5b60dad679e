internal import ArgumentParser
internal import SagaCoordinator

/// The options that say how long connections live and how much may wait on them: settings
/// `connection.NAME`.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .customLong("connection-handshake"),
        help: .limit("How long a TLS handshake may take.", "time"))
    var handshake = TimeArgument(Limits().handshake)

    @Option(
        name: .customLong("connection-greeting"),
        help: .limit("How long a connection may take to its preface and SETTINGS.", "time"))
    var greeting = TimeArgument(Limits().greeting)

    @Option(
        name: .customLong("connection-header-block"),
        help: .limit("How long a block of headers may take to arrive.", "time"))
    var headerBlock = TimeArgument(Limits().headerBlock)

    @Option(
        name: .customLong("connection-write-stall"),
        help: .limit("How long bytes may wait for a peer that takes none.", "time"))
    var writeStall = TimeArgument(Limits().writeStall)

    @Option(
        name: .customLong("connection-idle"),
        help: .limit("How long a connection may be without a call.", "time"))
    var idle = TimeArgument(Limits().connectionIdle)

    @Option(
        name: .customLong("connection-age"),
        help: .limit(
            "How long a connection may live, give or take a tenth; calls go on "
                + "for the grace.", "time"))
    var age = TimeArgument(Limits().connectionAge)

    @Option(
        name: .customLong("connection-grace"),
        help: .limit("How long the calls of a connection that is too old may go on.", "time"))
    var grace = TimeArgument(Limits().connectionGrace)

    @Option(
        name: .customLong("connection-leave"),
        help: .limit("How long a peer without a call may take to go once it is asked to.", "time"))
    var leave = TimeArgument(Limits().connectionLeave)

    @Option(
        name: .customLong("connection-linger"),
        help: .limit("How long the last word of a connection may take to arrive.", "time"))
    var linger = TimeArgument(Limits().linger)

    @Option(
        name: .customLong("connection-keepalive"),
        help: .limit("After how long without a byte a peer is asked whether it is there.", "time"))
    var keepalive = TimeArgument(Limits().keepaliveInterval)

    @Option(
        name: .customLong("connection-keepalive-timeout"),
        help: .limit("How long its answer may take.", "time"))
    var keepaliveTimeout = TimeArgument(Limits().keepaliveTimeout)

    @Option(
        name: .customLong("connection-ping-interval"),
        help: .limit(
            "How far PINGs of a client are to be apart when nothing is sent to it "
                + "in between.", "time"))
    var pingInterval = TimeArgument(Limits().pingInterval)

    @Option(
        name: .customLong("connection-ping-strikes"),
        help: .limit("How many PINGs may come earlier before the client is sent away.", "number"))
    var pingStrikes = Limits().pingStrikes

    @Option(
        name: .customLong("connection-output-cap"),
        help: .limit(
            "Bytes that wait on a connection above which no further call is let "
                + "in.", "bytes"))
    var outputCap = BytesArgument(Limits().outputCapBytes)

    @Option(
        name: .customLong("connection-output-hard-cap"),
        help: .limit("Bytes that wait on a connection above which it is closed.", "bytes"))
    var outputHardCap = BytesArgument(Limits().outputHardCapBytes)

    @Option(
        name: .customLong("connection-log-lines"),
        help: .limit(
            "Lines about connections that an event loop logs in a second for one "
                + "reason.", "number"))
    var logLines = Limits().connectionLines

    /// Sets them.
    func apply(to limits: inout Limits) {
        limits.handshake = handshake.duration
        limits.greeting = greeting.duration
        limits.headerBlock = headerBlock.duration
        limits.writeStall = writeStall.duration
        limits.connectionIdle = idle.duration
        limits.connectionAge = age.duration
        limits.connectionGrace = grace.duration
        limits.connectionLeave = leave.duration
        limits.linger = linger.duration
        limits.keepaliveInterval = keepalive.duration
        limits.keepaliveTimeout = keepaliveTimeout.duration
        limits.pingInterval = pingInterval.duration
        limits.pingStrikes = pingStrikes
        limits.outputCapBytes = outputCap.count
        limits.outputHardCapBytes = outputHardCap.count
        limits.connectionLines = logLines
    }
}
