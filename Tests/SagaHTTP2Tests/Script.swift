import SagaHTTP2
import Testing

/// One session against bytes written by hand.
struct Script {
    var role = HTTP2Role.server
    var settings = HTTP2Settings()
    /// What the peer sends, behind its SETTINGS unless `isRaw`.
    var bytes: [UInt8]
    var isRaw = false
    /// Requests that a client opens first, without an end.
    var requests = 0
    /// The time between two calls of `receive`.
    var stepNanoseconds: Int64 = 0
    /// What this side does about an event.
    var react: (inout HTTP2Session, HTTP2Event) -> Void = { _, _ in }

    /// What came of it.
    struct Outcome: Equatable {
        /// Events without SETTINGS; streams by the order in which they came up.
        var events: [String] = []
        /// Frames without this side's SETTINGS and first window, and without answers to SETTINGS.
        var frames: [String] = []
        var termination: HTTP2Termination?
        var failure: HTTP2Failure?
        var isFinished = false
        var counters = HTTP2Counters()
    }

    var whole: [UInt8] {
        if isRaw { return bytes }
        return (role == .server ? Wire.hello : Wire.serverHello) + bytes
    }

    /// Runs with the peer's bytes cut at these places.
    func run(cuts: [Int] = []) throws -> Outcome {
        var session = try HTTP2Session(role, settings)
        var outcome = Outcome()
        var names: [HTTP2Stream: Int] = [:]
        var output: [UInt8] = []
        while try session.drain(limit: 1 << 20, { _ in }) {}
        for _ in 0..<requests {
            let stream = try #require(try session.request(Link.head))
            names[stream] = names.count + 1
        }
        while try session.drain(limit: 1 << 20, { output += $0.array }) {}
        var now = HTTP2Instant(nanoseconds: 1_000_000_000)
        let whole = whole
        let ends = cuts + [whole.count]
        var start = 0
        for end in ends {
            let part = Array(whole[start..<end])
            start = end
            do {
                try session.receive(part.span, now: now)
                while let event = session.nextEvent() {
                    outcome.take(event, part, session, &names)
                    react(&session, event)
                }
                while try session.drain(limit: 1 << 20, { output += $0.array }) {}
                while let event = session.nextEvent() {
                    outcome.take(event, [], session, &names)
                    react(&session, event)
                }
                while try session.drain(limit: 1 << 20, { output += $0.array }) {}
            } catch {
                outcome.failure = error
                break
            }
            now.nanoseconds += stepNanoseconds
        }
        outcome.frames = Wire.read(output).filter { $0 != "SETTINGS ack" }
        outcome.termination = session.termination
        outcome.isFinished = session.isFinished
        outcome.counters = session.counters
        return outcome
    }

    /// Runs whole, byte by byte, and cut in two at every place; all have to come to the same.
    @discardableResult
    func runInAllPieces(
        comparesData: Bool = true, comparesFrames: Bool = true,
        _ location: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let expected = try run()
        let count = whole.count
        var cuts = [Array(1..<count)]
        for place in 1..<count { cuts.append([place]) }
        for cut in cuts {
            let outcome = try run(cuts: cut)
            #expect(
                outcome.termination == expected.termination, "cut \(cut)",
                sourceLocation: location)
            #expect(outcome.failure == expected.failure, "cut \(cut)", sourceLocation: location)
            guard comparesFrames else { continue }
            // What is sent between two reads changes the order, never the things themselves.
            #expect(
                outcome.comparable(comparesData) == expected.comparable(comparesData),
                "cut \(cut)", sourceLocation: location)
            #expect(
                outcome.frames.sorted() == expected.frames.sorted(), "cut \(cut)",
                sourceLocation: location)
            #expect(
                outcome.counters.faults == expected.counters.faults, "cut \(cut)",
                sourceLocation: location)
        }
        return expected
    }
}

extension HTTP2Counters {
    fileprivate var faults: [UInt64] {
        [resetsReceived, resetsProvoked, protocolErrors] + abuses.values
    }
}

extension Script.Outcome {
    /// Events without their order; a stream in error may have given out less of its data.
    fileprivate func comparable(_ comparesData: Bool) -> [String] {
        events.filter { comparesData || !$0.hasPrefix("data ") }.sorted()
    }

    fileprivate mutating func take(
        _ event: HTTP2Event, _ bytes: [UInt8], _ session: borrowing HTTP2Session,
        _ names: inout [HTTP2Stream: Int]
    ) {
        func name(_ stream: HTTP2Stream) -> String {
            if let known = names[stream] { return "#\(known)" }
            names[stream] = names.count + 1
            return "#\(names.count)"
        }
        switch event {
        case .headers(let stream, let fields, let ends):
            let texts = session.headerFields[fields].map { field in
                let key =
                    field.name == .other
                    ? String(decoding: session.headerBytes[field.nameRange], as: UTF8.self)
                    : field.name.text.description
                let value = String(
                    decoding: session.headerBytes[field.valueRange], as: UTF8.self)
                return "\(key)=\(value)"
            }
            events.append(
                "headers \(name(stream)) \(texts.joined(separator: " "))\(ends ? " end" : "")")
        case .headersTooLarge(let stream, let ends):
            events.append("too large \(name(stream))\(ends ? " end" : "")")
        case .data(let stream, let range):
            let start = "data \(name(stream)) "
            let text = String(decoding: bytes[range], as: UTF8.self)
            if let last = events.last, last.hasPrefix(start) {
                events[events.count - 1] = last + text
            } else {
                events.append(start + text)
            }
        case .dataEnded(let stream): events.append("data ended \(name(stream))")
        case .writable(let stream): events.append("writable \(name(stream))")
        case .closed(let stream, let code, let neverSent):
            events.append(
                "closed \(name(stream)) \(code.rawValue)\(neverSent ? " never sent" : "")")
        case .goAway(let last, let code): events.append("go away \(last) \(code.rawValue)")
        case .ping(let number): events.append("ping \(number)")
        case .pingAcknowledged(let number): events.append("pong \(number)")
        case .settingsReceived, .settingsAcknowledged: break
        }
    }
}
