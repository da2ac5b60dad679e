enum SagaSystemPlaceholder {}
