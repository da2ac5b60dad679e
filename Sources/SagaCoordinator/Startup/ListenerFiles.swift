internal import SagaSystem
internal import SagaTransport

/// What the machine has to say about the addresses that a coordinator listens at.
enum ListenerFiles {
    /// Looks at the sockets that the process was started with, before anything is done with them.
    static func check(_ addresses: [ListenAddress]) throws(BindFailure) {
        for address in addresses {
            guard case .inherited(let descriptor) = address else { continue }
            do throws(InheritedSocket.Fault) {
                try InheritedSocket.check(descriptor)
            } catch {
                throw .unusable(address, reason: Self.reason(error))
            }
        }
    }

    private static func reason(_ fault: InheritedSocket.Fault) -> String {
        switch fault {
        case .notOpen:
            "no file is open under this number; whoever starts the daemon must hand it a socket "
                + "(systemd: the first is 3)"
        case .notAStream: "it is not a socket of TCP or a Unix stream socket"
        }
    }

    /// Lets those connect to the Unix sockets that may; until then only the owner can.
    static func open(
        _ bound: [ListenAddress], of configuration: CoordinatorConfiguration
    ) throws(Coordinator.StartFailure) {
        for address in configuration.listen where bound.contains(address) {
            guard case .unix(let path) = address else { continue }
            do throws(SystemFailure) {
                try SocketFile.setMode(path, configuration.socketMode)
            } catch {
                throw .bind(.system(address, errno: error.code.rawValue))
            }
        }
    }
}
