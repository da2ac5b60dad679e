import Saga
import Testing

enum Inventory { static let reserve = HandlerName<Order, Charge>("inventory.reserve") }
enum Payments { static let charge = HandlerName<Order, Charge>("payments.charge") }
enum Shipping { static let book = HandlerName<Order, Charge>("shipping.book") }
enum Orders { static let place = SagaName<Order, Charge>("order") }

/// The builder gives the very value that a definition file gives.
@Suite struct DefinitionBuilderTests {
    @Test func buildsWhatIsWrittenAndNothingElse() throws {
        let definition = try SagaDefinition(Orders.place, version: 3, output: "ship#") {
            Step("reserve", Inventory.reserve)
            Step("charge", Payments.charge)
                .retry(maxAttempts: 5).timeouts(startToClose: .seconds(10))
            Step("ship", Shipping.book).compensation(.none)
        }
        var (reserve, charge, ship) = (
            StepDefinition(name: "reserve", work: .handler("inventory.reserve")),
            StepDefinition(name: "charge", work: .handler("payments.charge")),
            StepDefinition(name: "ship", work: .handler("shipping.book"))
        )
        reserve.isCompensated = nil
        charge.retry = RetryPolicy(maxAttempts: 5)
        charge.timeouts = StepTimeouts(startToClose: .seconds(10))
        ship.isCompensated = false
        #expect(
            definition
                == SagaDefinition(
                    name: "order", version: 3, steps: [reserve, charge, ship],
                    output: .reference(Reference(source: "ship", pointer: ""))))
    }

    @Test(arguments: [false, true]) func ifAndForMakeDynamicSagas(isGift: Bool) throws {
        let definition = try SagaDefinition(Orders.place, version: 1) {
            for index in 1...3 { Step("reserve-\(index)", Inventory.reserve) }
            if isGift {
                Step("wrap", "gifts.wrap")
            } else {
                Step("bill", "mail.bill")
            }
        }
        #expect(
            definition.steps.map(\.name)
                == ["reserve-1", "reserve-2", "reserve-3", isGift ? "wrap" : "bill"])
    }

    @Test func everyModifierWritesItsField() throws {
        let definition = try SagaDefinition("order", version: 1) {
            Step("a", "x.a")
            Step("b", "x.b").after("a").onFailure(.continue).delay(.seconds(1))
                .when(.equals("input#/notify", true))
                .input(["to": "input#/customer", "number": "a#/number"])
            Step("c", saga: Orders.place, version: 2).pivot()
        }
        let (second, third) = (definition.steps[1], definition.steps[2])
        #expect(second.after == ["a"])
        #expect(second.onFailure == .continue)
        #expect(second.delay == .seconds(1))
        #expect(
            second.when
                == Condition(
                    reference: Reference(source: "input", pointer: "/notify"),
                    test: .equals("true")))
        #expect(
            second.input
                == .map([
                    "to": Reference(source: "input", pointer: "/customer"),
                    "number": Reference(source: "a", pointer: "/number"),
                ]))
        #expect(third.work == .saga(name: "order", version: 2))
        #expect(third.isPivot == true)
    }

    @Test func throwsAllFaultsAtOnceInOrder() throws {
        let error = #expect(throws: DefinitionError.self) {
            try SagaDefinition("Order", version: 0) {
                Step("a", "charge").retry(maxAttempts: 0)
                Step("a", "x.b").input("customer").when(.exists("nothing"))
                Step("c", "x.c").input(["to": "b"])
            }
        }
        let faults = try #require(error).faults
        #expect(
            Set(faults.map(\.field)).isSuperset(of: [
                "name", "version", "steps[0].handler", "steps[0].retry.maxAttempts",
                "steps[1].when.ref", "steps[1].input", "steps[1].name", "steps[2].input.to",
            ]), "\(faults.map(\.field))")
        #expect(
            faults.first { $0.field == "steps[1].input" }?.message
                == "step a: input \"customer\" is not a reference; write input#POINTER or "
                + "STEP#POINTER, the pointer empty for the whole")
        #expect(
            faults.map(\.stepIndex) == faults.map(\.stepIndex).sorted { ($0 ?? -1) < ($1 ?? -1) })
        #expect("\(try #require(error))".split(separator: "\n").count == faults.count)
    }

    @Test(arguments: [
        (true as JSONLiteral, "true"), (nil, "null"), (7, "7"), (1.5, "1.5"),
        ("a\"\\\n\u{1}é", #""a\"\\\n\u0001é""#), (JSONLiteral(text: "1.0"), "1.0"),
    ])
    func literalsAreJSON(literal: JSONLiteral, text: String) {
        #expect(literal.text == text)
    }

    @Test func valuesOfTheModelAreThereWithImportSagaAlone() throws {
        let id = try #require(SagaID("0199a3c1-5f20-7b1e-8c44-3d2a90e17f55"))
        #expect("\(id)" == "0199a3c1-5f20-7b1e-8c44-3d2a90e17f55")
        #expect(SagaState.completed.isEnded && SagaState.failed.label == "FAILED")
        #expect(Payload(contentType: Payload.json, bytes: []) != .empty)
        #expect(Token(epoch: Epoch(1), number: 9) < Token(epoch: Epoch(2), number: 1))
    }
}
