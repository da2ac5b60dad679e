import SagaModel
