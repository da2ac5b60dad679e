internal import SagaModel
internal import SagaRPC

/// The methods that are served; any other one of the protos is answered UNIMPLEMENTED by the
/// transport.
enum Method: Int, CaseIterable {
    case attach
    case startSaga
    case awaitSaga
    case getSaga
    case startSagas
    case listSagas
    case countSagas
    case cancelSaga
    case registerDefinition
    case getDefinition
    case listDefinitions
    case getStatus
    case listParticipants
    case completeTask
    case suspendSaga
    case resumeSaga
    case retrySaga
    case skipStep
    case markStepCompensated
    case compensateSaga
    case abandonSaga
    case purgeArchive

    var path: String {
        switch self {
        case .attach: "/saga.v1.ParticipantService/Attach"
        case .startSaga: "/saga.v1.SagaService/StartSaga"
        case .awaitSaga: "/saga.v1.SagaService/AwaitSaga"
        case .getSaga: "/saga.v1.SagaService/GetSaga"
        case .startSagas: "/saga.v1.SagaService/StartSagas"
        case .listSagas: "/saga.v1.SagaService/ListSagas"
        case .countSagas: "/saga.v1.SagaService/CountSagas"
        case .cancelSaga: "/saga.v1.SagaService/CancelSaga"
        case .registerDefinition: "/saga.v1.SagaService/RegisterDefinition"
        case .getDefinition: "/saga.v1.SagaService/GetDefinition"
        case .listDefinitions: "/saga.v1.SagaService/ListDefinitions"
        case .getStatus: "/saga.v1.AdminService/GetStatus"
        case .listParticipants: "/saga.v1.AdminService/ListParticipants"
        case .completeTask: "/saga.v1.ParticipantService/CompleteTask"
        case .suspendSaga: "/saga.v1.AdminService/SuspendSaga"
        case .resumeSaga: "/saga.v1.AdminService/ResumeSaga"
        case .retrySaga: "/saga.v1.AdminService/RetrySaga"
        case .skipStep: "/saga.v1.AdminService/SkipStep"
        case .markStepCompensated: "/saga.v1.AdminService/MarkStepCompensated"
        case .compensateSaga: "/saga.v1.AdminService/CompensateSaga"
        case .abandonSaga: "/saga.v1.AdminService/AbandonSaga"
        case .purgeArchive: "/saga.v1.AdminService/PurgeArchive"
        }
    }

    /// The verb that a method of the admin service stands for; nil for other methods.
    var verb: Verb? {
        switch self {
        case .suspendSaga: .suspend
        case .resumeSaga: .resume
        case .retrySaga: .retry
        case .skipStep: .skip
        case .markStepCompensated: .markCompensated
        case .compensateSaga: .compensate
        case .abandonSaga: .abandon
        case .attach, .startSaga, .awaitSaga, .getSaga, .startSagas, .listSagas, .cancelSaga,
            .registerDefinition, .getDefinition, .listDefinitions, .getStatus, .listParticipants,
            .completeTask, .countSagas, .purgeArchive:
            nil
        }
    }

    var kind: MethodKind {
        switch self {
        case .attach: .bidirectional
        case .startSaga, .awaitSaga, .getSaga, .startSagas, .listSagas, .cancelSaga,
            .registerDefinition, .getDefinition, .listDefinitions, .getStatus, .listParticipants,
            .completeTask, .suspendSaga, .resumeSaga, .retrySaga, .skipStep, .markStepCompensated,
            .compensateSaga, .abandonSaga, .countSagas, .purgeArchive:
            .unary
        }
    }

    /// All methods, in the order of the cases.
    static let all = allCases.map { (path: $0.path, kind: $0.kind) }

    /// The services that the methods belong to.
    static let services = [
        "saga.v1.AdminService", "saga.v1.ParticipantService", "saga.v1.SagaService",
    ]

    init(_ index: MethodIndex) {
        guard let method = Method(rawValue: index.rawValue) else {
            preconditionFailure("the transport found method \(index) that is not in the table")
        }
        self = method
    }
}
