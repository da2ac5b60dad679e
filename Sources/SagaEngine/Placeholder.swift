enum SagaEnginePlaceholder {}
