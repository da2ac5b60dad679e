import SagaModel
import Testing

/// A change to a sound definition of three steps, and the faults it makes: path and text.
struct ValidationCase: CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout SagaDefinition) -> Void
    let faults: [String]

    init(
        _ name: String, _ faults: [String],
        _ change: @escaping @Sendable (inout SagaDefinition) -> Void
    ) {
        testDescription = name
        self.change = change
        self.faults = faults
    }

    /// `reserve`, `charge`, `ship`.
    static var sound: SagaDefinition {
        SagaDefinition(
            name: "order", version: 3,
            steps: [
                StepDefinition(name: "reserve", work: .handler("inventory.reserve")),
                StepDefinition(name: "charge", work: .handler("payments.charge")),
                StepDefinition(name: "ship", work: .handler("shipping.book")),
            ])
    }

    var changed: SagaDefinition {
        var definition = Self.sound
        change(&definition)
        return definition
    }

    static func shown(_ faults: [DefinitionFault]) -> [String] {
        faults.map { "\($0.path) | \($0)" }
    }
}

@Suite struct DefinitionValidationTests {
    @Test func soundDefinitionsHaveNoFault() {
        #expect(ValidationCase.sound.faults() == [])
        var written = DefinitionDefaults.fill(ValidationCase.sound)
        #expect(written.faults() == [])
        written.steps[1].input = .reference(Reference(source: "input", pointer: ""))
        written.output = .reference(Reference(source: "ship", pointer: ""))
        #expect(written.faults() == [])
    }

    private static let nameRule: String =
        "write a letter a-z, then up to 62 of a-z, 0-9 and -"

    static let namesCases: [ValidationCase] = [
        ValidationCase("name", ["name | name \"Order\" is not a name; \(nameRule)"]) {
            $0.name = "Order"
        },
        ValidationCase("version", ["version | version is 0; versions begin at 1"]) {
            $0.version = 0
        },
        ValidationCase("no steps", ["steps | steps is empty; a definition has at least one step"]) {
            $0.steps = []
        },
        ValidationCase(
            "step name",
            ["steps[2].name | step 3: name \"ship it\\n\" is not a name; \(nameRule)"]
        ) { $0.steps[2].name = "ship it\n" },
        ValidationCase(
            "reserved",
            [
                "steps[2].name | step input: the name input is reserved for the saga's input; "
                    + "take another"
            ]
        ) { $0.steps[2].name = "input" },
        ValidationCase(
            "duplicate",
            ["steps[2].name | step charge: step 2 has this name already; names are unique"]
        ) { $0.steps[2].name = "charge" },
        ValidationCase(
            "handler",
            [
                "steps[0].handler | step reserve: handler \"reserve\" is not a handler's name; "
                    + "write two to four names joined by dots, e.g. payments.charge"
            ]
        ) { $0.steps[0].work = .handler("reserve") },
    ]

    @Test(arguments: namesCases) func name(_ row: ValidationCase) {
        #expect(ValidationCase.shown(row.changed.ruleFaults()) == row.faults)
    }

    static let childrenCases: [ValidationCase] = [
        ValidationCase("sound", []) { $0.steps[0].work = .saga(name: "payment", version: 2) },
        ValidationCase("other version", []) { $0.steps[0].work = .saga(name: "order", version: 2) },
        ValidationCase(
            "name and version",
            [
                "steps[0].saga | step reserve: saga \"\" is not a name; \(nameRule)",
                "steps[0].saga | step reserve: saga has the version 0; versions begin at 1",
            ]
        ) { $0.steps[0].work = .saga(name: "", version: 0) },
        ValidationCase(
            "itself",
            [
                "steps[0].saga | step reserve: saga names the definition itself; "
                    + "a saga cannot contain itself"
            ]
        ) { $0.steps[0].work = .saga(name: "order", version: nil) },
    ]

    @Test(arguments: childrenCases) func child(_ row: ValidationCase) {
        #expect(ValidationCase.shown(row.changed.ruleFaults()) == row.faults)
    }

