/// What can go wrong in a world. Each class is off in half of all worlds, else it has a rate.
enum FaultClass: String, CaseIterable, Sendable {
    /// The coordinator's process ends between two of its steps.
    case coordinatorCrash = "coordinator-crash"
    /// It ends within a write, sync or change of a name: the disk keeps any part of it.
    case crashInCommit = "crash-in-commit"
    /// It ends after some of what a turn released has left it.
    case crashInRelease = "crash-in-release"
    /// A write or sync fails; the process ends by itself.
    case diskError = "disk-error"
    /// A sync takes long.
    case slowDisk = "slow-disk"
    /// The coordinator stands still for a while, and does not know.
    case coordinatorPause = "coordinator-pause"
    /// The coordinator's wall clock is set while it is down.
    case clockJump = "clock-jump"
    /// A participant's process ends.
    case participantCrash = "participant-crash"
    /// A participant is started again while the old process still runs.
    case zombie
    /// A participant leaves in order and comes back.
    case participantDrain = "participant-drain"
    /// A connection breaks.
    case connectionBreak = "connection-break"
    /// Nothing gets through between one peer and the coordinator, in one direction or both.
    case partition
    /// A participant says what makes no sense.
    case garbage
    /// Handlers take long.
    case slowHandler = "slow-handler"
    /// Handlers give no signs.
    case silentHandler = "silent-handler"
    /// Handlers answer that they cannot now.
    case busyHandler = "busy-handler"
    /// Handlers answer no.
    case businessNo = "business-no"
    /// Handlers commit, and then say that they do not know.
    case lostReply = "lost-reply"
    /// Outputs are too large.
    case refusedOutput = "refused-output"
    /// Handlers ask to be asked again.
    case notYet = "not-yet"
    /// Handlers answer later, by somebody else.
    case deferral
    /// Handlers want a person.
    case hold
    /// Somebody tells a saga to do something, whether it fits or not.
    case verb
    /// Compensations answer no: their sagas park.
    case failingUndo = "failing-undo"
    /// Somebody cancels.
    case cancel
    /// Clients give up, and ask again.
    case impatientClient = "impatient-client"
    /// The coordinator's disk has no room for a while.
    case fullDisk = "full-disk"
    /// A bit of what the disk holds flips while the coordinator is down.
    case bitFlip = "bit-flip"
}

extension FaultClass {
    /// Those that come by themselves, at any moment.
    static let spontaneous: [FaultClass] = [
        .coordinatorCrash, .coordinatorPause, .participantCrash, .zombie, .participantDrain,
        .connectionBreak, .partition, .garbage, .verb, .fullDisk,
    ]

    /// Those that wait for the coordinator to do something.
    static let ofCoordinator: [FaultClass] = [
        .crashInCommit, .crashInRelease, .diskError, .slowDisk, .clockJump, .bitFlip,
    ]
}

/// How often each class of faults happens in a world: a probability where something has a chance
/// to go wrong, or a weight among those that come by themselves.
struct FaultRates: Sendable {
    private var rates: [Double]

    /// Draws them.
    init(_ random: inout SimulationRandom) {
        rates = FaultClass.allCases.map { _ in
            random.chance(0.5) ? 0 : 0.02 + 0.3 * random.unit() * random.unit()
        }
    }

    subscript(_ fault: FaultClass) -> Double {
        get { FaultClass.allCases.firstIndex(of: fault).map { rates[$0] } ?? 0 }
        set {
            if let place = FaultClass.allCases.firstIndex(of: fault) { rates[place] = newValue }
        }
    }

    /// Nothing goes wrong any more.
    mutating func heal() { rates = rates.map { _ in 0 } }

    /// Of the classes given, one by its weight; nil if all are off.
    func pick(_ classes: [FaultClass], _ random: inout SimulationRandom) -> FaultClass? {
        let total = classes.reduce(0) { $0 + self[$1] }
        guard total > 0 else { return nil }
        var left = random.unit() * total
        for fault in classes {
            left -= self[fault]
            if left < 0 { return fault }
        }
        return classes.last { self[$0] > 0 }
    }
}
