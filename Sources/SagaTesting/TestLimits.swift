/// All limits of a test's world.
enum TestLimits {
    /// How often participants send a heartbeat: rarely, since a connection in memory breaks only
    /// where a test says so, and hours of virtual time are to be cheap.
    static let heartbeat: Duration = .seconds(600)
    /// When the journal is marked as durable behind its last batch: nobody reads the file.
    static let markAfter: Duration = .seconds(365 * 86_400)
    /// Bytes of a journal segment, two of which a coordinator makes when it starts: room for what
    /// the largest payloads decide, and little to fill.
    static let segmentBytes = 8 << 20
    /// How many bytes of the journal a start reads at a time.
    static let journalWindowBytes = 64 << 10
    /// How long a crashed participant takes to come back.
    static let processRestart: Duration = .seconds(1)
    /// How many sagas a message about a wait without an end names.
    static let sagasTold = 5
    /// How many bytes of events may wait for one reader.
    static let watchedBytes = 64 << 10
    /// Compensations that one participant runs at a time.
    static let undoSlots = 100
    /// Actions that one participant runs at a time.
    static let slots = 1_000
    /// How long a drill waits for one saga to end.
    static let drilledSaga: Duration = .seconds(7 * 86_400)
    /// How many attempts of a step a drill lets run late at most.
    static let drilledAttempts: UInt32 = 1_000
    /// How long late handlers of a drill are waited for behind the end of their saga.
    static let drillSettles: Duration = .seconds(600)
}
