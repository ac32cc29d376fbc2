// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

extension FileInspector {
    /// Most characters of a text's beginning in an answer.
    private static let shownCharacters = 200
    /// Most lines of it.
    private static let shownLines = 3

    static var functions: [AppFunction<FileInspector>] {
        [
            .init(
                "chat", "Answers a chat with facts about the files that are attached to it. No language model.", chat)
        ]
    }

    /// Says, sentence by sentence, what the files of this turn are. The same files get the same answer.
    func chat(_ input: LLMInput, context: TaskContext<LLMOutput>) async throws -> LLMOutput {
        var answer = LLMDelta()
        func say(_ text: String) async {
            let delta = LLMDelta(response: text)
            answer.merge(delta)
            await context.delta(delta)
        }
        await say("I am no language model but a program that reports facts about attached files.")
        let count = input.attachments.count
        let earlier = input.context.reduce(0) { $0 + $1.attachments.count }
        if count == 0 {
            await say(" No file is attached to this message. To attach one, send it with your next message.")
        } else {
            await say(" \(count == 1 ? "One file is" : "\(count) files are") attached to this message.")
        }
        await say(
            earlier == 0
                ? " There is no file of earlier messages."
                : " \(earlier == 1 ? "1 file" : "\(earlier) files") of earlier messages \(earlier == 1 ? "is" : "are") there."
        )
        for (index, file) in input.attachments.enumerated() {
            let path = try await file.localPath()
            let facts = try await BlockingWork.run { flag in try Self.facts(of: file, at: path, flag) }
            await say("\n\n\(index + 1). \(facts.description)")
            if let preview = facts.preview { await say("\n\(preview)") }
        }
        return try answer.output()
    }

    private static func facts(
        of file: File, at path: String, _ flag: StopFlag
    ) throws -> (description: String, preview: String?) {
        let facts = try facts(path, file, flag) { _ in }
        let name = OneLine.name(facts.filename)
        let size = facts.size == 1 ? "1 byte" : "\(facts.size) bytes"
        let pixels = facts.width.flatMap { width in facts.height.map { ", \(width) × \($0) pixels" } } ?? ""
        let description = "\(name): \(facts.contentType), \(size)\(pixels), SHA-256 \(facts.sha256)."
        return (description, facts.textPreview.flatMap(Self.beginning))
    }

    /// The first lines of a text, each quoted; nil if there is nothing to see.
    private static func beginning(_ preview: String) -> String? {
        let lines = preview.split(whereSeparator: \.isNewline)
            .map { OneLine.text(String($0), most: shownCharacters) }.filter { !$0.isEmpty }
        guard !lines.isEmpty else { return nil }
        var room = shownCharacters
        var shown: [String] = []
        for line in lines.prefix(shownLines) where room > 0 {
            shown.append("> \(line.count > room ? "\(line.prefix(room))…" : line)")
            room -= line.count
        }
        return (["It begins:"] + shown).joined(separator: "\n")
    }
}
