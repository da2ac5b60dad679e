import ArgumentParser
import Foundation
import Saga
import SagaModel
import Testing

@testable import sagactl

/// Coordinators by name: the file, what is stronger than what, and the verbs.
@Suite struct ContextTests {
    private static func file() -> ContextFile {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        return ContextFile(path: folder.appending(path: "sagactl/contexts.yaml").path)
    }

    private static let prod = """
        current: prod
        contexts:
          prod:
            address: 10.0.3.1:7242
            tlsCA: /etc/saga/ca.pem
            tlsCert: /etc/saga/me.pem
            tlsKey: /etc/saga/me.key
            namespace: shop
            as: alice
          local: {}
          far: { address: "far:1", tls: true, tlsName: saga.example }
        """

    private func remove(_ file: ContextFile) {
        let folder = URL(filePath: file.path).deletingLastPathComponent()
            .deletingLastPathComponent()
        try? FileManager.default.removeItem(at: folder)
    }

    private func perform(_ line: [String], _ file: ContextFile, _ paper: Paper) throws {
        let verb = try #require(try Sagactl.parseAsRoot(line) as? any ContextVerb)
        try verb.perform(file, paper.screen(isJSON: verb.global.json))
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let file = ContextFile(path: "/c.yaml")
        let contexts = try file.parse(Self.prod)
        #expect(contexts.names == ["prod", "local", "far"])
        #expect(contexts.current == "prod")
        #expect(contexts["prod"]?.certificate == "/etc/saga/me.pem")
        #expect(contexts["far"]?.tls == true && contexts["far"]?.serverName == "saga.example")
        #expect(try file.parse(ContextFile.text(contexts)) == contexts)
        #expect(try file.parse(ContextFile.text(Contexts())) == Contexts())
        #expect(try file.parse("") == Contexts())
    }

