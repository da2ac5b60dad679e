import NIOSSL
import Testing

@testable import SagaTransport

/// What is told about files of certificates and keys.
@Suite struct CertificateFileTests {
    private typealias Problem = TLSFileFault.Problem

    private func fault(
        _ files: TestCertificates, _ certificate: String, _ key: String,
        clientRoots: String? = nil, _ environment: TLSEnvironment = .test
    ) -> TLSFileFault? {
        do throws(TLSFileFault) {
            _ = try ServerTLS(
                .init(
                    certificateFile: files(certificate), keyFile: files(key),
                    clientAuthentication: clientRoots == nil ? .off : .asked,
                    clientRootsFile: clientRoots.map { files($0) }), environment)
            return nil
        } catch {
            return error
        }
    }

    @Test func goodFiles() throws {
        let files = try TestCertificates()
        for (certificate, key) in [
            ("server.pem", "server.key"), ("chain.pem", "leaf.key"), ("both.pem", "both.pem"),
            ("both.pem", "server.key"), ("nameless.pem", "nameless.key"),
        ] {
            #expect(fault(files, certificate, key) == nil, "\(certificate)")
        }
        for roots in ["root.pem", "some-roots.pem", "middle.pem"] {
            #expect(fault(files, "server.pem", "server.key", clientRoots: roots) == nil)
        }
    }

    @Test func aCertificateFileIsToldWhatIsWrongWithIt() throws {
        let files = try TestCertificates()
        let ended = try #require(NIOSSLCertificate.fromPEMFile(files("ended.pem")).first).end
        let coming = try #require(NIOSSLCertificate.fromPEMFile(files("coming.pem")).first).begin
        let table: [(file: String, key: String, problem: TLSFileFault.Problem)] = [
            ("none.pem", "server.key", .unreadable("No such file or directory (ENOENT)")),
            ("root.register", "server.key", .unreadable("Is a directory (EISDIR)")),
            ("empty.pem", "server.key", .empty),
            ("garbage.pem", "server.key", .notPEM(looksBinary: false)),
            ("binary.pem", "server.key", .notPEM(looksBinary: true)),
            ("cut.pem", "server.key", .cutOff(place: 1)),
            ("broken.pem", "server.key", .malformed(place: 1)),
            ("server.key", "server.key", .holds(["PRIVATE KEY"])),
            ("server.request", "server.key", .holds(["CERTIFICATE REQUEST"])),
            ("ended.pem", "ended.key", .expired(subject: "CN=ended", place: 1, on: ended)),
            (
                "coming.pem", "coming.key",
                .notYetValid(subject: "CN=coming", place: 1, until: coming)
            ),
            ("reversed.pem", "leaf.key", .leafNotFirst(place: 2)),
            (
                "gap.pem", "leaf.key",
                .wrongOrder(place: 2, subject: "CN=Stranger Root", wanted: "CN=Test Middle")
            ),
        ]
        for (file, key, problem) in table {
            let found = try #require(fault(files, file, key), "\(file)")
            #expect(found.problem == problem, "\(file)")
            #expect(found.role == .certificate && found.path == files(file))
            #expect(found.description.hasPrefix("certificate file \(files(file)): "))
            #expect(!found.description.contains("\n"))
        }
    }

    @Test func aKeyFileIsToldWhatIsWrongWithIt() throws {
        let files = try TestCertificates()
        let table: [(file: String, problem: TLSFileFault.Problem)] = [
            ("none.key", .unreadable("No such file or directory (ENOENT)")),
            ("empty.pem", .empty),
            ("server.pem", .holds(["CERTIFICATE"])),
            ("public.key", .holds(["PUBLIC KEY"])),
            ("encrypted.key", .encrypted),
            ("encrypted-old.key", .encrypted),
            ("broken.key", .malformed(place: 1)),
            ("client.key", .keyOfAnother(certificateFile: files("server.pem"))),
        ]
        for (file, problem) in table {
            let found = try #require(fault(files, "server.pem", file), "\(file)")
            #expect(found.problem == problem, "\(file)")
            #expect(found.role == .key && found.path == files(file))
        }
    }

