// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// ACCEPTANCE.md names tests; a name that no test has would be a promise that nothing holds.
@Suite struct AcceptanceTests {
    private static var repository: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    @Test func `every test that ACCEPTANCE names exists`() throws {
        let text = try String(contentsOf: Self.repository.appendingPathComponent("ACCEPTANCE.md"), encoding: .utf8)
        var sources = ""
        var interop: [String: String] = [:]
        let files = FileManager.default.enumerator(
            at: Self.repository.appendingPathComponent("Tests"), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "swift", file.lastPathComponent != "AcceptanceTests.swift" {
                sources += try String(contentsOf: file, encoding: .utf8)
            } else if file.pathExtension == "py" {
                interop[file.lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
            }
        }
        // A test's name is its function's, or the text it is given.
        var names = Set(sources.matches(of: /func `([^`]+)`/).map { String($0.1) })
        names.formUnion(sources.matches(of: /@Test\(\s*"([^"]+)"/).map { String($0.1) })
        var count = 0
        for line in text.split(separator: "\n") where line.hasPrefix("|") {
            guard let column = line.split(separator: "|").last else { continue }
            for (index, name) in column.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            where index % 2 == 1 && name != "FerryTesting" {
                count += 1
                if let separator = name.range(of: "::") {
                    let source = interop[String(name[..<separator.lowerBound])] ?? ""
                    #expect(source.contains("def \(name[separator.upperBound...])"), "no interop test \(name)")
                } else {
                    #expect(names.contains(String(name)), "no test named \(name)")
                }
            }
        }
        #expect(count > 40)
    }
}
