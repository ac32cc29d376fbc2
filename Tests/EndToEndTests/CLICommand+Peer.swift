// SPDX-License-Identifier: Apache-2.0

import Foundation

extension CLICommand {
    /// A web server that is none of ours, answering every GET alike while the body runs.
    ///
    /// - Parameters:
    ///   - argument: what the two expressions know as `argument`.
    ///   - headers: a Python expression for a dictionary of header fields.
    ///   - content: a Python expression for the bytes of the body.
    func withPeer(
        _ argument: String, headers: String, content: String, _ body: (_ address: String) async throws -> Void
    ) async throws {
        let server = """
            import http.server, sys, zlib
            argument = sys.argv[1]
            headers = \(headers)
            content = \(content)
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                def log_message(self, *a): pass
            server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_port, file=sys.stderr, flush=True)
            print("ready", file=sys.stderr, flush=True)
            server.serve_forever()
            """
        let peer = try started(["python3", "-c", server, argument], program: URL(fileURLWithPath: "/usr/bin/env"))
        defer { peer.signal(SIGKILL) }
        try await peer.says("ready")
        let port = try peer.errorText().split(separator: "\n").first.map(String.init) ?? ""
        try await body("http://127.0.0.1:\(port)")
    }
}
