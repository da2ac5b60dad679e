// The values of the model that users see: `import Saga` alone is enough for all of them. One by
// one, because the rest of that module is not part of the SDK's promise.

@_exported public import struct SagaModel.Condition
@_exported public import struct SagaModel.Digest256
@_exported public import struct SagaModel.Epoch
@_exported public import struct SagaModel.EventCursor
@_exported public import struct SagaModel.Failure
@_exported public import struct SagaModel.Instant
@_exported public import struct SagaModel.OmittedPart
@_exported public import struct SagaModel.Payload
@_exported public import struct SagaModel.Principal
@_exported public import struct SagaModel.Reference
@_exported public import struct SagaModel.RetryPolicy
@_exported public import struct SagaModel.SagaDefinition
@_exported public import struct SagaModel.SagaEvent
@_exported public import struct SagaModel.SagaFault
@_exported public import struct SagaModel.SagaID
@_exported public import struct SagaModel.SagaStatus
@_exported public import struct SagaModel.StepDefinition
@_exported public import struct SagaModel.StepStatus
@_exported public import struct SagaModel.StepTimeouts
@_exported public import struct SagaModel.TaskRef
@_exported public import struct SagaModel.TaskStatus
@_exported public import struct SagaModel.Token
@_exported public import enum SagaModel.AttentionReason
@_exported public import enum SagaModel.CompensationFailurePolicy
@_exported public import enum SagaModel.DataSource
@_exported public import enum SagaModel.Direction
@_exported public import enum SagaModel.EventKind
@_exported public import enum SagaModel.SagaPart
@_exported public import enum SagaModel.SagaState
@_exported public import enum SagaModel.StepFailurePolicy
@_exported public import enum SagaModel.StepState
@_exported public import enum SagaModel.StepWork
@_exported public import enum SagaModel.Verb
@_exported public import enum SagaModel.WaitingReason
