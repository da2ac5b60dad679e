internal import Saga
