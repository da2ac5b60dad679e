"""A model's chat API without a model: it answers two lines, and is busy every other time.

Arguments: the file that its port is written to.
"""

import http.server
import json
import os
import sys


class Model(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        roles = [message["role"] for message in request["messages"]]
        if (
            self.path != "/v1/chat/completions"
            or self.headers["Authorization"] != "Bearer secret"
            or request["model"] != "tiny"
            or roles != ["system", "user"]
        ):
            self.send_error(400)
            return
        Model.asked += 1
        if Model.asked % 2 == 1:
            self.send_response(429)
            self.send_header("Retry-After", "0.05")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        answer = {"choices": [{"message": {"role": "assistant", "content": "One.\nTwo."}}]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Model)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
