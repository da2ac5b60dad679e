// What all cases build on: the sizes of the document, its messages, and expectations.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "Cases.h"
#include "grpc/testing/test.grpc.pb.h"

namespace testing = grpc::testing;

constexpr int requestBytes = 271828;
constexpr int responseBytes = 314159;
const std::vector<int> requestSizes = {27182, 8, 1828, 45904};
const std::vector<int> responseSizes = {31415, 9, 2653, 58979};

// A context whose call ends in any case.
struct Context : grpc::ClientContext {
    explicit Context(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
        set_deadline(std::chrono::system_clock::now() + patience);
    }
};

template <typename Value>
void expectEqual(const Value &found, const Value &wanted, const std::string &what) {
    if (!(found == wanted)) throw Failure(what + " is not what was expected");
}

inline void expectNumber(long found, long wanted, const std::string &what) {
    if (found == wanted) return;
    throw Failure(what + ": " + std::to_string(found) + ", expected " + std::to_string(wanted));
}

inline void expectCode(const grpc::Status &status, grpc::StatusCode wanted) {
    if (status.error_code() == wanted) return;
    throw Failure("status " + std::to_string(status.error_code()) + " (" +
                  status.error_message() + "), expected " + std::to_string(wanted));
}

inline void expectOK(const grpc::Status &status) { expectCode(status, grpc::StatusCode::OK); }

inline std::unique_ptr<testing::TestService::Stub> stub(
    const std::shared_ptr<grpc::Channel> &channel) {
    return testing::TestService::NewStub(channel);
}

inline testing::SimpleRequest largeRequest() {
    testing::SimpleRequest request;
    request.set_response_size(responseBytes);
    request.mutable_payload()->set_body(std::string(requestBytes, '\0'));
    return request;
}

inline void expectZeros(const testing::Payload &payload, int size) {
    expectNumber(static_cast<long>(payload.body().size()), size, "bytes of the payload");
    expectEqual(payload.body(), std::string(size, '\0'), "the payload");
}

inline testing::StreamingOutputCallRequest outputRequest(int responseSize, int requestSize = 0) {
    testing::StreamingOutputCallRequest request;
    request.add_response_parameters()->set_size(responseSize);
    request.mutable_payload()->set_body(std::string(requestSize, '\0'));
    return request;
}
