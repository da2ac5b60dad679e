internal import DequeModule
internal import SagaModel
internal import SagaRPC
internal import SagaTransport

/// A call of a world, whoever made it.
struct CallNumber: Hashable, Sendable {
    let rawValue: Int

    init(_ rawValue: Int) { self.rawValue = rawValue }

    /// The call as the coordinator's services know it.
    init(_ call: ServerCallID) { rawValue = Int(call.rawValue) }

    /// The same the other way round; all calls live on event loop 0.
    var server: ServerCallID { ServerCallID(rawValue: UInt64(rawValue)) }
}

/// Who made a call.
enum Peer: Equatable {
    case process(Int, stream: Int)
    case client(Int)

    /// As the coordinator is told.
    var name: String {
        switch self {
        case .process(let number, _): "process-\(number)"
        case .client(let number): "client-\(number)"
        }
    }
}

/// What goes to the coordinator on a call.
enum Upward {
    case open(CallRequest)
    case message([UInt8])
    case halfClose
    case ended(CallEnd)
}

/// What comes back.
enum Downward {
    case message([UInt8])
    /// A message to a participant, read as it left.
    case spoken(CoordinatorMessage)
    case ended(RPCStatus)
    case lost(String)
}

/// A call between a peer and one life of the coordinator: two ways, each of which keeps its order.
struct WireCall {
    let peer: Peer
    let life: Int
    var up = Deque<Upward>()
    var down = Deque<Downward>()
    /// When the last thing on each way arrives, as far as is known.
    var lastUp: WorldTime
    var lastDown: WorldTime
    /// Whether nothing more gets in, because its connection is gone.
    var isBroken = false
    /// Whether the coordinator has heard of it.
    var isOpen = false
    /// Whether the coordinator's side is over.
    var isOver = false
}
