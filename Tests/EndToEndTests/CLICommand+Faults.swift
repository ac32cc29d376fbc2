// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension CLICommand {
    /// A proxy in front of a server while the body runs, which fails as networks do: `Tests/Interop/fault_proxy.py`
    /// tells how. Fails if it cut fewer connections than that.
    func withFaultProxy(
        of server: String, _ fault: String, _ amount: Int, cuts: Int = 0,
        _ body: (_ address: String) async throws -> Void
    ) async throws {
        let script = Self.repository.appendingPathComponent("Tests/Interop/fault_proxy.py").path
        let port = server.split(separator: ":").last.map(String.init) ?? ""
        try await serving(["python3", script, port, fault, "\(amount)"]) { address, said in
            try await body(address)
            let made = try said().split(separator: "\n").count { $0 == "cut" }
            #expect(made >= cuts, "the proxy cut too little to show anything")
        }
    }

    /// A server of the chat completions protocol while the body runs: whatever it is asked, its model answers 200
    /// words, one after the other.
    func withModelServer(_ body: (_ address: String) async throws -> Void) async throws {
        let server = """
            import http.server, json, sys, time
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    body = json.dumps({"object": "list", "data": [{"id": "words", "object": "model"}]}).encode()
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def do_POST(self):
                    self.rfile.read(int(self.headers["Content-Length"]))
                    self.send_response(200)
                    self.send_header("Content-Type", "text/event-stream")
                    self.send_header("Connection", "close")
                    self.end_headers()
                    for index in range(201):
                        delta = {"content": f"word{index + 1} "} if index < 200 else {}
                        choice = {"index": 0, "delta": delta, "finish_reason": None if index < 200 else "stop"}
                        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "words",
                                 "choices": [choice]}
                        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\\n\\n")
                        self.wfile.flush()
                        time.sleep(0.03)
                    self.wfile.write(b"data: [DONE]\\n\\n")
                def log_message(self, *a): pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            print(f"http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
            server.serve_forever()
            """
        try await serving(["python3", "-c", server]) { address, _ in try await body(address) }
    }

    /// A program, while the body runs, that says first on standard error where it listens.
    private func serving(
        _ arguments: [String], _ body: (_ address: String, _ said: () throws -> String) async throws -> Void
    ) async throws {
        let input = Pipe()
        let peer = try started(arguments, input: .pipe(input), program: URL(fileURLWithPath: "/usr/bin/env"))
        defer { peer.signal(SIGKILL) }
        try await peer.says("\n")
        try await body(try peer.errorText().split(separator: "\n").first.map(String.init) ?? "", peer.errorText)
    }
}