    static let orderCases: [ValidationCase] = [
        ValidationCase("diamond", []) {
            $0.steps[0].after = []
            $0.steps[1].after = []
            $0.steps[2].after = ["reserve", "charge"]
        },
        ValidationCase(
            "unknown",
            [
                "steps[2].after[1] | step ship: after names chrage, which is no step; "
                    + "did you mean charge?"
            ]
        ) { $0.steps[2].after = ["charge", "chrage"] },
        ValidationCase(
            "far from all", ["steps[2].after[0] | step ship: after names pay, which is no step"]
        ) { $0.steps[2].after = ["pay"] },
        ValidationCase("twice", ["steps[2].after[1] | step ship: after names charge twice"]) {
            $0.steps[2].after = ["charge", "charge"]
        },
        ValidationCase("itself", ["steps[2] | cycle ship -> ship; drop one \"after\""]) {
            $0.steps[2].after = ["ship"]
        },
        ValidationCase(
            "cycle over the step before",
            ["steps[1] | cycle charge -> ship -> charge; drop one \"after\""]
        ) { $0.steps[1].after = ["ship"] },
        ValidationCase(
            "a step between two cycles is in none",
            [
                "steps[0] | cycle reserve -> reserve; drop one \"after\"",
                "steps[2] | cycle ship -> ship; drop one \"after\"",
            ]
        ) {
            $0.steps[0].after = ["reserve"]
            $0.steps[2].after = ["charge", "ship"]
        },
        ValidationCase(
            "cycles that share steps are one",
            ["steps[0] | cycle reserve -> charge -> ship -> reserve; drop one \"after\""]
        ) {
            $0.steps[0].after = ["ship"]
            $0.steps[1].after = ["reserve", "ship"]
        },
        ValidationCase(
            "cycle over all steps",
            ["steps[0] | cycle reserve -> charge -> ship -> reserve; drop one \"after\""]
        ) { $0.steps[0].after = ["ship"] },
    ]

    @Test(arguments: orderCases) func order(_ row: ValidationCase) {
        #expect(ValidationCase.shown(row.changed.ruleFaults()) == row.faults)
    }

