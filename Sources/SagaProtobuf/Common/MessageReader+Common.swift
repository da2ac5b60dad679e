internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Values that several messages share.
extension MessageReader {
    /// The name of a namespace; empty means `default`.
    static func namespace(
        _ start: UnsafeMutablePointer<CChar>?, _ limits: CodecLimits, _ path: StaticString = ""
    ) throws(CodecFailure) -> String {
        // SAFETY: as `text`.
        let name = try unsafe text(start, path, "namespace", limit: limits.nameBytes)
        return name.isEmpty ? "default" : name
    }

    /// A text of at most that many bytes.
    static func text(
        _ start: UnsafeMutablePointer<CChar>?, _ path: StaticString, _ name: StaticString,
        limit: Int
    ) throws(CodecFailure) -> String {
        // SAFETY: as `text` without a limit.
        let text = try unsafe text(start, path, name)
        if text.utf8.count > limit { throw CodecFailure("\(path)\(name)", .tooLong(limit: limit)) }
        return text
    }

    /// A text of at least one and at most that many bytes.
    static func requiredText(
        _ start: UnsafeMutablePointer<CChar>?, _ path: StaticString, _ name: StaticString,
        limit: Int
    ) throws(CodecFailure) -> String {
        // SAFETY: as `text`.
        let text = try unsafe text(start, path, name, limit: limit)
        if text.isEmpty { throw CodecFailure("\(path)\(name)", .unset) }
        return text
    }

    /// An id in its 36 characters.
    static func sagaID(
        _ start: UnsafeMutablePointer<CChar>?, _ path: StaticString, _ name: StaticString
    ) throws(CodecFailure) -> SagaID {
        // SAFETY: as `text`.
        let bytes = try unsafe textBytes(start, path, name)
        if bytes.count == 0 { throw CodecFailure("\(path)\(name)", .unset) }
        guard let id = unsafe SagaID(bytes) else {
            throw CodecFailure("\(path)\(name)", .wrong("must be a UUID of 36 characters"))
        }
        return id
    }

    /// A media type; the one that most have costs no allocation.
    static func contentType(
        _ start: UnsafeMutablePointer<CChar>?, _ limits: CodecLimits
    ) throws(CodecFailure) -> String {
        // SAFETY: as `text`.
        let bytes = try unsafe textBytes(start, "", "content_type")
        if unsafe bytes.isEqual(to: "application/json") {
            return Payload.json
        }
        return try unsafe text(start, "", "content_type", limit: limits.contentTypeBytes)
    }

    /// A payload; left out or without data it is no value, and without a media type it is JSON.
    static func payload(
        _ message: UnsafeMutablePointer<Saga__V1__Payload>?, _ path: StaticString,
        _ name: StaticString, _ limits: CodecLimits
    ) throws(CodecFailure) -> Payload {
        // SAFETY: the message and what it points to live in the arena.
        guard let message = unsafe message else { return .empty }
        do throws(CodecFailure) {
            let type = try unsafe contentType(message.pointee.content_type, limits)
            if unsafe message.pointee.data.len > limits.payloadBytes {
                throw CodecFailure("data", .tooLong(limit: limits.payloadBytes))
            }
            if unsafe message.pointee.data.len == 0 { return .empty }
            return unsafe Payload(
                contentType: type.isEmpty ? Payload.json : type, bytes: bytes(message.pointee.data))
        } catch {
            throw error.inside("\(path)\(name)")
        }
    }

    /// A payload, if it is there and has data.
    static func optionalPayload(
        _ message: UnsafeMutablePointer<Saga__V1__Payload>?, _ path: StaticString,
        _ name: StaticString, _ limits: CodecLimits
    ) throws(CodecFailure) -> Payload? {
        // SAFETY: as `payload`.
        let payload = try unsafe payload(message, path, name, limits)
        return payload.bytes.isEmpty ? nil : payload
    }

    /// A token; both parts may be 0, for then it is merely never current.
    static func token(
        _ message: UnsafeMutablePointer<Saga__V1__Token>?, _ path: StaticString
    ) throws(CodecFailure) -> Token {
        // SAFETY: the message lives in the arena.
        let message = try unsafe required(message, path, "token")
        return unsafe Token(epoch: Epoch(message.pointee.epoch), number: message.pointee.number)
    }

    /// A task.
    static func task(
        _ message: UnsafeMutablePointer<Saga__V1__TaskRef>?, _ path: StaticString
    ) throws(CodecFailure) -> TaskRef {
        // SAFETY: the message and what it points to live in the arena.
        let message = try unsafe required(message, path, "task")
        return try unsafe TaskRef(
            saga: sagaID(message.pointee.saga_id, path, "task.saga_id"),
            step: requiredText(message.pointee.step, path, "task.step"),
            direction: value(message.pointee.direction, path, "task.direction"))
    }

