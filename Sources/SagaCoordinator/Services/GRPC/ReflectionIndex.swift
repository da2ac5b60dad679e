package import SagaProtobuf

/// Finds what server reflection is asked for in the descriptors of a program.
package struct ReflectionIndex: Sendable {
    private let services: [String]
    private var files: [DescriptorFile] = []
    private var byName: [String: Int] = [:]
    private var bySymbol: [String: Int] = [:]
    private var byExtension: [DescriptorFile.Extension: Int] = [:]
    private var messages: Set<String> = []

    /// Reads descriptors.
    ///
    /// - Parameters:
    ///   - sets: serialized `FileDescriptorSet`s, which together have every file that they import.
    ///   - services: the services that are served, with their packages.
    package init(sets: [[UInt8]], services: [String]) {
        self.services = services
        for file in sets.flatMap(DescriptorFile.files) where byName[file.name] == nil {
            let place = files.count
            files.append(file)
            byName[file.name] = place
            for symbol in file.symbols { bySymbol[symbol] = place }
            for field in file.extensions { byExtension[field] = place }
            messages.formUnion(file.messages)
        }
    }

    /// Answers one question.
    ///
    /// - Parameter sent: the files that the peer has from earlier answers; they are not sent again
    ///   beside the one it asks for.
    package func answer(
        _ question: ReflectionRequest.Question, sent: inout Set<String>
    ) -> ReflectionAnswer {
        switch question {
        case .file(let name):
            file(byName[name], "file \(name)", &sent)
        case .symbol(let name):
            file(bySymbol[name], "symbol \(name)", &sent)
        case .fileOfExtension(let type, let number):
            file(
                byExtension[DescriptorFile.Extension(type: type, number: number)],
                "extension \(number) of \(type)", &sent)
        case .extensionNumbers(let type):
            messages.contains(type)
                ? .extensionNumbers(
                    type: type,
                    byExtension.keys.filter { $0.type == type }.map(\.number).sorted())
                : Self.notFound("message \(type)")
        case .services: .services(services)
        case .none:
            .error(code: 3, "the request asks for nothing that this version knows")
        }
    }

    private static func notFound(_ what: String) -> ReflectionAnswer {
        .error(code: 5, "\(what) is not known")
    }

    /// A file with all that it imports.
    private func file(
        _ place: Int?, _ what: String, _ sent: inout Set<String>
    ) -> ReflectionAnswer {
        guard let place else { return Self.notFound(what) }
        sent.insert(files[place].name)
        var answer = [place]
        var next = 0
        while next < answer.count {
            for dependency in files[answer[next]].dependencies {
                if let place = byName[dependency], sent.insert(dependency).inserted {
                    answer.append(place)
                }
            }
            next += 1
        }
        return .files(answer.map { files[$0].bytes })
    }
}
