internal import Saga
internal import SagaCoordinator
internal import SagaEngine
internal import SagaModel

// The operator: the last client, who tells sagas what to do, and answers for others.
extension World {
    /// The operator is to do something next.
    func ask(_ work: SimulatedClient.Work) {
        let number = clients.count - 1
        clients[number].wishes.insert(work, at: 0)
        if clients[number].wishes.count == 1, clients[number].waiting == nil {
            queue.add(.client(number), at: now + random.span(10...5_000))
        }
    }

    /// Tells some saga to do something, whether it fits or not.
    func giveAnyVerb() {
        guard let coordinator = host.coordinator,
            let standing = Optional(coordinator.standings).flatMap({
                $0.isEmpty ? nil : random.element(of: $0)
            })
        else { return }
        // To give a saga up is rare.
        var verb = random.element(of: Verb.allCases)
        if verb == .abandon, random.chance(0.7) { verb = .resume }
        let steps = definitions.first { $0.name == standing.definition }?.steps ?? []
        let needsStep = verb == .skip || verb == .markCompensated
        guard !needsStep || !steps.isEmpty else { return }
        ask(.verb(verb, standing.id, step: needsStep ? random.element(of: steps).name : ""))
    }

    /// Nothing goes wrong any more: whoever is parked or held is helped on.
    func helpSagas() {
        guard let coordinator = host.coordinator else { return }
        for standing in coordinator.standings where !standing.state.isEnded {
            if standing.isSuspended {
                ask(.verb(.resume, standing.id, step: ""))
            } else if standing.state == .failed {
                helped[standing.id, default: 0] += 1
                let verbs: [Verb] = [.retry, .retry, .compensate, .retry, .abandon]
                let count = helped[standing.id, default: 1]
                ask(.verb(verbs[min(count, verbs.count) - 1], standing.id, step: ""))
            }
        }
    }

    /// Answers an attempt that its handler has deferred.
    func complete(_ deferral: Deferral) {
        let run = HandlerRun(place: deferral.place, task: deferral.task)
        var conduct = HandlerConduct(rates: rates, payloadBytes: host.limits.payloadBytes)
        conduct.rates[.deferral] = 0
        conduct.rates[.notYet] = 0
        conduct.rates[.hold] = 0
        conduct.rates[.refusedOutput] = 0
        let outcome = conduct.act(run, &business, &random)
        ask(.complete(deferral.task.attempt, outcome))
    }
}

/// An attempt whose answer comes from somebody else.
struct Deferral {
    let place: AttemptPlace
    let task: ReceivedTask
}
