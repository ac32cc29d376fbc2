// SPDX-License-Identifier: Apache-2.0

extension AppTemplate {
    /// An app in Swift: a package of its own with Ferry's app kit.
    static let swiftFiles: [File] = [
        File(path: "inf.yml", text: swiftDescription),
        File(path: "Package.swift", text: swiftPackage),
        File(path: "Sources/WordCounter.swift", text: swiftCode),
        File(path: ".gitignore", text: ".build/\nbin/\n"),
    ]

    private static let swiftDescription = """
        namespace: "@NAMESPACE@"
        name: "@NAME@"
        description: "Counts the words of a text and lists the most frequent ones."
        category: text
        kernel: swift
        executable: "bin/@NAME@"

        """

    private static let swiftPackage = """
        // swift-tools-version: 6.2

        import PackageDescription

        let package = Package(
            name: "@NAME@",
            platforms: [.macOS(.v15)],
            dependencies: [
                @FERRY@
            ],
            targets: [
                .executableTarget(
                    name: "@NAME@", dependencies: [.product(name: "FerryApp", package: "ferry")], path: "Sources")
            ]
        )

        """

    private static let swiftCode = #"""
        import FerryApp
        import Foundation

        /// Counts the words of a text and lists the most frequent ones.
        struct WordCounter: App {
            static let manifest = AppInfo(
                "@NAMESPACE@/@NAME@", version: "1",
                description: "Counts the words of a text and lists the most frequent ones.", category: "text")

            struct Input: AppInput {
                @Field("The text, UTF-8.", mediaType: "text/plain") var document: File
                @Field("How many words to list.", in: 1...1000) var top: Int = 10
            }

            struct Output: AppOutput {
                @Field("Words in the text.") var words: Int
                @Field("The most frequent words as CSV, the most frequent first.") var table: File
            }

            func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
                let bytes = try await input.document.bytes()
                let text = String(decoding: bytes, as: UTF8.self).lowercased()
                let words = text.matches(of: /\w+(?:['’]\w+)*/).map { String($0.output) }
                var counts: [String: Int] = [:]
                for word in words { counts[word, default: 0] += 1 }
                let frequent = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(input.top)
                let lines = ["word,count"] + frequent.map { "\($0.key),\($0.value)" }
                let path = context.outputPath("words.csv")
                try await write(lines.joined(separator: "\n") + "\n", to: path)
                context.log("\(words.count) words, \(counts.count) different ones")
                return Output {
                    $0.words = words.count
                    $0.table = File(path: path)
                }
            }

            /// Writes a file. A disk may take its time: not on Swift's own threads, which are few.
            private func write(_ text: String, to path: String) async throws {
                try await withCheckedThrowingContinuation { done in
                    DispatchQueue.global().async {
                        done.resume(with: Result { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) })
                    }
                }
            }
        }

        @main struct Main {
            static func main() async { await AppWorker.main { WordCounter() } }
        }

        """#
}
