enum SagaModelPlaceholder {}
