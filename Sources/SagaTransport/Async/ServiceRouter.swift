internal import SagaHTTP2
internal import SagaRPC

/// Gives each call to the one of several services that has its method, on one event loop.
final class ServiceRouter: ServiceHandler {
    /// The services, in the order of their methods in the server's table.
    let services: [any ServiceHandler]
    /// By a method's place in the server's table.
    private let routes: [(service: Int, method: MethodIndex)]
    /// By the places of the loop's table of calls: whose call it is.
    private let owners = Held<[UInt8]>([])

    /// Takes services, each with the number of its methods.
    init(_ services: [(methods: Int, handler: any ServiceHandler)]) {
        precondition(services.count <= 256, "\(services.count) services, at most 256")
        self.services = services.map(\.handler)
        routes = services.enumerated().flatMap { place, service in
            (0..<service.methods).map { (place, MethodIndex($0)) }
        }
    }

    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission {
        let route = routes[request.method.rawValue]
        while owners.value.count <= call.place { owners.value.append(0) }
        owners.value[call.place] = UInt8(route.service)
        var request = request
        request.method = route.method
        return services[route.service].opened(call, request)
    }

    func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
        owner(call).message(call, bytes)
    }

    func halfClosed(_ call: ServerCallID) { owner(call).halfClosed(call) }

    func ended(_ call: ServerCallID, _ cause: CallEnd) { owner(call).ended(call, cause) }

    func writable(_ call: ServerCallID) { owner(call).writable(call) }

    func draining(_ call: ServerCallID) { owner(call).draining(call) }

    func turnEnded() {
        for service in services { service.turnEnded() }
    }

    private func owner(_ call: ServerCallID) -> any ServiceHandler {
        services[Int(owners.value[call.place])]
    }
}

extension ServiceHandler {
    /// This service, or the one behind a router, of a type.
    package func part<Service: ServiceHandler>(_ type: Service.Type) -> Service? {
        if let service = self as? Service { return service }
        guard let router = self as? ServiceRouter else { return nil }
        for case let service as Service in router.services { return service }
        return nil
    }
}
