// gRPC's interop cases (grpc/doc/interop-test-descriptions.md) by gRPC's C++ library.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// A case did not end as it should.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A case throws a Failure, or it passed.
using Case = void (*)(const std::shared_ptr<grpc::Channel> &);

// The cases by name, in the order of the document. Compression has a file of its own.
std::vector<std::pair<std::string, Case>> plainCases();
std::vector<std::pair<std::string, Case>> compressionCases();
