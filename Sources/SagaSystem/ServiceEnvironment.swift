/// What a service manager such as systemd tells a service of itself, by its environment.
package struct ServiceEnvironment: Equatable, Sendable {
    /// The socket that it wants to be told at how the service is (sd_notify(3)); nil if it does
    /// not.
    package var notifySocket: String?
    /// Within which time it must hear a sign of life, in microseconds, or it ends the service
    /// (sd_watchdog_enabled(3)); nil if it need not.
    package var watchdogMicroseconds: Int64?
    /// The sockets that it has opened for the service (sd_listen_fds(3)), in their order.
    package var sockets: [Socket] = []

    /// A socket that the service was started with.
    package struct Socket: Equatable, Sendable {
        /// Its number.
        package var descriptor: Int32
        /// Its name, `FileDescriptorName=` of the socket unit; empty for none.
        package var name: String

        /// Names a socket.
        package init(descriptor: Int32, name: String) {
            self.descriptor = descriptor
            self.name = name
        }
    }

    /// Nothing told.
    package init() {}

    /// Reads the variables.
    ///
    /// Those that name another process were meant for it, a shell that started this one for
    /// example, and are left alone; so are values that make no sense.
    ///
    /// - Parameters:
    ///   - process: the number of this process.
    ///   - variable: gives a variable's value.
    package init(process: Int32, _ variable: (String) -> String?) {
        if let path = variable("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@") {
            notifySocket = path
        }
        if let time = variable("WATCHDOG_USEC").flatMap({ Int64($0) }), time > 0,
            variable("WATCHDOG_PID").map({ Int32($0) == process }) ?? true
        {
            watchdogMicroseconds = time
        }
        guard let count = variable("LISTEN_FDS").flatMap({ Int32($0) }),
            (1...1_000).contains(count),
            variable("LISTEN_PID").flatMap({ Int32($0) }) == process
        else { return }
        let names = (variable("LISTEN_FDNAMES") ?? "")
            .split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        sockets = (0..<count).map { place in
            Socket(
                descriptor: Self.firstDescriptor + place,
                name: Int(place) < names.count ? names[Int(place)] : "")
        }
    }

    /// SD_LISTEN_FDS_START: behind the standard streams.
    private static let firstDescriptor: Int32 = 3

    /// What this process was told.
    package static var ofThisProcess: ServiceEnvironment {
        ServiceEnvironment(process: ThisProcess.identifier) { ThisProcess.environment($0) }
    }
}
