internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Values that several messages share.
extension EncodingArena {
    /// An id in its 36 characters.
    mutating func text(_ id: SagaID) -> UnsafeMutablePointer<CChar> {
        // SAFETY: the piece has room for 36 characters and the NUL.
        let text = unsafe piece(37).assumingMemoryBound(to: UInt8.self)
        unsafe id.writeText(to: text)
        unsafe text[36] = 0
        return unsafe UnsafeMutableRawPointer(text).assumingMemoryBound(to: CChar.self)
    }

    /// A payload; left out if it is no value.
    mutating func payload(_ payload: Payload) -> UnsafeMutablePointer<Saga__V1__Payload>? {
        // SAFETY: the message lives in this arena until the next reset.
        payload.bytes.isEmpty ? nil : unsafe presentPayload(payload)
    }

    /// A payload where even no value must be there.
    mutating func presentPayload(_ payload: Payload) -> UnsafeMutablePointer<Saga__V1__Payload> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__payload__init)
        unsafe message.pointee.content_type = text(payload.contentType)
        unsafe message.pointee.data = bytes(payload.bytes)
        return unsafe message
    }

    /// A token.
    mutating func token(_ token: Token) -> UnsafeMutablePointer<Saga__V1__Token> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__token__init)
        unsafe message.pointee.epoch = token.epoch.rawValue
        unsafe message.pointee.number = token.number
        return unsafe message
    }

    /// A task.
    mutating func task(_ task: TaskRef) -> UnsafeMutablePointer<Saga__V1__TaskRef> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__task_ref__init)
        unsafe message.pointee.saga_id = text(task.saga)
        unsafe message.pointee.step = text(task.step)
        unsafe message.pointee.direction = task.direction.wireNumber
        return unsafe message
    }

    /// A failure.
    mutating func failure(_ failure: Failure) -> UnsafeMutablePointer<Saga__V1__Failure> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__failure__init)
        unsafe message.pointee.code = text(failure.code)
        unsafe message.pointee.message = text(failure.message)
        if let details = failure.details { unsafe message.pointee.details = payload(details) }
        return unsafe message
    }

    /// Who asked for something.
    mutating func principal(_ principal: Principal) -> UnsafeMutablePointer<Saga__V1__Principal> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__principal__init)
        unsafe message.pointee.name = text(principal.name)
        unsafe message.pointee.verified = principal.isVerified ? 1 : 0
        return unsafe message
    }

    /// The name and version of a definition; version 0 for the one registered last.
    mutating func definitionRef(
        _ name: String, _ version: UInt32
    ) -> UnsafeMutablePointer<Saga__V1__DefinitionRef> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__definition_ref__init)
        unsafe message.pointee.name = text(name)
        unsafe message.pointee.version = version
        return unsafe message
    }

    /// A length of time, to the nanosecond; what protobuf cannot say becomes the longest that it
    /// can.
    mutating func duration(
        _ duration: Duration?
    ) -> UnsafeMutablePointer<Google__Protobuf__Duration>? {
        guard let duration else { return nil }
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(google__protobuf__duration__init)
        let (seconds, attoseconds) = duration.components
        let longest = WireTime.longestSeconds
        unsafe message.pointee.seconds = min(max(seconds, -longest), longest)
        if seconds > -longest, seconds < longest {
            unsafe message.pointee.nanos = Int32(attoseconds / 1_000_000_000)
        }
        return unsafe message
    }

    /// A moment; what protobuf cannot say becomes the first or the last that it can.
    mutating func instant(
        _ instant: Instant?
    ) -> UnsafeMutablePointer<Google__Protobuf__Timestamp>? {
        guard let instant else { return nil }
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(google__protobuf__timestamp__init)
        let (whole, part) = instant.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let seconds = part < 0 ? whole - 1 : whole
        let range = WireTime.seconds
        unsafe message.pointee.seconds = min(max(seconds, range.lowerBound), range.upperBound)
        if range.contains(seconds) {
            unsafe message.pointee.nanos = Int32(part < 0 ? part + 1_000_000 : part) * 1_000
        }
        return unsafe message
    }
}
