// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire
import Foundation
import Testing

/// The Node apps of `Tests/Apps` through the SDK, where there is a node.
@Suite(.serialized, .enabled(if: FolderApps.hasNode, "node is not installed")) struct NodeAppTests {
    @Test func `files go in and come out, by more than one function`() async throws {
        try await FolderApps.with("node") { ferry in
            let texts = ["first", "second\nthird"]
            let input: InputValue = .object([
                (
                    key: "parts",
                    value: .array(texts.map { .file(.data(Array($0.utf8), filename: "\($0.prefix(5)).txt")) })
                ), (key: "separator", value: "\n"),
            ])
            let joined = try await FolderApps.output("node-text-files", input, ferry)
            #expect(joined["names"] == ["first.txt", "secon.txt"])
            let whole = try await ferry.files.downloadBytes(joined["whole"])
            #expect(String(decoding: whole, as: UTF8.self) == "first\nsecond\nthird")
            let lines: InputValue = .object([
                (key: "text", value: .file(.data(whole, filename: "whole.txt"))), (key: "first", value: 7),
            ])
            let options = RunOptions(function: "numberLines")
            let numbered = try await FolderApps.output("node-text-files", lines, ferry, options: options)
            let text = try await ferry.files.downloadBytes(numbered["text"])
            #expect(String(decoding: text, as: UTF8.self) == "7 first\n8 second\n9 third")
        }
    }

    @Test func `a generator's last value is the result, and a failure is told in the app's words`() async throws {
        try await FolderApps.with("node") { ferry in
            let options = RunOptions(setup: ["step": 2])
            let counted = try await FolderApps.output("node-counter", ["to": 7], ferry, options: options)
            #expect(counted == ["numbers": [2, 4, 6], "done": true])
            let error = await #expect(throws: FerryError.self) {
                try await FolderApps.output("node-counter", ["fail": true], ferry)
            }
            #expect(error?.message.contains("the counter is worn out") == true, "\(error?.message ?? "")")
        }
    }
}
