// The cases with compression: each message by itself is compressed or not, and the library tells
// which of those that came were.
#include <cstdint>

#include "Calls.h"

// Exported by gRPC for its own interop client.
extern uint32_t grpc_call_test_only_get_message_flags(grpc_call *call);

namespace grpc::testing {

// The name that gRPC's context has as a friend, for its own interop client.
class InteropClientContextInspector {
public:
    // Whether the message that came last was compressed.
    static bool wasCompressed(const ClientContext &context) {
        constexpr uint32_t wasCompressedFlag = 0x40000000;
        return (grpc_call_test_only_get_message_flags(context.call_) & wasCompressedFlag) != 0;
    }
};

}  // namespace grpc::testing

namespace {

using Channel = std::shared_ptr<grpc::Channel>;

void expectCompressed(const Context &context, bool wanted) {
    expectNumber(testing::InteropClientContextInspector::wasCompressed(context), wanted,
                 "response is compressed");
}

void clientCompressedUnary(const Channel &channel) {
    const auto service = stub(channel);
    auto request = largeRequest();
    testing::SimpleResponse response;
    // The server says what it expected and did not get.
    request.mutable_expect_compressed()->set_value(true);
    Context probe;
    expectCode(service->UnaryCall(&probe, request, &response),
               grpc::StatusCode::INVALID_ARGUMENT);
    for (const bool compressed : {true, false}) {
        Context context;
        context.set_compression_algorithm(compressed ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_NONE);
        request.mutable_expect_compressed()->set_value(compressed);
        expectOK(service->UnaryCall(&context, request, &response));
        expectZeros(response.payload(), responseBytes);
    }
}

void clientCompressedStreaming(const Channel &channel) {
    const auto service = stub(channel);
    testing::StreamingInputCallRequest request;
    testing::StreamingInputCallResponse response;
    request.mutable_payload()->set_body(std::string(27182, '\0'));
    request.mutable_expect_compressed()->set_value(true);
    Context probe;
    const auto refused = service->StreamingInputCall(&probe, &response);
    refused->Write(request);
    refused->WritesDone();
    expectCode(refused->Finish(), grpc::StatusCode::INVALID_ARGUMENT);

    Context context;
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    const auto writer = service->StreamingInputCall(&context, &response);
    writer->Write(request);
    request.mutable_payload()->set_body(std::string(45904, '\0'));
    request.mutable_expect_compressed()->set_value(false);
    writer->Write(request, grpc::WriteOptions().set_no_compression());
    writer->WritesDone();
    expectOK(writer->Finish());
    expectNumber(response.aggregated_payload_size(), 73086, "sum");
}

void serverCompressedUnary(const Channel &channel) {
    for (const bool compressed : {true, false}) {
        Context context;
        auto request = largeRequest();
        request.mutable_response_compressed()->set_value(compressed);
        testing::SimpleResponse response;
        expectOK(stub(channel)->UnaryCall(&context, request, &response));
        expectZeros(response.payload(), responseBytes);
        expectCompressed(context, compressed);
    }
}

void serverCompressedStreaming(const Channel &channel) {
    const std::vector<std::pair<int, bool>> wanted = {{31415, true}, {92653, false}, {2653, true}};
    testing::StreamingOutputCallRequest request;
    for (const auto &[size, compressed] : wanted) {
        auto *parameters = request.add_response_parameters();
        parameters->set_size(size);
        parameters->mutable_compressed()->set_value(compressed);
    }
    Context context;
    const auto service = stub(channel);
    const auto reader = service->StreamingOutputCall(&context, request);
    testing::StreamingOutputCallResponse response;
    for (const auto &[size, compressed] : wanted) {
        expectNumber(reader->Read(&response), 1, "responses");
        expectZeros(response.payload(), size);
        expectCompressed(context, compressed);
    }
    expectNumber(reader->Read(&response), 0, "responses behind the last");
    expectOK(reader->Finish());
}

}  // namespace

std::vector<std::pair<std::string, Case>> compressionCases() {
    return {
        {"client_compressed_unary", clientCompressedUnary},
        {"server_compressed_unary", serverCompressedUnary},
        {"client_compressed_streaming", clientCompressedStreaming},
        {"server_compressed_streaming", serverCompressedStreaming},
    };
}
