// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import ferry

@Suite struct CLITemplateTests {
    private static func template(
        _ language: AppTemplate.Language, name: String = "word-count", ferry: String = "/srv/fer\"ry"
    ) -> AppTemplate {
        AppTemplate(
            language, namespace: "demo", name: name, folder: "here/\(name)",
            ferry: language == .swift ? FerryCheckout(folder: ferry) : nil)
    }

    @Test(arguments: AppTemplate.Language.allCases)
    func `a template has its names filled in, and an inf yml that says so`(language: AppTemplate.Language) throws {
        let template = Self.template(language)
        for file in template.files {
            for word in ["@NAME@", "@NAMESPACE@", "@FERRY@", "@VERSION@"] {
                #expect(!file.text.contains(word), "\(file.path)")
            }
        }
        let description = try #require(template.files.first { $0.path == "inf.yml" })
        let folder = try AppFolder(path: "/x", description: description.text)
        #expect(folder.reference == "demo/word-count")
        #expect(folder.kernel.hasPrefix(language.rawValue))
        #expect(folder.executable == (language == .swift ? "bin/word-count" : nil))
        #expect(template.nextSteps[0] == "ferry app test here/word-count")
    }

    @Test func `names that YAML takes for numbers or words stay names`() throws {
        for name in ["1.0", "true", "null", "007"] {
            let description = try #require(Self.template(.node, name: name).files.first { $0.path == "inf.yml" })
            #expect(try AppFolder(path: "/x", description: description.text).name == name)
        }
    }

    @Test func `a Swift app finds the kit where it was told`() throws {
        let package = Self.template(.swift).files.first { $0.path == "Package.swift" }?.text ?? ""
        #expect(package.contains(#".package(name: "ferry", path: "/srv/fer\"ry")"#))
    }

    @Test func `a Swift app's file is written away from Swift's own threads`() throws {
        let code = try #require(
            Self.template(.swift).files.first { $0.path.hasSuffix(".swift") && $0.path != "Package.swift" })
        let write = try #require(code.text.firstRange(of: ".write(to: URL("))
        #expect(code.text[..<write.lowerBound].suffix(120).contains("DispatchQueue.global().async"))
    }

    @Test func `the kit is looked for where the program was built, and has to be told elsewhere`() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-kit-\(UUID().uuidString)")
        let kit = root.appendingPathComponent("Sources/FerryApp")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        let program = root.path + "/.build/x86_64/release/ferry"
        try Data().write(to: root.appendingPathComponent("Package.swift"))
        // A package that is none of Ferry's.
        #expect(throws: CommandFailure.self) { try FerryCheckout.find(given: root.path, executable: nil) }
        #expect(throws: CommandFailure.self) { try FerryCheckout.find(given: nil, executable: program) }
        try FileManager.default.createDirectory(at: kit, withIntermediateDirectories: true)
        for built in [program, root.path + "/.build-tsan/debug/ferry", root.path + "/elsewhere/ferry"] {
            #expect(try FerryCheckout.find(given: nil, executable: built).folder == root.path)
        }
        #expect(try FerryCheckout.find(given: root.path, executable: nil).folder == root.path)
        #expect(throws: CommandFailure.self) { try FerryCheckout.find(given: root.path + "/none") }
        for installed in ["/usr/local/bin/ferry", nil] {
            let failure = #expect(throws: CommandFailure.self) {
                try FerryCheckout.find(given: nil, executable: installed)
            }
            #expect(failure?.kind == .refused)
            #expect(failure?.description.contains("give --ferry DIR, a checkout of Ferry") == true)
        }
    }

    @Test func `files go into a new or empty folder only`() async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-init-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        let files = Self.template(.node).files
        try await AppInit.write(files, to: root)
        #expect(try String(contentsOfFile: root + "/src/inference.js", encoding: .utf8) == files[2].text)
        await #expect(throws: CommandFailure.self) { try await AppInit.write(files, to: root) }
    }

    @Test(arguments: [
        ("name: a\n", "namespace"), ("namespace: a\n", "name"), ("namespace: a/b\nname: c\n", "namespace"),
        ("namespace: a\nname: 'b c'\n", "name"), ("namespace: [a]\nname: b\n", "namespace"), ("a: [", "YAML"),
        ("namespace: a\nname: b\nname: c\n", "more than once"), ("", "namespace"),
    ])
    func `an inf yml that names no app is refused by the key`(text: String, word: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try AppFolder(path: "/x", description: text) }
        #expect(failure?.description.contains(word) == true, "\(failure?.description ?? "")")
    }
}
