// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// Base 64 against a reader of single bits, and back.
struct Base64Target: FuzzTarget {
    /// Beyond what the decoder's loop takes at once.
    private let length = 256
    /// Beyond the pieces that a text is measured in.
    private let farLength = 32 << 10

    func run(_ short: [UInt8]) {
        var randomness = Randomness(short)
        let input = randomness.stretched(short, beyond: length, orBeyond: farLength)
        promise(subject(input) == ReferenceBase64.forgiving(input), "forgiving decoding reads otherwise")
        let strict = Base64.decode(strict: input)
        promise(strict == ReferenceBase64.strict(input), "strict decoding reads otherwise")
        let urlSafe = Base64.decode(urlSafe: input)
        promise(urlSafe == ReferenceBase64.urlSafe(input), "URL-safe decoding reads otherwise")
        // In pieces one form for each input; the hash of the input says which.
        switch randomness.below(3) {
        case 0: checkPieces(input, .forgiving, ReferenceBase64.forgiving(input), &randomness)
        case 1: checkPieces(input, .strict, strict, &randomness)
        default: checkPieces(input, .urlSafe, urlSafe, &randomness)
        }
        // One text for each value, so what decodes strictly encodes to itself.
        if let strict { promise(Base64.encode(strict).utf8.elementsEqual(input), "strict text has two spellings") }
        if let urlSafe {
            promise(Base64.encodeURLSafe(urlSafe).utf8.elementsEqual(input), "URL-safe text has two spellings")
        }
        checkBack(input, isURLSafe: randomness.isOne(in: 2))
    }

    /// Any bytes come back from their text.
    private func checkBack(_ bytes: [UInt8], isURLSafe: Bool) {
        if isURLSafe {
            let text = Array(Base64.encodeURLSafe(bytes).utf8)
            promise(Base64.decode(urlSafe: text) == bytes, "what was encoded URL-safe decodes otherwise")
            promise(Base64.decode(forgiving: text) == bytes, "what was encoded URL-safe decodes otherwise, forgiving")
        } else {
            let text = Array(Base64.encode(bytes).utf8)
            promise(Base64.decode(strict: text) == bytes, "what was encoded decodes otherwise")
        }
    }

    /// In pieces, cut anywhere, text decodes to the same, and its size is known beforehand.
    private func checkPieces(
        _ input: [UInt8], _ form: Base64.Form, _ whole: [UInt8]?, _ randomness: inout Randomness
    ) {
        var decoder = Base64.Decoder(form)
        var bytes: [UInt8] = []
        var failure: Base64.Invalid?
        do throws(Base64.Invalid) {
            for chunk in randomness.chunks(input) { bytes += try decoder.decode(chunk) }
            bytes += try decoder.finish()
        } catch {
            failure = error
        }
        promise((failure == nil) == (whole != nil), "\(form): pieces are \(failure == nil ? "accepted" : "refused")")
        promise(whole == nil || whole == bytes, "\(form): pieces decode otherwise")
        promise(Base64.decodedSize(input, form: form) == whole?.count, "\(form): another size is foretold")
        guard let failure else { return }
        do throws(Base64.Invalid) {
            let more = try decoder.decode([0x41, 0x41, 0x41, 0x41])
            promise(false, "\(form): \(more.count) bytes come after a failure")
        } catch {
            promise(error == failure, "\(form): the failure changes")
        }
    }

    private func subject(_ input: [UInt8]) -> [UInt8]? {
        let found = Base64.decode(forgiving: input)
        // Planted: the URL-safe digit for 63 counts as 62 behind a white space.
        if isCanaryPlanted, let found, found.count > 2,
            zip(input, input.dropFirst()).contains(where: { $0 == 0x20 && $1 == UInt8(ascii: "_") })
        {
            return found.dropLast() + [0]
        }
        return found
    }
}
