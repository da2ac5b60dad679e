import Saga
let d = SagaDefinition(name: "x", version: 1, steps: [StepDefinition(name: "a", work: .handler("a.b"))])
let i = SagaID("0199a3c1-5f20-7b1e-8c44-3d2a90e17f55")
print(d.steps[0].work, i?.description ?? "-", Instant(microseconds: 1) + .seconds(2), Payload.json)
