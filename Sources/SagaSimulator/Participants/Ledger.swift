internal import Saga
internal import SagaModel

/// The money that the actions of a world move, booked beside what the participant rule has on
/// record, so that a hole in the rule shows.
///
/// Each action moves an amount from the customer's account to its service's; its undo moves the
/// same back.
struct Ledger {
    /// What was booked for one step of a saga.
    private struct Booking {
        var isThere = false
        /// Whether its undo was at work, with or without an effect.
        var isClosed = false
    }

    private var bookings: [Business.StepKey: Booking] = [:]
    private(set) var customer: Int64 = 0
    private(set) var services: Int64 = 0
    /// The first thing that should not have happened.
    private(set) var fault: String?

    /// What a step moves: not the same for any two that meet.
    static func amount(_ key: Business.StepKey) -> Int64 {
        key.step.utf8.reduce(Int64(truncatingIfNeeded: key.saga.low % 99_991) + 1) { sum, byte in
            sum * 31 % 1_000_003 + Int64(byte)
        }
    }

    /// Whether the money of a step has moved and not come back.
    func isThere(_ key: Business.StepKey) -> Bool { bookings[key]?.isThere ?? false }

    /// An action takes effect.
    mutating func apply(_ key: Business.StepKey) {
        var booking = bookings[key] ?? Booking()
        if booking.isThere { note("\(key) takes effect twice") }
        if booking.isClosed { note("\(key) takes effect after its undo") }
        booking.isThere = true
        bookings[key] = booking
        customer -= Self.amount(key)
        services += Self.amount(key)
    }

    /// An undo takes effect, if there is something to undo.
    mutating func revert(_ key: Business.StepKey) {
        var booking = bookings[key] ?? Booking()
        if booking.isThere {
            customer += Self.amount(key)
            services -= Self.amount(key)
        }
        booking = Booking(isThere: false, isClosed: true)
        bookings[key] = booking
    }

    private mutating func note(_ text: String) { fault = fault ?? text }
}