    @Test func stepOnTheWayBetweenCyclesIsPassedOver() {
        // b stands between the circles (a, c) and (d, e) and is first to be looked at.
        var definition = ValidationCase.sound
        definition.steps = [
            ("b", ["a"]), ("a", ["c"]), ("c", ["a"]), ("d", ["b", "e"]), ("e", ["d"]),
        ].map { name, after in
            var step = StepDefinition(name: name, work: .handler("group.verb"))
            step.after = after
            return step
        }
        #expect(
            ValidationCase.shown(definition.ruleFaults()) == [
                "steps[1] | cycle a -> c -> a; drop one \"after\"",
                "steps[3] | cycle d -> e -> d; drop one \"after\"",
            ])
    }

    static let sourcesCases: [ValidationCase] = [
        ValidationCase("sound", []) {
            $0.steps[2].input = .map([
                "to": Reference(source: "input", pointer: "/customer"),
                "charge": Reference(source: "reserve", pointer: "/a~1b"),
            ])
            $0.steps[2].when = Condition(
                reference: Reference(source: "charge", pointer: "/id"), test: .equals("\"x\""))
            $0.output = .map(["ship": Reference(source: "ship", pointer: "")])
        },
        ValidationCase(
            "unknown step",
            [
                "output.a | output.a names shipp, which is no step; did you mean ship?",
                "steps[1].input | step charge: input names inputs, which is no step",
            ]
        ) {
            $0.output = .map(["a": Reference(source: "shipp", pointer: "")])
            $0.steps[1].input = .reference(Reference(source: "inputs", pointer: ""))
        },
        ValidationCase(
            "not before",
            [
                "steps[1].input | step charge: input names charge, which does not run before it",
                "steps[1].when.ref | step charge: when.ref names ship, which does not run before it",
            ]
        ) {
            $0.steps[1].input = .reference(Reference(source: "charge", pointer: ""))
            $0.steps[1].when = Condition(
                reference: Reference(source: "ship", pointer: ""), test: .exists(true))
        },
        ValidationCase(
            "pointer",
            [
                "steps[1].input.a | step charge: input.a \"input#x\" is not a reference; "
                    + "write / behind the #",
                "steps[1].input.b | step charge: input.b \"input#/~2\" is not a reference; "
                    + "write ~0 for ~ and ~1 for /",
            ]
        ) {
            $0.steps[1].input = .map([
                "b": Reference(source: "input", pointer: "/~2"),
                "a": Reference(source: "input", pointer: "x"),
            ])
        },
        ValidationCase(
            "condition",
            ["steps[1].when.notEquals | step charge: when.notEquals \"yes\" is not a JSON value"]
        ) {
            $0.steps[1].when = Condition(
                reference: Reference(source: "input", pointer: ""), test: .notEquals("yes"))
        },
    ]

    @Test(arguments: sourcesCases) func source(_ row: ValidationCase) {
        let shown = ValidationCase.shown(row.changed.ruleFaults())
        #expect(shown.sorted() == row.faults.sorted())
    }

    static let pivotCases: [ValidationCase] = [
        ValidationCase(
            "two pivots",
            [
                "steps[2].pivot | step ship: step charge is the pivot already; a definition has at most one"
            ]
        ) {
            $0.steps[1].isPivot = true
            $0.steps[2].isPivot = true
        },
        ValidationCase(
            "an optional pivot",
            [
                "steps[1].onFailure | step charge: onFailure: continue on the pivot; the pivot is not optional"
            ]
        ) {
            $0.steps[1].isPivot = true
            $0.steps[1].onFailure = .continue
        },
        ValidationCase(
            "beside the pivot",
            [
                "steps[2].after | step ship: runs beside the pivot charge; let it come before or after it"
            ]
        ) {
            $0.steps[1].isPivot = true
            $0.steps[2].after = ["reserve"]
        },
        ValidationCase(
            "compensations on and after the pivot",
            [
                "steps[1].compensation | step charge: compensation on the pivot, from where there is no way back; leave it out",
                "steps[2].compensation | step ship: compensation on a step after the pivot, from where there is no way back; leave it out",
            ]
        ) {
            $0.steps[1].isPivot = true
            $0.steps[1].isCompensated = true
            $0.steps[2].isCompensated = true
        },
        ValidationCase(
            "timeouts of a child",
            ["scheduleToStart", "startToClose", "heartbeat"].map {
                "steps[1].timeouts.\($0) | step charge: \($0) has no effect on a child saga; of the timeouts only scheduleToClose has"
            }
        ) {
            $0.steps[1].work = .saga(name: "payment", version: nil)
            $0.steps[1].timeouts = StepTimeouts(
                scheduleToStart: .seconds(1), startToClose: .seconds(1),
                scheduleToClose: .seconds(1), heartbeat: .seconds(1))
        },
    ]

    @Test(arguments: pivotCases) func pivot(_ row: ValidationCase) {
        #expect(ValidationCase.shown(row.changed.faults()) == row.faults)
    }

    @Test func aPivotThatIsACutIsSound() {
        var definition = ValidationCase.sound
        definition.steps[1].isPivot = true
        definition.steps[2].onFailure = .continue
        #expect(definition.faults() == [])
        let filled = DefinitionDefaults.fill(definition)
        #expect(filled.faults() == [])
        #expect(filled.steps.map(\.isCompensated) == [true, false, false])
        #expect(filled.steps.map(\.retry?.maxAttempts) == [10, nil, 10])
    }

    @Test func allFaultsComeAtOnceInTheOrderOfTheDefinition() {
        var definition = ValidationCase.sound
        definition.version = 0
        definition.steps[0].name = "Reserve"
        definition.steps[1].work = .handler("charge")
        definition.steps[2].name = "charge"
        #expect(
            definition.faults().map(\.path.description) == [
                "version", "steps[0].name", "steps[1].handler", "steps[2].name",
            ])
    }
}
