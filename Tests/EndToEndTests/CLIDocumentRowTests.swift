// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Rows 68 to 74 of the catalogue of bad input: input documents of `ferry run`, and answers to the command line.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CLIDocumentRowTests {
    /// Refused typed (as far as it can be), from a file and from standard input, before a server is asked.
    private func refused(_ text: String, _ words: String? = nil) async throws {
        let ferry = CLICommand(folder: try TestFolder())
        _ = try ferry.folder.file("input.json", bytes: Array(text.utf8))
        for source in (text.utf8.count < 100_000 ? [text] : []) + ["@input.json", "-"] {
            let run = try await ferry(
                "run", "file-inspector", "--input", source, "--base-url", "http://127.0.0.1:1", "--api-key", "inf_x",
                input: Array(text.utf8))
            #expect([2, 6].contains(run.status), "\(run.status) \(run.errors.prefix(300))")
            #expect(run.output.isEmpty)
            #expect(run.errorLines.count == 1)
            #expect(run.errors.utf8.count < 400)
            if let words { #expect(run.errors.contains(words), "\(run.errors)") }
        }
    }

    @Test(arguments: [("[", "]"), ("{\"a\":", "}")])
    func `row 69: an input of a hundred thousand levels is refused`(opening: String, closing: String) async throws {
        let count = 100_000
        try await refused(
            String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count), "levels")
    }

    @Test(arguments: [#"{"file":"data:,a","file":"data:,b"}"#, #"{"a":1,"\u0061":2}"#])
    func `row 70: an input with a name twice is refused`(text: String) async throws {
        try await refused(text, "duplicate")
    }

    @Test(arguments: [#"{"size":1,}"#, "\u{FEFF}{}", #"{"size":NaN}"#, "{'a':1}"])
    func `row 71: an input that only lenient parsers take is refused`(text: String) async throws {
        try await refused(text)
    }

    @Test(arguments: ["1e400", "-1e400"])
    func `row 74: a number beyond every double in an input is refused`(number: String) async throws {
        try await refused("{\"width\":\(number)}")
    }

    @Test(arguments: [100 << 20])
    func `row 74: an input beyond every request is refused`(count: Int) async throws {
        let ferry = CLICommand(folder: try TestFolder())
        _ = try ferry.folder.file("input.json", bytes: [UInt8](repeating: 0x20, count: count))
        let run = try await ferry(
            "run", "file-inspector", "--input", "@input.json", "--base-url", "http://127.0.0.1:1", "--api-key", "inf_x")
        #expect(run.status == 6, "\(run.errors)")
        #expect(run.errorLines.count == 1)
    }

    @Test(arguments: ["gzip", "deflate"])
    func `row 68: a compressed answer ends a command with one line`(coding: String) async throws {
        try await CLICommand.with { ferry in
            try await ferry.withPeer(
                coding,
                headers: #"{"Content-Type": "application/json", "Content-Encoding": argument}"#,
                content: #"""
                    (lambda packer: packer.compress(b" " * (64 << 20)) + packer.flush())(
                        zlib.compressobj(9, zlib.DEFLATED, 31 if argument == "gzip" else 15))
                    """#
            ) { address in
                let got = try await ferry(
                    "file", "get", String(repeating: "a", count: 26), "--base-url", address, "--api-key", "inf_x")
                #expect(got.status != 0)
                #expect(got.output.isEmpty)
                #expect(got.errorLines.count == 1)
                #expect(got.errors.contains("decompression limit"), "\(got.errors)")
            }
        }
    }
}