    @Test func rootsAreToldWhatIsWrongWithThem() throws {
        let files = try TestCertificates()
        for (file, isExpected) in [
            ("none.pem", { if case .unreadable = $0 { true } else { false } }),
            ("server.key", { $0 == .holds(["PRIVATE KEY"]) }),
            ("ended-root.pem", { if case .expired = $0 { true } else { false } }),
        ] as [(String, (TLSFileFault.Problem) -> Bool)] {
            let found = try #require(fault(files, "server.pem", "server.key", clientRoots: file))
            #expect(isExpected(found.problem), "\(file): \(found)")
            #expect(found.role == .roots && found.path == files(file))
        }
    }

    @Test func theWarningsAreTwoWeeksAhead() throws {
        let files = try TestCertificates()
        func concerns(
            _ name: String, roots: String? = nil, _ environment: TLSEnvironment = .test
        ) throws -> [TLSFileWarning.Concern] {
            try ServerTLS(
                .init(
                    certificateFile: files("\(name).pem"), keyFile: files("\(name).key"),
                    clientAuthentication: roots == nil ? .off : .required,
                    clientRootsFile: roots.map { files($0) }),
                environment
            ).warnings.map(\.concern)
        }
        #expect(try concerns("server") == [])
        let end = try #require(NIOSSLCertificate.fromPEMFile(files("server.pem")).first).end
        let twoWeeksAhead = end.advanced(byDays: -14)
        #expect(try concerns("server", .test(at: twoWeeksAhead)) == [])
        let later = CertificateDate(secondsSince1970: twoWeeksAhead.secondsSince1970 + 1)
        #expect(try concerns("server", .test(at: later)) == [.endsSoon(end, days: 13)])
        #expect(fault(files, "server.pem", "server.key", .test(days: 366)) != nil)
        #expect(try concerns("soon").count == 1)
        #expect(try concerns("nameless") == [.namesNoHost])
        #expect(try concerns("server", roots: "some-roots.pem") == [.uselessRoot])
    }

    @Test func datesAreGregorian() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"), (951_782_400, "2000-02-29 00:00 UTC"),
            (1_795_248_842, "2026-11-21 08:14 UTC"), (4_107_542_399, "2100-02-28 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"), (-1, "1969-12-31 23:59 UTC"),
            (253_402_300_799, "9999-12-31 23:59 UTC"),
        ] as [(Int64, String)] {
            #expect(CertificateDate(secondsSince1970: seconds).description == text)
        }
    }

    @Test func namesOfCertificates() throws {
        let files = try TestCertificates()
        func names(_ file: String) throws -> CertificateNames {
            CertificateNames(try #require(NIOSSLCertificate.fromPEMFile(files(file)).first))
        }
        #expect(
            try names("client.pem").identity == PeerIdentity(kind: .uri, name: "spiffe://test/web"))
        #expect(
            try names("client-host.pem").identity == PeerIdentity(kind: .host, name: "web.test"))
        #expect(
            try names("client-address.pem").identity
                == PeerIdentity(kind: .address, name: "10.0.3.7"))
        #expect(
            try names("client-subject.pem").identity
                == PeerIdentity(kind: .subject, name: "O=Acme,CN=web"))
        #expect(try names("server.pem").listed == "localhost, sagad.test, 127.0.0.1, ::1")
        for (host, isIn) in [
            ("a.saga.test", true), ("A.SAGA.test.", true), ("saga.test", false),
            ("a.b.saga.test", false), (".saga.test", false), ("", false), ("x", false),
        ] {
            #expect(try names("wild.pem").contains(host: host) == isIn, "\(host)")
        }
        #expect(try names("nameless.pem").isAbout("localhost"))
        #expect(try !names("addressed.pem").isAbout("localhost"))
    }
}
