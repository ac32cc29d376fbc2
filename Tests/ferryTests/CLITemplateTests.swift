// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import ferry

@Suite struct CLITemplateTests {
    private static func template(
        _ language: AppTemplate.Language, name: String = "word-count", ferry: FerryCheckout = .folder("/srv/fer\"ry")
    ) -> AppTemplate {
        AppTemplate(language, namespace: "demo", name: name, folder: "here/\(name)", ferry: ferry)
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
        func package(_ ferry: FerryCheckout) -> String {
            Self.template(.swift, ferry: ferry).files.first { $0.path == "Package.swift" }?.text ?? ""
        }
        #expect(package(.folder("/srv/fer\"ry")).contains(#".package(name: "ferry", path: "/srv/fer\"ry")"#))
        #expect(package(.address).contains("from: \"\(FerryVersion.current)\""))
    }

    @Test func `the kit is looked for where the program was built`() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-kit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        let program = root.path + "/.build/x86_64/release/ferry"
        #expect(try FerryCheckout.find(given: nil, executable: program) == .address)
        try Data().write(to: root.appendingPathComponent("Package.swift"))
        #expect(try FerryCheckout.find(given: nil, executable: program) == .folder(root.path))
        #expect(try FerryCheckout.find(given: nil, executable: "/usr/local/bin/ferry") == .address)
        #expect(try FerryCheckout.find(given: root.path, executable: nil) == .folder(root.path))
        #expect(throws: CommandFailure.self) { try FerryCheckout.find(given: root.path + "/none") }
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
        ("", "namespace"),
    ])
    func `an inf yml that names no app is refused by the key`(text: String, word: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try AppFolder(path: "/x", description: text) }
        #expect(failure?.description.contains(word) == true, "\(failure?.description ?? "")")
    }
}
