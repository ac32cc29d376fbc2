// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// Forms: taken apart as by a reader of the whole body, however the chunks are cut, and read as they were written.
///
/// An input is the value of the `Content-Type` header, a line feed and the body.
struct MultipartTarget: FuzzTarget {
    private let limits = MultipartParser.Limits(maximumParts: 2, maximumHeaderLength: 120, maximumPadding: 24)

    /// What a body came to.
    private enum Outcome: Equatable {
        case form([FuzzedPart])
        case failure(MultipartError)
    }

    func run(_ input: [UInt8]) {
        let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { return }
        let header = String(decoding: first, as: UTF8.self)
        guard let boundary = try? MultipartParser.boundary(ofContentType: header) else { return }
        checkBoundary(boundary, header)
        let body = parts.count > 1 ? Array(parts[1]) : []
        var randomness = Randomness(input)
        let whole = read([body[...]], boundary, limits)
        // One input in four in single bytes, as every state ends there.
        let chunks = randomness.isOne(in: 4) ? body.indices.map { body[$0..<$0 + 1] } : randomness.chunks(body)
        let pieces = read(chunks, boundary, limits)
        promise(pieces == whole, "\(chunks.map(\.count)) bytes are read otherwise")
        check(whole, ReferenceForm(body, boundary: boundary))
        if randomness.isOne(in: 8) { checkWriting(body, boundary, &randomness) }
    }

    private func checkBoundary(_ boundary: [UInt8], _ header: String) {
        promise((1...70).contains(boundary.count), "a boundary has \(boundary.count) characters")
        promise(
            boundary.allSatisfy { $0 >= 0x20 && $0 < 0x7F && !"\"\\;<>@[]{}#$%&!*^`|~".utf8.contains($0) }
                && boundary.last != 0x20, "a boundary holds a character that RFC 2046 does not allow")
        promise(MultipartParser.isForm(contentType: header), "a form with a boundary is no form")
    }

    private func read(
        _ chunks: [ArraySlice<UInt8>], _ boundary: [UInt8], _ limits: MultipartParser.Limits
    ) -> Outcome {
        var parser = MultipartParser(boundary: boundary, limits: limits)
        var parts: [FuzzedPart] = []
        var isOpen = false
        do throws(MultipartError) {
            for chunk in chunks {
                let bytes = Array(chunk)
                for event in try parser.consume(bytes) {
                    switch event {
                    case .part(let part):
                        promise(!isOpen, "a part begins in another one")
                        parts.append(FuzzedPart(part: part))
                        isOpen = true
                    case .data(let range):
                        promise(isOpen && !range.isEmpty, "data stands outside of a part, or is none")
                        parts[parts.count - 1].data += bytes[range]
                    case .held(let held):
                        promise(isOpen && !held.isEmpty, "held data stands outside of a part, or is none")
                        // Planted: of a boundary that was none a byte is lost, in a second part.
                        let isPlanted = isCanaryPlanted && parts.count == 2 && held.count > 4
                        parts[parts.count - 1].data += isPlanted ? held.dropLast() : held[...]
                    case .partEnd:
                        promise(isOpen, "a part ends that did not begin")
                        isOpen = false
                    }
                }
            }
            try parser.finish()
        } catch {
            return .failure(error)
        }
        promise(!isOpen, "a form ends within a part")
        return .form(parts)
    }

