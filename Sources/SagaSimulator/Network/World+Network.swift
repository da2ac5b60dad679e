internal import DequeModule
internal import SagaCoordinator
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

// Calls on their way: each keeps its order, may be held up, and may be lost with its connection.
extension World {
    /// Begins a call with what its caller says first.
    func open(_ peer: Peer, _ path: String, _ first: [Upward]) -> CallNumber {
        lastCall += 1
        let number = CallNumber(lastCall)
        calls[number] = WireCall(peer: peer, life: host.life, lastUp: now, lastDown: now)
        openCalls.append(number)
        let request = CallRequest(
            method: SteppedCoordinator<SimulatedOutput>.method(path), deadline: nil,
            metadata: Metadata(), peer: peer.name, identity: nil)
        toCoordinator(number, .open(request))
        for next in first { toCoordinator(number, next) }
        return number
    }

    /// Puts something on the way to the coordinator.
    func toCoordinator(_ number: CallNumber, _ next: Upward) {
        guard let call = calls[number], !call.isBroken else { return }
        let at = max(call.lastUp, now + latency())
        calls[number]?.lastUp = at
        calls[number]?.up.append(next)
        queue.add(.toCoordinator(number), at: at)
    }

    /// Takes what the coordinator says on a call.
    func fromCoordinator(_ number: CallNumber, life: Int, _ next: Downward) {
        guard host.takesOutput(of: life) else { return }
        if case .ended = next { calls[number]?.isOver = true }
        toPeer(number, read(next, of: number))
    }

    /// Reads what is said to a participant as it leaves: from then on its attempts may run.
    private func read(_ next: Downward, of number: CallNumber) -> Downward {
        guard case .message(let bytes) = next, case .process = calls[number]?.peer else {
            return next
        }
        guard
            let message = try? ParticipantCodec.decodeResponse(
                bytes.span, limits: CodecLimits(), arena: &decoding)
        else {
            check.fail(now, "the coordinator sent what is no message")
            return .lost("no message")
        }
        if case .task(let task) = message { follower.naive.leaves(task.attempt) }
        return .spoken(message)
    }

    func toPeer(_ number: CallNumber, _ next: Downward) {
        guard let call = calls[number], !call.isBroken else { return }
        let at = max(call.lastDown, now + latency())
        calls[number]?.lastDown = at
        calls[number]?.down.append(next)
        queue.add(.toPeer(number), at: at)
    }

    /// Something arrives at the coordinator.
    func arriveAtCoordinator(_ number: CallNumber) {
        guard let call = calls[number], !call.up.isEmpty else { return }
        guard call.life == host.life, let coordinator = host.coordinator else {
            // It is not there any more; the caller learns of that by itself.
            calls[number]?.up.removeAll()
            return
        }
        if let free = max(host.pausedUntil, cut(call.peer).up) {
            queue.add(.toCoordinator(number), at: free)
            return
        }
        guard host.isReading else {
            host.held.append(number)
            return
        }
        guard let next = calls[number]?.up.popFirst() else { return }
        host.tellTime(now)
        trace.note(now, "up", number.rawValue)
        deliver(next, number, to: coordinator.service)
        coordinator.service.turnEnded()
        pokeCoordinator()
    }

    private func deliver(
        _ next: Upward, _ number: CallNumber, to service: any ServiceHandler
    ) {
        guard let call = calls[number], !call.isOver else { return }
        switch next {
        case .open(let request):
            calls[number]?.isOpen = true
            if case .refuse(let status) = service.opened(number.server, request) {
                fromCoordinator(number, life: call.life, .ended(status))
            }
        case .message(let bytes): service.message(number.server, bytes.span)
        case .halfClose: service.halfClosed(number.server)
        case .ended(let end):
            calls[number]?.isOver = true
            service.ended(number.server, end)
        }
    }

    /// Something arrives at a peer.
    func arriveAtPeer(_ number: CallNumber) {
        guard let call = calls[number], !call.down.isEmpty else { return }
        if let free = cut(call.peer).down {
            queue.add(.toPeer(number), at: free)
            return
        }
        guard let next = calls[number]?.down.popFirst() else { return }
        trace.note(now, "down", number.rawValue)
        switch next {
        case .message, .spoken: break
        case .ended, .lost: forget(number)
        }
        switch call.peer {
        case .process(let process, let stream): told(next, process: process, stream: stream)
        case .client(let client): told(next, client: client, call: number)
        }
    }

    private func forget(_ number: CallNumber) {
        if let place = openCalls.firstIndex(of: number) { openCalls.remove(at: place) }
        // What it still says to the coordinator gets there.
        if calls[number]?.up.isEmpty ?? true { calls[number] = nil }
    }

    /// The caller gives a call up.
    func hangUp(_ number: CallNumber) {
        toCoordinator(number, .ended(.cancelled))
        calls[number]?.down.removeAll()
        if let place = openCalls.firstIndex(of: number) { openCalls.remove(at: place) }
    }

    /// A connection breaks: what is on its way is lost, and each side learns of it by itself.
    func breakCall(_ number: CallNumber) {
        guard let call = calls[number], !call.isBroken else { return }
        calls[number]?.up.removeAll()
        calls[number]?.down.removeAll()
        let longest: Int64 = random.chance(0.2) ? 30_000_000 : 50_000
        let end = now + random.span(100...longest)
        if call.isOpen {
            calls[number]?.lastUp = end
            calls[number]?.up.append(.ended(.connectionLost))
            queue.add(.toCoordinator(number), at: end)
        }
        let lost = now + random.span(100...longest)
        calls[number]?.lastDown = lost
        calls[number]?.down.append(.lost("the connection broke"))
        queue.add(.toPeer(number), at: lost)
        calls[number]?.isBroken = true
    }

    /// A life of the coordinator is over: what it said before arrives, then its callers learn of
    /// the end.
    func loseCoordinator() {
        for number in openCalls where calls[number]?.life == host.life {
            guard calls[number]?.isBroken == false else { continue }
            toPeer(number, .lost("the coordinator is gone"))
            calls[number]?.isBroken = true
        }
    }

    /// Until when nothing gets through, each way; nil while everything does.
    private func cut(_ peer: Peer) -> (up: WorldTime?, down: WorldTime?) {
        let place: Int
        switch peer {
        case .process(let number, _): place = processes[number].place
        case .client(let number): place = participants.count + number
        }
        let cut = cuts[place]
        return (cut.up > now ? cut.up : nil, cut.down > now ? cut.down : nil)
    }

    private func max(_ first: WorldTime, _ second: WorldTime?) -> WorldTime? {
        let later = Swift.max(first, second ?? first)
        return later > now ? later : nil
    }

    private func max(_ first: WorldTime, _ second: WorldTime) -> WorldTime {
        Swift.max(first, second)
    }

    private func latency() -> Int64 { random.span(20...2_000) }
}

/// Until when nothing gets through between a peer and the coordinator, each way.
struct Cut {
    var up = WorldTime(microseconds: 0)
    var down = WorldTime(microseconds: 0)
}
