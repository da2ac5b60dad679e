internal import ArgumentParser
internal import SagaTransport

/// Where metrics and probes are served: `HOST:PORT`, `fd:N`, or `none`.
struct MetricsAddress: ExpressibleByArgument {
    /// Where; nil for nowhere.
    let address: ListenAddress?

    init(_ address: ListenAddress?) { self.address = address }

    init?(argument: String) {
        if argument == "none" {
            address = nil
            return
        }
        switch ListenAddress(argument) {
        case .host, .inherited: address = ListenAddress(argument)
        case .unix, nil: return nil
        }
    }

    var defaultValueDescription: String { address.map { "\($0)" } ?? "none" }
}
