internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

// What callers did, told to what serves them.
extension ServerConnectionHandler {
    func tellEvents(_ buffer: ByteBuffer) {
        while let event = connection.nextEvent() {
            switch event {
            case .opened(let stream, let head): tellOpened(stream, head)
            case .message(let stream, let message):
                guard let call = call(stream) else { continue }
                switch message {
                case .input(let range):
                    service.message(call, buffer.readableBytesUInt8Span.extracting(range))
                case .assembled(let bytes): service.message(call, bytes.span)
                case .decompressed(let bytes):
                    writer.isMessageCompressed = true
                    service.message(call, bytes.span)
                    writer.isMessageCompressed = false
                }
            case .halfClosed(let stream):
                if let call = call(stream) { service.halfClosed(call) }
            case .writable(let stream):
                if let call = call(stream) { service.writable(call) }
            case .ended(let stream, let cause):
                let call = ServerCallID(rawValue: connection.tag(stream))
                guard writer.isOpen(call) else { continue }
                writer.remove(call, cause.code)
                writer.watch.observer?.callEnded(call, cause)
                service.ended(call, cause)
            }
        }
    }

    /// The number of a call that is open: neither finished by the handler nor over.
    private func call(_ stream: HTTP2Stream) -> ServerCallID? {
        let tag = connection.openTag(stream)
        return tag == 0 ? nil : ServerCallID(rawValue: tag)
    }

    private func tellOpened(_ stream: HTTP2Stream, _ head: RequestHead) {
        writer.counters.callsOpened += 1
        guard !lifetime.isFull else {
            writer.counters.callsRefused += 1
            connection.finish(
                stream, RPCStatus(.resourceExhausted, "too many bytes wait on the connection"))
            return
        }
        let opening = CallTable.Opening(method: head.method, at: .now)
        guard let call = writer.calls.insert(connection: place, stream, opening) else {
            writer.counters.callsRefused += 1
            connection.finish(stream, RPCStatus(.resourceExhausted, "too many calls are open"))
            return
        }
        connection.setTag(stream, call.rawValue)
        writer.watch.observer?.callOpened(call, head.method, on: identifier)
        let request = CallRequest(
            method: head.method, deadline: head.deadline, metadata: head.metadata, peer: peer,
            identity: identity)
        switch service.opened(call, request) {
        case .accept:
            // It came before its caller knew; the calls from before were told at that moment.
            if lifetime.isDraining, lifetime.end != .shutdown { service.draining(call) }
        case .refuse(let status):
            writer.counters.callsRefused += 1
            connection.finish(stream, status)
            writer.remove(call, status.code)
            writer.watch.observer?.callEnded(call, nil)
        }
    }
}
