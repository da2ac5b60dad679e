import Testing

@testable import SagaSystem

/// What a service manager says in the environment.
@Suite struct ServiceEnvironmentTests {
    private func read(_ variables: [String: String]) -> ServiceEnvironment {
        ServiceEnvironment(process: 42) { variables[$0] }
    }

    @Test(
        arguments: [
            ([:], nil), (["NOTIFY_SOCKET": "/run/x"], "/run/x"), (["NOTIFY_SOCKET": "@x"], "@x"),
            (["NOTIFY_SOCKET": "x"], nil), (["NOTIFY_SOCKET": ""], nil),
        ] as [([String: String], String?)])
    func notifySocket(_ variables: [String: String], _ path: String?) {
        #expect(read(variables).notifySocket == path)
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "30"], 30), (["WATCHDOG_USEC": "30", "WATCHDOG_PID": "42"], 30),
            (["WATCHDOG_USEC": "30", "WATCHDOG_PID": "41"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "-1"], nil), (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
        ] as [([String: String], Int64?)])
    func watchdog(_ variables: [String: String], _ microseconds: Int64?) {
        #expect(read(variables).watchdogMicroseconds == microseconds)
    }

    @Test func sockets() {
        let two = ["LISTEN_FDS": "2", "LISTEN_PID": "42", "LISTEN_FDNAMES": "grpc:metrics"]
        #expect(
            read(two).sockets == [
                .init(descriptor: 3, name: "grpc"), .init(descriptor: 4, name: "metrics"),
            ])
        #expect(
            read(["LISTEN_FDS": "2", "LISTEN_PID": "42", "LISTEN_FDNAMES": ""]).sockets
                == [.init(descriptor: 3, name: ""), .init(descriptor: 4, name: "")])
        for change in [["LISTEN_PID": "41"], ["LISTEN_FDS": "0"], ["LISTEN_FDS": "x"]] {
            #expect(read(two.merging(change) { $1 }).sockets == [])
        }
        #expect(read(["LISTEN_FDS": "2"]).sockets == [])
    }
}
