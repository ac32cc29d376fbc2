// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// `Content-Disposition`: what is written reads the same, and what comes in is read as a plain reader would.
struct ContentDispositionTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        var randomness = Randomness(input)
        // Either, as the hash of the input says: as a header it is read, as a name it is written.
        if randomness.isOne(in: 2) { checkWriting(text) } else { checkReading(text) }
    }

    private func checkWriting(_ filename: String) {
        let isInline = filename.utf8.count.isMultiple(of: 2)
        let header = subject(filename, isInline: isInline)
        promise(header.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a header holds more than visible ASCII")
        promise(header.utf8.starts(with: (isInline ? "inline; " : "attachment; ").utf8), "the disposition is another")
        var kept = String.UnicodeScalarView()
        for scalar in filename.unicodeScalars where scalar.value > 0x1F && scalar.value != 0x7F { kept.append(scalar) }
        let label = String(kept)
        promise(
            ContentDisposition.filename(in: header).map { isSame($0, label) } ?? false, "the name reads otherwise")
        let parameters = ReferenceDisposition.parameters(of: header)
        promise(
            parameters.map(\.name) == ["filename"] || parameters.map(\.name) == ["filename", "filename*"],
            "a name adds a parameter")
    }

    private func subject(_ filename: String, isInline: Bool) -> String {
        let header = ContentDisposition.header(filename: filename, isInline: isInline)
        // Planted: a percent sign right behind a backslash is not escaped.
        if isCanaryPlanted, let place = header.range(ofBytes: "%5C%25") {
            var bytes = Array(header.utf8)
            bytes.removeSubrange(place.suffix(2))
            return String(decoding: bytes, as: UTF8.self)
        }
        return header
    }

    private func checkReading(_ header: String) {
        let found = ContentDisposition.filename(in: header)
        let expected = ReferenceDisposition.filename(in: header)
        let isEqual =
            switch (found, expected) {
            case (nil, nil): true
            case (let found?, let expected?): found.utf8.elementsEqual(expected)
            default: false
            }
        promise(isEqual, "a name is read otherwise")
        guard let found else { return }
        let again = ContentDisposition.header(filename: found, isInline: false)
        let kept = found.unicodeScalars.filter { $0.value > 0x1F && $0.value != 0x7F }
        promise(
            ContentDisposition.filename(in: again).map { $0.unicodeScalars.elementsEqual(kept) } ?? false,
            "a name that was read does not survive being written")
    }
}

extension String {
    /// Where these bytes stand for the first time.
    fileprivate func range(ofBytes text: String) -> Range<Int>? {
        let bytes = Array(utf8)
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        return (0...bytes.count - wanted.count).first { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
            .map { $0..<$0 + wanted.count }
    }
}