    private func check(_ found: Outcome, _ expected: ReferenceForm) {
        switch found {
        case .form(let parts):
            promise(expected.isClosed, "a form without its last boundary is accepted")
            promise(parts.map(\.data) == expected.parts.map(\.data), "the parts hold other bytes")
            promise(parts.count <= limits.maximumParts, "a form has \(parts.count) parts")
            promise(expected.padding <= limits.maximumPadding, "\(expected.padding) bytes of padding are accepted")
            promise(
                expected.parts.allSatisfy { $0.headers.count <= limits.maximumHeaderLength },
                "long headers are accepted")
            for (part, plain) in zip(parts, expected.parts) { check(part.part, plain) }
        case .failure(let error):
            // The line end that stands before a body counts as padding when no boundary follows it.
            let isWithin =
                expected.padding + 2 <= limits.maximumPadding && expected.parts.count < limits.maximumParts
                && expected.openHeaders <= limits.maximumHeaderLength
                && expected.parts.allSatisfy { $0.headers.count <= limits.maximumHeaderLength }
            promise(!error.isLimit || !isWithin, "a form within the limits is beyond them: \(error)")
            let isPlain = expected.isClosed && isWithin && expected.parts.allSatisfy { $0.plain != nil }
            promise(!isPlain, "a plain form is refused: \(error)")
        }
    }

    private func check(_ part: MultipartPart, _ expected: ReferenceForm.Part) {
        promise(!part.name.utf8.isEmpty, "a part has no name")
        guard let plain = expected.plain else { return }
        promise(isSame(part.name, plain.name), "a plain name reads otherwise")
        promise(part.filename == plain.filename, "a plain file's name reads otherwise")
    }

    /// Writes two parts as browsers do and reads them.
    private func checkWriting(_ body: [UInt8], _ boundary: [UInt8], _ randomness: inout Randomness) {
        let delimiter = Array("--".utf8) + boundary
        // The contents must not hold the boundary, as for any sender.
        let contents = body.count >= delimiter.count && body.windows(delimiter.count).contains(delimiter) ? [] : body
        let names = [body.prefix(24), body.suffix(24)].map { bytes in
            String(decoding: bytes.filter { $0 > 0 }, as: UTF8.self)
        }
        guard names.allSatisfy({ escaped($0).utf8.count < 70 }) else { return }
        var form: [UInt8] = []
        for name in names {
            let disposition = "Content-Disposition: form-data; name=\"f\"; filename=\"\(escaped(name))\"\r\n"
            form += delimiter + Array("\r\n\(disposition)Content-Type: text/plain\r\n\r\n".utf8)
            form += contents + [0x0D, 0x0A]
        }
        form += delimiter + Array("--\r\n".utf8)
        guard case .form(let parts) = read(randomness.chunks(form), boundary, MultipartParser.Limits()) else {
            return promise(false, "a form that was written is refused")
        }
        promise(parts.map(\.data) == [contents, contents], "a form that was written holds other bytes")
        for (part, name) in zip(parts, names) {
            // What a name held as an escape cannot be told from what was escaped.
            promise(
                part.part.filename.map { isSame($0, read(name)) } ?? false, "a name that was written reads otherwise")
            promise(part.part.contentType == "text/plain", "a type that was written reads otherwise")
        }
    }

    /// What comes of a name: line ends stay escaped, and what looks like an escaped quotation mark is one.
    private func read(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case 0x0D: bytes += Array("%0D".utf8)
            case 0x0A: bytes += Array("%0A".utf8)
            default: bytes.append(byte)
            }
            if bytes.suffix(3) == Array("%22".utf8)[...] {
                bytes.replaceSubrange(bytes.count - 3..<bytes.count, with: [0x22])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A name in quotes, as the standard for HTML forms has it, and the backslash doubled.
    private func escaped(_ name: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": text += "%22".unicodeScalars
            case "\r": text += "%0D".unicodeScalars
            case "\n": text += "%0A".unicodeScalars
            case "\\": text += #"\\"#.unicodeScalars
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}

/// A part with its bytes.
struct FuzzedPart: Equatable {
    let part: MultipartPart
    var data: [UInt8] = []
}

extension [UInt8] {
    /// The slices of that length, which is at most that of the whole.
    fileprivate func windows(_ length: Int) -> some Sequence<[UInt8]> {
        (0...count - length).lazy.map { Array(self[$0..<$0 + length]) }
    }
}