    /// A failure that must be there; a message that is longer than it may be is cut, as the
    /// protocol says.
    static func failure(
        _ message: UnsafeMutablePointer<Saga__V1__Failure>?, _ path: StaticString,
        _ name: StaticString, _ limits: CodecLimits
    ) throws(CodecFailure) -> Failure {
        do throws(CodecFailure) {
            // SAFETY: the message and what it points to live in the arena.
            let message = try unsafe required(message, "", "")
            let text = try unsafe text(message.pointee.message, "", "message")
            return try unsafe Failure(
                code: self.text(
                    message.pointee.code, "", "code", limit: limits.failureCodeBytes),
                message: cut(text, to: limits.failureMessageBytes),
                details: optionalPayload(message.pointee.details, "", "details", limits))
        } catch {
            throw error.inside("\(path)\(name)")
        }
    }

    /// The longest beginning of whole characters that fits.
    static func cut(_ text: String, to limit: Int) -> String {
        if text.utf8.count <= limit { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: limit)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }

    /// Who asked for something.
    static func principal(
        _ message: UnsafeMutablePointer<Saga__V1__Principal>?, _ path: StaticString
    ) throws(CodecFailure) -> Principal {
        // SAFETY: the message and what it points to live in the arena.
        guard let message = unsafe message else { return Principal(name: "", isVerified: false) }
        return try unsafe Principal(
            name: text(message.pointee.name, path, "name"),
            isVerified: message.pointee.verified != 0)
    }

    /// A length of time, if it is there: within 10,000 years, as the protocol has it.
    static func duration(
        _ message: UnsafeMutablePointer<Google__Protobuf__Duration>?, _ path: StaticString,
        _ name: StaticString
    ) throws(CodecFailure) -> Duration? {
        // SAFETY: the message lives in the arena.
        guard let message = unsafe message else { return nil }
        let (seconds, nanoseconds) = unsafe (message.pointee.seconds, message.pointee.nanos)
        guard abs(seconds.clamped) <= WireTime.longestSeconds, nanoseconds > -1_000_000_000,
            nanoseconds < 1_000_000_000,
            seconds == 0 || nanoseconds == 0 || (seconds < 0) == (nanoseconds < 0)
        else { throw CodecFailure("\(path)\(name)", .wrong("is not a duration")) }
        return Duration(
            secondsComponent: seconds, attosecondsComponent: Int64(nanoseconds) * 1_000_000_000)
    }

    /// A wait, if it is there: not negative, in whole microseconds, which is what the journal
    /// keeps.
    static func wait(
        _ message: UnsafeMutablePointer<Google__Protobuf__Duration>?, _ path: StaticString,
        _ name: StaticString
    ) throws(CodecFailure) -> Duration? {
        // SAFETY: the message lives in the arena.
        guard let duration = try unsafe duration(message, path, name) else { return nil }
        guard duration >= .zero else {
            throw CodecFailure("\(path)\(name)", .wrong("must not be negative"))
        }
        let whole = Duration.microseconds(duration.microseconds)
        return whole < duration ? whole + .microseconds(1) : whole
    }

    /// A moment, if it is there: from year 1 to 9999, as the protocol has it.
    static func instant(
        _ message: UnsafeMutablePointer<Google__Protobuf__Timestamp>?, _ path: StaticString,
        _ name: StaticString
    ) throws(CodecFailure) -> Instant? {
        // SAFETY: the message lives in the arena.
        guard let message = unsafe message else { return nil }
        let (seconds, nanoseconds) = unsafe (message.pointee.seconds, message.pointee.nanos)
        guard WireTime.seconds.contains(seconds), nanoseconds >= 0, nanoseconds < 1_000_000_000
        else { throw CodecFailure("\(path)\(name)", .wrong("is not a moment")) }
        return Instant(microseconds: seconds * 1_000_000 + Int64(nanoseconds) / 1_000)
    }

    /// A moment that must be there.
    static func requiredInstant(
        _ message: UnsafeMutablePointer<Google__Protobuf__Timestamp>?, _ path: StaticString,
        _ name: StaticString
    ) throws(CodecFailure) -> Instant {
        // SAFETY: as `instant`.
        guard let instant = try unsafe instant(message, path, name) else {
            throw CodecFailure("\(path)\(name)", .unset)
        }
        return instant
    }
}

/// What protobuf's own types for time can hold.
enum WireTime {
    /// The longest duration, either way.
    static let longestSeconds: Int64 = 315_576_000_000
    /// From the first second of year 1 to the last one of 9999.
    static let seconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
}

extension Int64 {
    /// The same, but for the one number whose magnitude does not fit.
    fileprivate var clamped: Int64 { Swift.max(self, -.max) }
}
