// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire
import Logging
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a field can be.
struct Everything: AppInput {
    enum Mode: String, Codable, CaseIterable, Sendable {
        case fast
        case thorough
    }

    enum Turn: Int, Codable, CaseIterable, Sendable {
        case none = 0
        case quarter = 90
        case half = 180
    }

    struct Box: AppFields, Equatable {
        @Field("Left edge.", in: 0...) var left: Int
        @Field("A name.") var label: String = "box"
    }

    @Field("The picture.", mediaType: "image/*") var image: File
    @Field("More pictures.", mediaType: "image/png") var morePictures: [File] = []
    @Field("A mask.", mediaType: "image/png") var mask: File?
    @Field("Width in pixels.", in: 1...16384) var width: Int = 640
    @Field("Strength.", in: 0...1.5) var strength: Double = 0.5
    @Field("At most.", in: ...9) var small: UInt8?
    @Field("A note.") var note: String?
    @Field("Mode.") var mode: Mode = .fast
    @Field("Turn.") var turn: Turn = .none
    @Field("Boxes.") var boxes: [Box] = []
    @Field("Main box.") var mainBox: Box?
    @Field("Weights.", in: 0...10) var weights: [String: Double] = [:]
    @Field("Anything.") var extra: JSONValue = [:]
    @Field("Large.") var large: Int64 = 0
    var plain = true
    var plainNote: String?
}

/// Counts and copies, with a setup, and notes what becomes of it.
final class CopyApp: App {
    static let manifest = AppInfo(
        "test/copy", version: "3", description: "Copies.", category: "other", run: "Copies a file.")

    struct Setup: AppSetup {
        @Field("How often.", in: 1...3) var times: Int = 1
        @Field("Whether to fail.") var fails = false
    }

    struct Input: AppInput {
        @Field("The file.") var file: File
        @Field("What to do wrong.") var mistake: String?
    }

    struct Output: AppOutput {
        @Field("The copies.") var copies: [File]
        @Field("How often it was copied.") var times: Int
        @Field("A remark.") var remark: String?
        var meta: OutputMeta?
    }

    struct WordInput: AppInput {
        @Field("A word.") var word: String
    }

    struct WordOutput: AppOutput {
        @Field("The word, aloud.") var loud: String
        @Field("By whom.") var team: String?
    }

    static var functions: [AppFunction<CopyApp>] {
        [
            .init("shout", "Says it aloud.", shout),
            .init("whisper", "Says it quietly.") {
                (_: CopyApp, input: WordInput, _: TaskContext<WordOutput>) in
                WordOutput { $0.loud = input.word.lowercased() }
            },
        ]
    }

    let events = Mutex<[String]>([])
    private let times = Mutex(0)

    func setup(_ setup: Setup, context: SetupContext) async throws {
        context.log("setting up for \(context.metadata.workerID ?? "nobody")")
        if setup.fails { throw AppFailure("the model is missing") }
        times.withLock { $0 = setup.times }
        events.withLock { $0.append("setup") }
    }

    func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
        if input.mistake == "sleep" {
            context.log("asleep")
            try await Task.sleep(for: .seconds(600))
        }
        let source = try await input.file.localPath()
        let times = times.withLock { $0 }
        var files: [File] = []
        for number in 1...times {
            let path = context.outputPath("\(number) \(input.file.filename)")
            guard copy(source, path) else { throw AppFailure("the copy failed") }
            files.append(File(path: path))
            await context.partial(
                Output {
                    $0.copies = files
                    $0.times = number
                })
        }
        context.logger.warning("copied", metadata: ["times": "\(times)"])
        if input.mistake == "no file" { files.append(File(path: context.outputPath("never.txt"))) }
        return Output {
            $0.copies = files
            if input.mistake != "no value" { $0.times = times }
            $0.meta = OutputMeta(outputs: [.text(tokens: 7)])
        }
    }

    func shout(_ input: WordInput, context: TaskContext<WordOutput>) async throws -> WordOutput {
        WordOutput {
            $0.loud = input.word.uppercased()
            $0.team = context.metadata.teamID
        }
    }

    func unload() async { events.withLock { $0.append("unload") } }
    func onCancel() async { events.withLock { $0.append("cancel") } }

    private func copy(_ source: String, _ target: String) -> Bool {
        guard let input = fopen(source, "r") else { return false }
        defer { fclose(input) }
        guard let output = fopen(target, "w") else { return false }
        defer { fclose(output) }
        var byte = fgetc(input)
        while byte != EOF {
            fputc(byte, output)
            byte = fgetc(input)
        }
        return true
    }
}
