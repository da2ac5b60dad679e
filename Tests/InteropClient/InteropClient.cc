// A client of grpc.testing.TestService on gRPC's C++ library.
//
//   interop-client ADDRESS [ROOTS]    runs all cases, through TLS if there is a file of roots
//   interop-client --list             names them
//
// Writes `NAME passed` for each case or, to stderr, `NAME failed: WHY`. Exit 0: all passed; 1: not
// all; 64: wrong arguments.
#include <fstream>
#include <iostream>
#include <sstream>

#include "Cases.h"

namespace {

std::string contents(const char *path) {
    std::ifstream file(path);
    if (!file) throw Failure(std::string(path) + " cannot be read");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::shared_ptr<grpc::Channel> connect(const char *address, const char *roots) {
    if (roots == nullptr) {
        return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    }
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = contents(roots);
    return grpc::CreateChannel(address, grpc::SslCredentials(options));
}

int run(const std::vector<std::pair<std::string, Case>> &cases,
        const std::shared_ptr<grpc::Channel> &channel) {
    int status = 0;
    for (const auto &[name, run] : cases) {
        try {
            run(channel);
            std::cout << name << " passed" << std::endl;
        } catch (const Failure &failure) {
            std::cerr << name << " failed: " << failure.what() << std::endl;
            status = 1;
        }
    }
    return status;
}

}  // namespace

int main(int count, char **arguments) {
    auto cases = plainCases();
    for (auto &each : compressionCases()) cases.push_back(each);
    if (count == 2 && arguments[1] == std::string("--list")) {
        for (const auto &each : cases) std::cout << each.first << '\n';
        return 0;
    }
    if (count < 2 || count > 3) {
        std::cerr << "usage: interop-client ADDRESS [ROOTS]\n";
        return 64;
    }
    try {
        return run(cases, connect(arguments[1], count == 3 ? arguments[2] : nullptr));
    } catch (const Failure &failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
