import Testing

/// One test an attack, over real sockets, one after the other: each looks at the memory of the
/// process.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileTests {}
