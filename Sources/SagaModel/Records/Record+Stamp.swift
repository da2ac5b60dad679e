extension Record {
    /// When it was decided, as it says; nil for what stands beside a record that says so.
    package var stamp: Instant? {
        switch self {
        case .lifeBegan(let life): life.at
        case .definitionRegistered(let definition): definition.at
        case .keyTaken, .definitionRestated, .keysRestated, .sagaRestated: nil
        case .sagaStarted(let started): started.at
        case .attemptEnded(let ended): ended.at
        case .waitEnded(let ended): ended.at
        case .cancelAsked(let asked): asked.at
        case .wentBack(let back): back.at
        case .sagaParked(let parked): parked.at
        case .sagaEnded(let ended): ended.at
        case .sessionAttached(let attached): attached.at
        case .sessionEnded(let ended): ended.at
        case .stepsMoved(let moved): moved.at
        case .taskDeferred(let deferred): deferred.at
        case .sagaSuspended(let suspended): suspended.at
        case .sagaResumed(let resumed): resumed.at
        case .verbGiven(let given): given.at
        case .sagaUnparked(let unparked): unparked.at
        case .stepSettled(let settled): settled.at
        case .sagaBegan(let began): began.at
        case .sagaTimedOut(let over): over.at
        case .attentionChanged(let changed): changed.at
        case .limitsSet(let set): set.at
        case .engineRestated(let engine): engine.newestStamp
        }
    }
}
