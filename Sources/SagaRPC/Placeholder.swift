import SagaHTTP2
