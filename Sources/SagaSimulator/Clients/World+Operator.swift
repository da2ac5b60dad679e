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
        guard let coordinator = host.coordinator else { return }
        let all = coordinator.standings
        let live = all.filter { !$0.state.isEnded }
        let chosen = live.isEmpty || random.chance(0.2) ? all : live
        guard !chosen.isEmpty else { return }
        let standing = random.element(of: chosen)
        // To give a saga up is rare.
        var verb = random.element(of: Verb.allCases)
        if verb == .abandon, random.chance(0.3) { verb = .suspend }
        give(verb, standing)
    }

    private func give(_ verb: Verb, _ standing: SagaStanding) {
        var step = ""
        switch verb {
        case .skip: step = namedStep(standing) { $0.isActionCurrent || $0.state == .failed }
        case .markCompensated:
            step = namedStep(standing) {
                $0.state == .compensationFailed || $0.state == .compensating
            }
        case .retry: if random.chance(0.3) { step = namedStep(standing) { $0.state == .failed } }
        case .cancel, .suspend, .resume, .compensate, .abandon: break
        }
        ask(.verb(verb, standing.id, step: step))
    }

    /// A step of a saga that fits if there is one, mostly; else any.
    private func namedStep(
        _ standing: SagaStanding, _ fits: (StepStanding) -> Bool
    ) -> String {
        let steps = definitions.first { $0.name == standing.definition }?.steps ?? []
        let standings =
            host.coordinator?.inspect { $0.stepStandings(at: standing.start) } ?? []
        let fitting = zip(steps, standings).filter { fits($0.1) }.map(\.0.name)
        guard !fitting.isEmpty, random.chance(0.8) else {
            return steps.isEmpty ? "" : random.element(of: steps).name
        }
        return random.element(of: fitting)
    }

    /// Nothing goes wrong any more: whoever is parked or held is helped on.
    func helpSagas() {
        guard let coordinator = host.coordinator else { return }
        for standing in coordinator.standings where !standing.state.isEnded {
            if standing.isSuspended {
                ask(.verb(.resume, standing.id, step: ""))
            } else if standing.state == .failed {
                helped[standing.id, default: 0] += 1
                let isLastResort = helped[standing.id, default: 1] > 6
                let verbs: [Verb] = [.retry, .retry, .skip, .markCompensated, .compensate]
                give(isLastResort ? .abandon : random.element(of: verbs), standing)
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
        // A store that has fenced the attempt leaves nothing to answer.
        if case .hold = outcome { return }
        follower.naive.answers(deferral.task.attempt)
        ask(.complete(deferral.task.attempt, outcome))
    }
}

/// An attempt whose answer comes from somebody else.
struct Deferral {
    let place: AttemptPlace
    let task: ReceivedTask
}
