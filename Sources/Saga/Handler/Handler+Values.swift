public import SagaModel

extension Handler {
    /// A handler over `Codable` values under a typed name, with nothing to undo.
    public init<
        Input: Decodable & SendableMetatype, Output: Encodable & SendableMetatype
    >(
        _ name: HandlerName<Input, Output>,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Output
    ) {
        self.init(
            name.name, input: .readOnlyJSON, output: .writeOnlyJSON, action: action,
            compensation: nil)
    }

    /// A handler over `Codable` values under a typed name, with what undoes it.
    public init<
        Input: Decodable & SendableMetatype, Output: Codable & SendableMetatype
    >(
        _ name: HandlerName<Input, Output>,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Output,
        compensation:
            @escaping @Sendable (Compensation<Input, Output>, HandlerContext) async throws -> Void
    ) {
        self.init(
            name.name, input: .readOnlyJSON, output: .json, action: action,
            compensation: compensation)
    }

    /// A handler over `Codable` values, with nothing to undo.
    public init<
        Input: Decodable & SendableMetatype, Output: Encodable & SendableMetatype
    >(
        _ name: String,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Output
    ) {
        self.init(
            name, input: .readOnlyJSON, output: .writeOnlyJSON, action: action, compensation: nil)
    }

    /// A handler over `Codable` values, with what undoes it.
    public init<
        Input: Decodable & SendableMetatype, Output: Codable & SendableMetatype
    >(
        _ name: String,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Output,
        compensation:
            @escaping @Sendable (Compensation<Input, Output>, HandlerContext) async throws -> Void
    ) {
        self.init(
            name, input: .readOnlyJSON, output: .json, action: action, compensation: compensation)
    }

    /// A handler over a `Codable` input that gives nothing back under a typed name, with nothing
    /// to undo.
    public init<
        Input: Decodable & SendableMetatype
    >(
        _ name: HandlerName<Input, Void>,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Void
    ) {
        self.init(
            name.name, input: .readOnlyJSON, output: .nothing, action: action, compensation: nil)
    }

    /// A handler over a `Codable` input that gives nothing back under a typed name, with what
    /// undoes it.
    public init<
        Input: Decodable & SendableMetatype
    >(
        _ name: HandlerName<Input, Void>,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Void,
        compensation:
            @escaping @Sendable (Compensation<Input, Void>, HandlerContext) async throws -> Void
    ) {
        self.init(
            name.name, input: .readOnlyJSON, output: .nothing, action: action,
            compensation: compensation)
    }

    /// A handler over a `Codable` input that gives nothing back, with nothing to undo.
    public init<
        Input: Decodable & SendableMetatype
    >(
        _ name: String,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Void
    ) {
        self.init(name, input: .readOnlyJSON, output: .nothing, action: action, compensation: nil)
    }

    /// A handler over a `Codable` input that gives nothing back, with what undoes it.
    public init<
        Input: Decodable & SendableMetatype
    >(
        _ name: String,
        action: @escaping @Sendable (Input, HandlerContext) async throws -> Void,
        compensation:
            @escaping @Sendable (Compensation<Input, Void>, HandlerContext) async throws -> Void
    ) {
        self.init(
            name, input: .readOnlyJSON, output: .nothing, action: action, compensation: compensation
        )
    }

    /// A handler over bytes as they are under a typed name, with nothing to undo.
    public init(
        _ name: HandlerName<Payload, Payload>,
        action: @escaping @Sendable (Payload, HandlerContext) async throws -> Payload
    ) {
        self.init(name.name, input: .bytes, output: .bytes, action: action, compensation: nil)
    }

    /// A handler over bytes as they are under a typed name, with what undoes it.
    public init(
        _ name: HandlerName<Payload, Payload>,
        action: @escaping @Sendable (Payload, HandlerContext) async throws -> Payload,
        compensation:
            @escaping @Sendable (Compensation<Payload, Payload>, HandlerContext) async throws ->
            Void
    ) {
        self.init(
            name.name, input: .bytes, output: .bytes, action: action, compensation: compensation)
    }

    /// A handler over bytes as they are, with nothing to undo.
    public init(
        _ name: String,
        action: @escaping @Sendable (Payload, HandlerContext) async throws -> Payload
    ) {
        self.init(name, input: .bytes, output: .bytes, action: action, compensation: nil)
    }

    /// A handler over bytes as they are, with what undoes it.
    public init(
        _ name: String,
        action: @escaping @Sendable (Payload, HandlerContext) async throws -> Payload,
        compensation:
            @escaping @Sendable (Compensation<Payload, Payload>, HandlerContext) async throws ->
            Void
    ) {
        self.init(name, input: .bytes, output: .bytes, action: action, compensation: compensation)
    }
}