    @Test(arguments: [
        ("contexts: [", "/c.yaml:2:1: error: this is not YAML"),
        ("[]", "/c.yaml:1:1: error: the file must be a mapping of names to values"),
        (
            "curent: a",
            "/c.yaml:1:1: error: the file: unknown key curent; did you mean current?"
        ),
        (
            "contexts:\n  a:\n    adress: b",
            "/c.yaml:3:5: error: context a: unknown key adress; did you mean address?"
        ),
        ("contexts:\n  a: 1", "/c.yaml:2:6: error: context a must be a mapping"),
        ("contexts:\n  a: {tls: ja}", "error: context a: tls is true or false"),
        ("contexts:\n  a: {address: ''}", "error: address must be a text that is not empty"),
        ("contexts:\n  a: {address: [b]}", "error: address must be a text that is not empty"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ message: String) {
        let complaint = #expect(throws: Complaint.self) {
            _ = try ContextFile(path: "/c.yaml").parse(text)
        }
        #expect(complaint?.exit == .configuration)
        #expect(complaint?.lines.joined().contains(message) == true, "\(complaint as Any)")
    }

    @Test(
        arguments: [
            (["XDG_CONFIG_HOME": "/x", "HOME": "/h"], "/x/sagactl/contexts.yaml"),
            (["XDG_CONFIG_HOME": "x", "HOME": "/h"], "/h/.config/sagactl/contexts.yaml"),
            (["HOME": "/h"], "/h/.config/sagactl/contexts.yaml"), ([:], nil),
        ] as [([String: String], String?)])
    func whereTheFileIs(_ environment: [String: String], _ path: String?) {
        #expect(ContextFile { environment[$0] }?.path == path)
    }

    static let choices:
        [(line: [String], environment: [String: String], address: String, namespace: String)] = [
            ([], [:], "10.0.3.1:7242", "shop"),
            (["--address", "a:1"], [:], "a:1", "default"),
            ([], ["SAGACTL_ADDRESS": "e:1"], "e:1", "shop"),
            (["--context", "far"], ["SAGACTL_ADDRESS": "e:1"], "far:1", "default"),
            ([], ["SAGACTL_CONTEXT": "far", "SAGACTL_ADDRESS": "e:1"], "far:1", "default"),
            (["--context", "prod"], ["SAGACTL_CONTEXT": "far"], "10.0.3.1:7242", "shop"),
            (["--context", "local"], [:], "127.0.0.1:7242", "default"),
            (["--namespace", "n"], [:], "10.0.3.1:7242", "n"),
        ]

    @Test(arguments: choices) func whatIsStronger(
        _ row: (
            line: [String], environment: [String: String], address: String, namespace: String
        )
    ) throws {
        let file = Self.file()
        defer { remove(file) }
        try file.write(try file.parse(Self.prod))
        let options = try GlobalOptions.parse(row.line)
        let environment: (String) -> String? = { row.environment[$0] }
        let chosen = try options.completed(by: file, environment)
        #expect(chosen.chosenAddress(environment) == row.address)
        #expect(chosen.namespace ?? "default" == row.namespace)
    }

    @Test func certificatesGoWithTheirAddress() throws {
        let file = Self.file()
        defer { remove(file) }
        try file.write(try file.parse(Self.prod))
        let nothing: (String) -> String? = { _ in nil }
        let prod = try GlobalOptions.parse([]).completed(by: file, nothing)
        #expect(prod.tls.chosen(nothing)?.certificate == "/etc/saga/me.pem")
        #expect(prod.tls.chosen(nothing)?.key == "/etc/saga/me.key")
        #expect(prod.principal == "alice")
        let elsewhere = try GlobalOptions.parse(["--context", "prod", "--address", "a:1"])
        #expect(try elsewhere.completed(by: file, nothing).tls.chosen(nothing) == nil)
        let far = try GlobalOptions.parse(["--context", "far"]).completed(by: file, nothing)
        #expect(far.tls.isWanted && far.tls.name == "saga.example")
    }

    @Test func aNameThatIsNotThereIsRefused() throws {
        let file = Self.file()
        defer { remove(file) }
        let nothing: (String) -> String? = { _ in nil }
        let options = try GlobalOptions.parse(["--context", "prd"])
        let none = #expect(throws: Complaint.self) {
            _ = try options.completed(by: file, nothing)
        }
        #expect(none?.lines.last?.hasPrefix("none is there yet") == true)
        try file.write(try file.parse(Self.prod))
        let complaint = #expect(throws: Complaint.self) {
            _ = try options.completed(by: file, nothing)
        }
        #expect(complaint?.exit == .configuration)
        #expect(
            complaint?.lines == [
                "no context prd in \(file.path); did you mean prod?",
                "there are: prod, local, far",
            ])
    }

    @Test func setUseListAndRemove() throws {
        let (file, paper) = (Self.file(), Paper())
        defer { remove(file) }
        try perform(["context", "list"], file, paper)
        #expect(paper.error.hasPrefix("no contexts; make one"))
        try perform(["context", "set", "a", "--address", "a:1", "--tls-ca", "ca"], file, paper)
        try perform(["context", "set", "b", "--address", "b:1", "--as", "bob"], file, paper)
        try perform(["context", "set", "a", "--namespace", "shop"], file, paper)
        let contexts = try file.read()
        #expect(contexts.current == "a" && contexts.names == ["a", "b"])
        #expect(contexts["a"]?.address == "a:1" && contexts["a"]?.namespace == "shop")
        #expect(contexts["a"]?.ca == FileManager.default.currentDirectoryPath + "/ca")
        try perform(["context", "use", "b"], file, paper)
        let list = Paper()
        try perform(["context", "list"], file, list)
        #expect(
            list.output == """
                   NAME  ADDRESS  NAMESPACE
                   a     a:1      shop
                *  b     b:1      default

                """)
        let json = Paper()
        try perform(["context", "list", "--json"], file, json)
        #expect(
            json.output.contains(#"{"name":"b","current":true,"address":"b:1","as":"bob"}"#))
        try perform(["context", "remove", "b"], file, paper)
        #expect(try file.read().current == nil && file.read().names == ["a"])
        #expect(throws: Complaint.self) { try perform(["context", "use", "b"], file, paper) }
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(mode[.posixPermissions] as? Int == 0o600)
    }

    @Test(arguments: [
        (["context", "set", "a"], "nothing is given to set"),
        (["context", "set", "A b", "--address", "a:1"], "is no name: it is made of a-z"),
        (["context", "use"], "Missing expected argument '<name>'"),
    ])
    func wrongLines(_ line: [String], _ message: String) {
        let error = #expect(throws: (any Error).self) { _ = try Sagactl.parseAsRoot(line) }
        guard let error else { return }
        #expect(Sagactl.exitCode(for: error).rawValue == 64)
        #expect(Sagactl.message(for: error).contains(message), "\(Sagactl.message(for: error))")
    }
}
