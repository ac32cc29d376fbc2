// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import ferry_builtin_apps

@Suite(.timeLimit(.minutes(1))) struct PDFTextTests {
    /// What a program of that name, a shell script here, makes of a PDF.
    private func outcome(_ script: String?, limits: ChatCompletionLimits = .standard) async throws -> PDFText.Outcome {
        let folder = NSTemporaryDirectory() + "/ferry-pdf-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if let script {
            let path = folder + "/pdftotext"
            try "#!/bin/sh\nPATH=/usr/bin:/bin\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        return try await PDFText(limits: limits, searchPath: "/nowhere:\(folder)").read("/some/paper.pdf")
    }

    @Test func `text is what the program prints, its pages parted by lines`() async throws {
        #expect(
            try await outcome(#"printf 'one\ftwo %s' "$*""#)
                == .text("one\ntwo -q -enc UTF-8 /some/paper.pdf -", isCut: false))
        #expect(try await outcome("exit 0") == .text("", isCut: false))
    }

    @Test func `a missing program, and one that fails, are told apart`() async throws {
        #expect(try await outcome(nil) == .missing)
        #expect(try await outcome("echo partly; exit 1") == .failed("it is damaged or protected"))
    }

    @Test func `a program that never ends is ended, and so is one that says too much`() async throws {
        var limits = ChatCompletionLimits()
        limits.pdfTime = .milliseconds(300)
        #expect(try await outcome("exec sleep 100", limits: limits) == .failed("pdftotext took longer than 0 s"))
        limits.pdfTime = .seconds(30)
        limits.textBytes = 10
        #expect(try await outcome("exec yes x", limits: limits) == .text("x\nx\nx\nx\nx\n", isCut: true))
    }

    @Test func `the program gets nothing of the environment but a path and a language`() async throws {
        setenv("FERRY_TEST_SECRET", "sesame", 1)
        defer { unsetenv("FERRY_TEST_SECRET") }
        #expect(try await outcome("echo ${FERRY_TEST_SECRET-none} $LANG") == .text("none C.UTF-8\n", isCut: false))
    }
}
