// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

extension Conversation {
    /// Messages that come together or not at all: a message, and the results of the tools it calls.
    private typealias Step = [ChatMessageRecord]

    /// What was said before a turn, the latest within the limits, oldest first.
    ///
    /// Two things come along whatever their number: the message that is being answered, and the step under way, which is
    /// the message that called the tools and their results so far. If these alone are too large, their longest texts are
    /// shortened. Of all else older steps give way first, each as a whole.
    ///
    /// - Parameters:
    ///   - isStep: whether the turn is a tool's result.
    ///   - size: most bytes of it all, as JSON.
    func earlier(
        _ said: some Sequence<ChatMessageRecord>, isStep: Bool, size: Int, _ schema: JSONSchema?
    ) -> [JSONValue] {
        let steps = Self.steps(said)
        var files = Files(limits.maximumContextFiles)
        var kept: [Int: [JSONObject]] = [:]
        let asked = steps.firstIndex { $0[0].id == userMessageID }
        let open = isStep ? steps.indices.last : nil
        for place in [asked, open].compactMap(\.self) where kept[place] == nil {
            kept[place] = shown(steps[place], schema, &files)
        }
        var left = size - 2
        shorten(&kept, to: left)
        for step in kept.values { left -= Self.size(step) }
        var count = kept.values.reduce(0) { $0 + $1.count }
        for place in steps.indices.reversed() where kept[place] == nil {
            count += steps[place].count
            guard count <= limits.maximumContextMessages else { break }
            let step = shown(steps[place], schema, &files)
            left -= Self.size(step)
            guard left >= 0 else { break }
            kept[place] = step
        }
        return kept.sorted { $0.key < $1.key }.flatMap(\.value).map { .object($0) }
    }

    /// The messages by steps. Results whose call is not there are left out.
    private static func steps(_ said: some Sequence<ChatMessageRecord>) -> [Step] {
        var steps: [Step] = []
        for message in said {
            if message.role != .tool {
                steps.append([message])
            } else if let caller = steps.last?.first, caller.tools.contains(where: { $0.callID == message.toolCallID })
            {
                steps[steps.count - 1].append(message)
            }
        }
        return steps
    }

    /// How many files may still be shown. The message that does not fit, and all older ones, show none.
    private struct Files {
        var left: Int

        init(_ count: Int) { left = count }

        mutating func take(_ count: Int) -> Bool {
            left -= count
            return left >= 0
        }
    }

    private func shown(_ step: Step, _ schema: JSONSchema?, _ files: inout Files) -> [JSONObject] {
        var objects: [JSONObject] = []
        for message in step.reversed() {
            objects.append(shown(message, schema, withFiles: files.take(message.attachments.count)))
        }
        return objects.reversed()
    }

    private func shown(_ message: ChatMessageRecord, _ schema: JSONSchema?, withFiles: Bool) -> JSONObject {
        var object: JSONObject = ["role": .string(message.role.rawValue)]
        var shown: [FileRef] = []
        var text = message.text
        for file in message.attachments {
            if withFiles, FileURI(file.uri).map({ !missingFiles.contains($0.id) }) ?? true {
                shown.append(file)
            } else {
                let why = withFiles ? "it was deleted since" : "an earlier file, not shown again"
                text += "\n[file \(JSONValue.string(file.filename)): \(why)]"
            }
        }
        object["text"] = .string(text)
        if !message.reasoning.isEmpty { object["reasoning"] = .string(message.reasoning) }
        if !message.reasoningState.isNull { object["reasoning_state"] = message.reasoningState }
        if !message.tools.isEmpty { object["tool_calls"] = .array(message.tools.map(Self.call)) }
        if let id = message.toolCallID { object["tool_call_id"] = .string(id) }
        if !shown.isEmpty { Self.put(shown, into: &object, schema: schema ?? JSONSchema([:])) }
        return object
    }

    // MARK: - Sizes

    /// Bytes of JSON, with a comma behind each.
    private static func size(_ step: [JSONObject]) -> Int {
        step.reduce(0) { $0 + JSONValue.object($1).serialized().count + 1 }
    }

    /// Least bytes of JSON that are left of a text. 256.
    private static let leastText = 256

    /// Shortens the longest texts, all to one length, until the steps fit.
    private func shorten(_ steps: inout [Int: [JSONObject]], to size: Int) {
        let total = steps.values.reduce(0) { $0 + Self.size($1) }
        guard total > size else { return }
        let texts = steps.values.flatMap { $0.map { ($0["text"] ?? "").serialized().count } }
        let most = max(Self.leastText, Self.level(texts, sum: size - total + texts.reduce(0, +)))
        for place in steps.keys {
            steps[place] = steps[place]?.map { object in
                var object = object
                if let text = object["text"]?.stringValue { object["text"] = .string(text.shortened(to: most)) }
                return object
            }
        }
    }

    /// To what the largest sizes must be cut so that all have that sum at most.
    static func level(_ sizes: [Int], sum: Int) -> Int {
        var (rest, count) = (max(sum, 0), sizes.count)
        for size in sizes.sorted() {
            guard size <= rest / count else { return rest / count }
            rest -= size
            count -= 1
        }
        return .max
    }
}

extension String {
    /// The text with its middle left out, so that it has at most so many bytes as JSON; a note says how many are gone. Of
    /// less than the note nothing is left but that.
    func shortened(to size: Int) -> String {
        guard JSONValue.string(self).serialized().count > size else { return self }
        let bytes = Array(utf8)
        // Quotes, the note and what it escapes take about as much.
        var kept = min(bytes.count, max(0, size - 64))
        while true {
            var end = kept - kept / 2
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            var start = bytes.count - kept / 2
            while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
            let text =
                String(decoding: bytes[..<end], as: UTF8.self) + "\n[… \(start - end) bytes left out …]\n"
                + String(decoding: bytes[start...], as: UTF8.self)
            let actual = JSONValue.string(text).serialized().count
            if actual <= size || kept == 0 { return text }
            kept = min(kept - 1, kept * size / actual)
        }
    }
}
