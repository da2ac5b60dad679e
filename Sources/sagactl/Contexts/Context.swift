internal import SagaModel

/// Where a coordinator is and how it is asked, by a name of one's own.
struct Context: Equatable, Sendable {
    /// `HOST:PORT` or `unix:PATH`; nil for the default.
    var address: String?
    /// Whether TLS is spoken; the files below imply it.
    var tls = false
    /// Files in PEM, by absolute path.
    var ca: String?
    var certificate: String?
    var key: String?
    /// The name that the coordinator's certificate must have.
    var serverName: String?
    var namespace: String?
    /// Who asks.
    var principal: String?

    /// The keys of the file, each with where its value is.
    static var textKeys: [(name: String, path: WritableKeyPath<Context, String?>)] {
        [
            ("address", \.address), ("tlsCA", \.ca), ("tlsCert", \.certificate),
            ("tlsKey", \.key), ("tlsName", \.serverName), ("namespace", \.namespace),
            ("as", \.principal),
        ]
    }
    static let tlsKey = "tls"
}

/// All contexts of a user, and which one is used where none is named.
struct Contexts: Equatable, Sendable {
    var current: String?
    /// In the order of the file.
    private(set) var all: [(name: String, context: Context)] = []

    static func == (left: Contexts, right: Contexts) -> Bool {
        left.current == right.current && left.all.elementsEqual(right.all, by: ==)
    }

    var names: [String] { all.map(\.name) }

    subscript(name: String) -> Context? {
        get { all.first { $0.name == name }?.context }
        set {
            let place = all.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let context?): all[place].context = context
            case (let place?, nil): all.remove(at: place)
            case (nil, let context?): all.append((name, context))
            case (nil, nil): break
            }
        }
    }

    /// The context of a name, or who has a name like it.
    func named(_ name: String, in file: String) throws(Complaint) -> Context {
        if let context = self[name] { return context }
        let near = NearestName.candidate(for: name, among: names)
        let hint =
            names.isEmpty
            ? "none is there yet; make one: sagactl context set NAME --address HOST:PORT"
            : "there are: \(names.joined(separator: ", "))"
        throw Complaint(
            "no context \(ShownText.word(name)) in \(file)"
                + (near.map { "; did you mean \($0)?" } ?? ""),
            hints: [hint], exit: .configuration)
    }
}
