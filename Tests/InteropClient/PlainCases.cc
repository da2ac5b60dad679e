// The cases without compression.
#include <thread>

#include "Calls.h"

namespace {

using Channel = std::shared_ptr<grpc::Channel>;
using Output = testing::StreamingOutputCallResponse;

void emptyUnary(const Channel &channel) {
    Context context;
    testing::Empty response;
    expectOK(stub(channel)->EmptyCall(&context, testing::Empty(), &response));
    expectNumber(static_cast<long>(response.ByteSizeLong()), 0, "bytes of the response");
}

void largeUnary(const Channel &channel) {
    Context context;
    testing::SimpleResponse response;
    expectOK(stub(channel)->UnaryCall(&context, largeRequest(), &response));
    expectZeros(response.payload(), responseBytes);
}

void cacheableUnary(const Channel &channel) {
    Context context;
    testing::SimpleResponse response;
    expectOK(stub(channel)->CacheableUnaryCall(&context, largeRequest(), &response));
    expectNumber(context.GetServerInitialMetadata().count("cache-control"), 1, "cache-control");
}

// Many at once, each on a thread of its own, all on one connection.
void concurrentLargeUnary(const Channel &channel) {
    std::vector<std::string> faults(16);
    std::vector<std::thread> threads;
    for (auto &fault : faults) {
        threads.emplace_back([&] {
            try {
                for (int round = 0; round < 4; ++round) largeUnary(channel);
            } catch (const Failure &failure) {
                fault = failure.what();
            }
        });
    }
    for (auto &thread : threads) thread.join();
    for (const auto &fault : faults) {
        if (!fault.empty()) throw Failure(fault);
    }
}

void clientStreaming(const Channel &channel) {
    Context context;
    testing::StreamingInputCallResponse response;
    const auto service = stub(channel);
    const auto writer = service->StreamingInputCall(&context, &response);
    for (const int size : requestSizes) {
        testing::StreamingInputCallRequest request;
        request.mutable_payload()->set_body(std::string(size, '\0'));
        if (!writer->Write(request)) break;
    }
    writer->WritesDone();
    expectOK(writer->Finish());
    expectNumber(response.aggregated_payload_size(), 74922, "sum");
}

// The answers are all there, in their order, and nothing behind them.
template <typename Reader>
void expectOutput(Reader &reader, const std::vector<int> &sizes) {
    Output response;
    for (const int size : sizes) {
        if (!reader.Read(&response)) break;
        expectZeros(response.payload(), size);
    }
    expectNumber(reader.Read(&response), 0, "responses behind the last");
    expectOK(reader.Finish());
}

void serverStreaming(const Channel &channel) {
    Context context;
    testing::StreamingOutputCallRequest request;
    for (const int size : responseSizes) request.add_response_parameters()->set_size(size);
    const auto service = stub(channel);
    const auto reader = service->StreamingOutputCall(&context, request);
    expectOutput(*reader, responseSizes);
}

void pingPong(const Channel &channel) {
    Context context;
    const auto service = stub(channel);
    const auto stream = service->FullDuplexCall(&context);
    for (size_t place = 0; place < requestSizes.size(); ++place) {
        stream->Write(outputRequest(responseSizes[place], requestSizes[place]));
        Output response;
        if (!stream->Read(&response)) break;
        expectZeros(response.payload(), responseSizes[place]);
    }
    stream->WritesDone();
    expectOutput(*stream, {});
}

void halfDuplex(const Channel &channel) {
    Context context;
    const auto service = stub(channel);
    const auto stream = service->HalfDuplexCall(&context);
    for (const int size : responseSizes) stream->Write(outputRequest(size));
    stream->WritesDone();
    expectOutput(*stream, responseSizes);
}

void emptyStream(const Channel &channel) {
    Context context;
    const auto service = stub(channel);
    const auto stream = service->FullDuplexCall(&context);
    stream->WritesDone();
    expectOutput(*stream, {});
}

void timeoutOnSleepingServer(const Channel &channel) {
    const auto service = stub(channel);
    Context hasty(std::chrono::milliseconds(1));
    const auto stream = service->FullDuplexCall(&hasty);
    testing::StreamingOutputCallRequest silent;
    silent.mutable_payload()->set_body(std::string(27182, '\0'));
    stream->Write(silent);
    expectCode(stream->Finish(), grpc::StatusCode::DEADLINE_EXCEEDED);

    // A server that sleeps between two answers is cut off too.
    Context context(std::chrono::milliseconds(100));
    testing::StreamingOutputCallRequest slow = outputRequest(1);
    slow.add_response_parameters()->set_interval_us(30'000'000);
    const auto reader = service->StreamingOutputCall(&context, slow);
    Output response;
    while (reader->Read(&response)) expectZeros(response.payload(), 1);
    expectCode(reader->Finish(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

void cancelAfterBegin(const Channel &channel) {
    Context context;
    testing::StreamingInputCallResponse response;
    const auto service = stub(channel);
    const auto writer = service->StreamingInputCall(&context, &response);
    context.TryCancel();
    expectCode(writer->Finish(), grpc::StatusCode::CANCELLED);
    emptyUnary(channel);
}

void cancelAfterFirstResponse(const Channel &channel) {
    Context context;
    const auto service = stub(channel);
    const auto stream = service->FullDuplexCall(&context);
    stream->Write(outputRequest(responseSizes[0], requestSizes[0]));
    Output response;
    expectNumber(stream->Read(&response), 1, "responses");
    expectZeros(response.payload(), responseSizes[0]);
    context.TryCancel();
    expectCode(stream->Finish(), grpc::StatusCode::CANCELLED);
    emptyUnary(channel);
}

const std::string initialKey = "x-grpc-test-echo-initial";
const std::string initialValue = "test_initial_metadata_value";
const std::string trailingKey = "x-grpc-test-echo-trailing-bin";
const std::string trailingValue("\x0a\x0b\x00\x0b\x0a\xff", 6);

void addMetadata(Context &context) {
    context.AddMetadata(initialKey, initialValue);
    context.AddMetadata(trailingKey, trailingValue);
}

void expectMetadata(const Context &context) {
    const auto &head = context.GetServerInitialMetadata();
    const auto first = head.find(initialKey);
    expectNumber(first != head.end(), 1, "initial metadata");
    expectEqual<grpc::string_ref>(first->second, initialValue, "initial metadata");
    const auto &trailers = context.GetServerTrailingMetadata();
    const auto last = trailers.find(trailingKey);
    expectNumber(last != trailers.end(), 1, "trailing metadata");
    expectEqual<grpc::string_ref>(last->second, trailingValue, "trailing metadata");
}

void customMetadata(const Channel &channel) {
    const auto service = stub(channel);
    Context unary;
    addMetadata(unary);
    testing::SimpleResponse response;
    expectOK(service->UnaryCall(&unary, largeRequest(), &response));
    expectMetadata(unary);

    Context streaming;
    addMetadata(streaming);
    const auto stream = service->FullDuplexCall(&streaming);
    stream->Write(outputRequest(responseBytes, requestBytes));
    stream->WritesDone();
    expectOutput(*stream, {responseBytes});
    expectMetadata(streaming);
}

void expectStatus(const Channel &channel, const std::string &text) {
    testing::EchoStatus wanted;
    wanted.set_code(2);
    wanted.set_message(text);
    const auto service = stub(channel);
    Context unary;
    testing::SimpleRequest request;
    *request.mutable_response_status() = wanted;
    testing::SimpleResponse response;
    const auto status = service->UnaryCall(&unary, request, &response);
    expectCode(status, grpc::StatusCode::UNKNOWN);
    expectEqual(status.error_message(), text, "the text of the unary call");

    Context streaming;
    testing::StreamingOutputCallRequest streamed;
    *streamed.mutable_response_status() = wanted;
    const auto stream = service->FullDuplexCall(&streaming);
    stream->Write(streamed);
    stream->WritesDone();
    const auto end = stream->Finish();
    expectCode(end, grpc::StatusCode::UNKNOWN);
    expectEqual(end.error_message(), text, "the text of the stream");
}

void statusCodeAndMessage(const Channel &channel) { expectStatus(channel, "test status message"); }

void specialStatusMessage(const Channel &channel) {
    expectStatus(channel, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n");
}

void unimplementedMethod(const Channel &channel) {
    Context context;
    testing::Empty response;
    expectCode(stub(channel)->UnimplementedCall(&context, testing::Empty(), &response),
               grpc::StatusCode::UNIMPLEMENTED);
}

void unimplementedService(const Channel &channel) {
    Context context;
    testing::Empty response;
    const auto service = testing::UnimplementedService::NewStub(channel);
    expectCode(service->UnimplementedCall(&context, testing::Empty(), &response),
               grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace

std::vector<std::pair<std::string, Case>> plainCases() {
    return {
        {"empty_unary", emptyUnary},
        {"cacheable_unary", cacheableUnary},
        {"large_unary", largeUnary},
        {"client_streaming", clientStreaming},
        {"server_streaming", serverStreaming},
        {"ping_pong", pingPong},
        {"half_duplex", halfDuplex},
        {"empty_stream", emptyStream},
        {"custom_metadata", customMetadata},
        {"status_code_and_message", statusCodeAndMessage},
        {"special_status_message", specialStatusMessage},
        {"unimplemented_method", unimplementedMethod},
        {"unimplemented_service", unimplementedService},
        {"cancel_after_begin", cancelAfterBegin},
        {"cancel_after_first_response", cancelAfterFirstResponse},
        {"timeout_on_sleeping_server", timeoutOnSleepingServer},
        {"concurrent_large_unary", concurrentLargeUnary},
    };
}
