// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// JSON: accepted and read exactly as a plain reading of RFC 8259 does, and written so that it reads the same.
struct JSONTarget: FuzzTarget {
    private let limits = JSONLimits(maximumBytes: 144, maximumDepth: 12)

    func run(_ input: [UInt8]) {
        let found = subject(input)
        let expected = input.count <= limits.maximumBytes ? ReferenceJSON.read(input, maximumDepth: 12) : nil
        promise((found == nil) == (expected == nil), "text was \(found == nil ? "refused" : "accepted")")
        guard let found, let expected else { return }
        promise(expected.isSame(as: found), "text is read as \(found)")
        checkWriting(found)
        checkCut(input, found)
    }

    private func subject(_ input: [UInt8]) -> JSONValue? {
        do {
            return try JSONValue(parsing: input, limits: limits)
        } catch {
            promise(error.offset >= 0 && error.offset <= input.count, "an error stands outside of the text")
            // Planted: of three names or more, two may be the same.
            if isCanaryPlanted, error.reason.hasPrefix("duplicate"), input.count(where: { $0 == 0x3A }) > 2 {
                return .null
            }
            return nil
        }
    }

    private func checkWriting(_ value: JSONValue) {
        let text = value.serialized()
        guard let again = try? JSONValue(parsing: text) else {
            promise(false, "what was written does not read")
            return
        }
        promise(again == value && again.serialized() == text, "what was written reads otherwise")
        promise(text.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "text holds a control character")
        for separator in ["\u{85}", "\u{2028}", "\u{2029}"] {
            promise(!text.contains(separator.utf8), "text holds a line end of Unicode")
        }
    }

    /// Without its last byte a string, an array or an object is none.
    private func checkCut(_ input: [UInt8], _ value: JSONValue) {
        switch value {
        case .string, .array, .object:
            let end = input.lastIndex { !" \t\r\n".utf8.contains($0) } ?? 0
            promise((try? JSONValue(parsing: input[..<end])) == nil, "text that was cut is accepted")
        case .null, .bool, .integer, .double: break
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String.UTF8View) -> Bool {
        let wanted = Array(text)
        guard count >= wanted.count else { return false }
        return (0...count - wanted.count).contains { place in
            self[place] == wanted[0] && self[place..<place + wanted.count] == wanted[...]
        }
    }
}
