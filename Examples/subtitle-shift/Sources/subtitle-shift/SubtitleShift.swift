// SPDX-License-Identifier: Apache-2.0

import FerryApp

/// Moves the times of subtitles.
struct SubtitleShift: App {
    static let manifest = AppInfo(
        "examples/subtitle-shift", version: "1.0.0",
        description: "Moves the times of an SRT or WebVTT subtitle file.", category: "text",
        run: "Moves all times, and stretches them if the film runs at another speed.")

    struct Setup: AppSetup {
        @Field("Most bytes of a file.", in: 1...(64 << 20)) var maximumBytes: Int = 16 << 20
    }

    struct Input: AppInput {
        @Field("The subtitles, SRT or WebVTT in UTF-8.", mediaType: "text/*") var subtitles: File
        @Field("How much later, in seconds; negative for earlier.", in: -86400...86400.0) var seconds: Double
        @Field("Factor for all times: 1.04271 from 25 to 23.976 frames a second.", in: 0.1...10) var stretch: Double = 1
    }

    struct Output: AppOutput {
        @Field("The moved subtitles.", mediaType: "text/*") var subtitles: File
        @Field("How many subtitles were moved.") var count: Int
        @Field("How many would have begun before 0 and now begin there.") var clipped: Int
    }

    struct FactsInput: AppInput {
        @Field("The subtitles, SRT or WebVTT in UTF-8.", mediaType: "text/*") var subtitles: File
    }

    struct FactsOutput: AppOutput {
        @Field("How many subtitles there are.") var count: Int
        @Field("When the first begins, in seconds; null without any.") var first: Double?
        @Field("When the last ends, in seconds; null without any.") var last: Double?
    }

    static var functions: [AppFunction<SubtitleShift>] {
        [.init("facts", "Tells how many subtitles there are, and from when to when.", facts)]
    }

    private var maximumBytes = 16 << 20

    mutating func setup(_ setup: Setup, context: SetupContext) async throws {
        maximumBytes = setup.maximumBytes
    }

    func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
        var text = try await read(input.subtitles)
        var clipped = 0
        for index in text.cues.indices {
            try Task.checkCancellation()
            if text.move(index, by: input.seconds, stretch: input.stretch) { clipped += 1 }
            if index % 1000 == 0 { context.progress(Double(index) / Double(text.cues.count)) }
        }
        let path = context.outputPath(input.subtitles.filename)
        try await TextFile.write(text.text, to: path)
        context.log("moved \(text.cues.count) subtitles by \(input.seconds) s")
        return Output {
            $0.subtitles = File(path: path)
            $0.count = text.cues.count
            $0.clipped = clipped
        }
    }

    func facts(_ input: FactsInput, context: TaskContext<FactsOutput>) async throws -> FactsOutput {
        let text = try await read(input.subtitles)
        return FactsOutput {
            $0.count = text.cues.count
            $0.first = text.cues.map(\.begin).min()
            $0.last = text.cues.map(\.end).max()
        }
    }

    private func read(_ file: File) async throws -> SubtitleText {
        let path = try await file.localPath()
        let content = try await TextFile.read(path, upTo: maximumBytes, name: file.filename)
        let text = SubtitleText(content)
        guard !text.cues.isEmpty else {
            throw AppFailure("\(file.filename) holds no subtitle times", code: .invalidInput)
        }
        return text
    }
}
