// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// Fast decoders against slow ones that are plain to see, and texts in pieces against texts whole.
@Suite("Decoders of text in pieces")
struct DecoderTests {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Bit by bit, by the words of the standards.
    private func naive(_ text: [UInt8], _ form: Base64.Form) -> [UInt8]? {
        var text = text
        if form == .forgiving { text.removeAll { [0x09, 0x0A, 0x0C, 0x0D, 0x20].contains($0) } }
        if form == .strict && text.count % 4 != 0 { return nil }
        if form != .urlSafe && text.count % 4 == 0 {
            for _ in 0..<2 where text.last == UInt8(ascii: "=") { text.removeLast() }
        }
        if text.count % 4 == 1 { return nil }
        var bits: [Bool] = []
        for byte in text {
            let place =
                (form == .urlSafe ? nil : Self.standard.firstIndex(of: byte))
                ?? (form == .strict ? nil : Self.urlSafe.firstIndex(of: byte))
            guard let place else { return nil }
            for bit in (0..<6).reversed() { bits.append(place >> bit & 1 == 1) }
        }
        let whole = bits.count / 8 * 8
        if form != .forgiving && bits[whole...].contains(true) { return nil }
        return stride(from: 0, to: whole, by: 8).map { start in
            bits[start..<(start + 8)].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    private func naivePercent(_ text: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var index = 0
        while index < text.count {
            let digits = text[(index + 1)...].prefix(2)
            if text[index] == UInt8(ascii: "%"), digits.count == 2,
                digits.allSatisfy({ Character(.init($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                index += 3
            } else {
                decoded.append(text[index])
                index += 1
            }
        }
        return decoded
    }

    /// Pieces of random lengths, empty ones and single bytes among them.
    private func pieces(_ text: [UInt8], _ random: inout SeededGenerator) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        let longest = [1, 3, 40, 500].randomElement(using: &random) ?? 1
        while start < text.count {
            let end = min(text.count, start + Int.random(in: 0...longest, using: &random))
            pieces.append(text[start..<end])
            start = end
        }
        return pieces
    }

    private func decoded(_ pieces: [ArraySlice<UInt8>], _ form: Base64.Form) -> [UInt8]? {
        var decoder = Base64.Decoder(form)
        do throws(Base64.Invalid) {
            var bytes: [UInt8] = []
            for piece in pieces { bytes += try decoder.decode(piece) }
            bytes += try decoder.finish()
            return bytes
        } catch {
            return nil
        }
    }

    /// Base 64 of random bytes, often harmed.
    private func base64(_ random: inout SeededGenerator) -> [UInt8] {
        let bytes = random.bytes(Int.random(in: 0...[4, 40, 400].randomElement(using: &random)!, using: &random))
        var text = Array((Bool.random(using: &random) ? Base64.encode(bytes) : Base64.encodeURLSafe(bytes)).utf8)
        for _ in 0..<[0, 0, 1, 2, 8].randomElement(using: &random)! {
            let odd = Array("A/+-_= \n\r\t\u{B}\u{C}%=".utf8) + [0x80, 0xFF, 0xBD, 0x00]
            let place = Int.random(in: 0...text.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: text.insert(odd.randomElement(using: &random)!, at: place)
            case 1: if place < text.count { text[place] = odd.randomElement(using: &random)! }
            default: if place < text.count { text.remove(at: place) }
            }
        }
        return text
    }

    @Test("base64 is decoded as by the plain reference, whole and in pieces", arguments: Base64.Form.allCases)
    func base64Reference(form: Base64.Form) {
        var random = SeededGenerator(seed: 21)
        var accepted = 0
        for _ in 0..<4000 {
            let text = base64(&random)
            let expected = naive(text, form)
            let whole: [UInt8]?
            switch form {
            case .strict: whole = Base64.decode(strict: text)
            case .urlSafe: whole = Base64.decode(urlSafe: text)
            case .forgiving: whole = Base64.decode(forgiving: text)
            }
            #expect(whole == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
            #expect(decoded(pieces(text, &random), form) == expected)
            #expect(Base64.decodedSize(text, form: form) == expected?.count)
            if expected != nil { accepted += 1 }
        }
        #expect((200..<3900).contains(accepted), "\(accepted)")
    }

    @Test("each byte is the same digit, or none, wherever in a long text it stands", arguments: Base64.Form.allCases)
    func everyByteEverywhere(form: Base64.Form) {
        for place in [0, 1, 14, 15, 16, 31, 32, 33, 63, 64, 100, 131, 255] {
            for byte in UInt8.min ... .max {
                var text = [UInt8](repeating: UInt8(ascii: "Q"), count: 256)
                text[place] = byte
                #expect(decoded([text[...]], form) == naive(text, form), "byte \(byte) at \(place)")
            }
        }
    }

    @Test("base64 in lines is decoded as without them", arguments: [4, 60, 64, 76, 77, 1000])
    func lines(width: Int) {
        var random = SeededGenerator(seed: 22)
        let bytes = random.bytes(5000)
        let text = Array(Base64.encode(bytes).utf8)
        var lines: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: width) {
            lines += text[start..<min(start + width, text.count)] + Array("\r\n".utf8)
        }
        #expect(Base64.decode(forgiving: lines) == bytes)
        #expect(Base64.decode(strict: lines) == nil)
    }

    @Test("long bytes are encoded group by group, and come back")
    func longRoundTrip() {
        var random = SeededGenerator(seed: 23)
        for count in [128, 1000, 4095, 4096, 4097, 100_001] {
            let bytes = random.bytes(count)
            let groups = stride(from: 0, to: count, by: 3).map { Base64.encode(bytes[$0..<min($0 + 3, count)]) }
            #expect(Base64.encode(bytes) == groups.joined())
            #expect(Base64.decode(strict: Base64.encode(bytes).utf8) == bytes)
            #expect(Base64.decode(urlSafe: Base64.encodeURLSafe(bytes).utf8) == bytes)
            #expect(Base64.decodedSize(Base64.encode(bytes).utf8) == count)
        }
    }

    @Test("a decoder that failed stays so, one that ended begins anew")
    func endsOfDecoders() throws {
        var failing = Base64.Decoder()
        let error = #expect(throws: Base64.Invalid.self) { try failing.decode("QUJD*".utf8) }
        #expect(error?.description == "Invalid base64: character 5 has no place there")
        #expect(throws: Base64.Invalid.self) { try failing.decode("QUJD".utf8) }
        #expect(throws: Base64.Invalid.self) { try failing.finish() }
        var decoder = Base64.Decoder(.urlSafe)
        for _ in 0..<2 {
            #expect(try decoder.decode("QQ".utf8).isEmpty)
            #expect(try decoder.finish() == [0x41])
        }
        var stray = Base64.Decoder()
        #expect(try stray.decode("YR==".utf8).isEmpty)
        let strayError = #expect(throws: Base64.Invalid.self) { try stray.finish() }
        #expect(strayError?.reason == "its last character has stray bits")
    }

    @Test("percent-encoding is decoded as by the plain reference")
    func percentReference() {
        var random = SeededGenerator(seed: 24)
        for _ in 0..<4000 {
            let alphabet = ["%4", "%41aFf0", "%ab c%g", "abcdefghij%1"].randomElement(using: &random)!
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.utf8.randomElement(using: &random)!
            }
            #expect(PercentEncoding.decode(text) == naivePercent(text))
        }
    }

    @Test("a payload in pieces gives what it gives whole", arguments: ["data:,", "data:;base64,"])
    func payloadPieces(head: String) throws {
        var random = SeededGenerator(seed: 25)
        let header = try DataURI.Header(head)
        var accepted = 0
        for _ in 0..<3000 {
            var text = base64(&random)
            for _ in 0..<[0, 1, 9].randomElement(using: &random)! {
                let escape = ["%41", "%4", "%", "%zz", "%2B", "%3d", "%20", "%FF"].randomElement(using: &random)!
                text.insert(contentsOf: escape.utf8, at: Int.random(in: 0...text.count, using: &random))
            }
            let unescaped = naivePercent(text)
            let expected = header.isBase64 ? naive(unescaped, .forgiving) : unescaped
            var decoder = DataURIDecoder(header)
            let pieces = pieces(text, &random)
            let decoded = Result { () throws(DataURI.Invalid) -> [UInt8] in
                var bytes: [UInt8] = []
                for piece in pieces { bytes += try decoder.decode(piece) }
                bytes += try decoder.finish()
                return bytes
            }
            #expect((try? decoded.get()) == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
            if expected != nil { accepted += 1 }
        }
        #expect(accepted > 300, "\(accepted)")
    }

    @Test("a decoder takes memory of any kind, and refuses the piece that goes beyond the limit")
    func limits() throws {
        let header = try DataURI.Header("data:;base64,")
        var decoder = DataURIDecoder(header, maximumSize: 6)
        let first = try "QUJD".utf8CString.withUnsafeBytes {
            try decoder.decode(UnsafeRawBufferPointer(rebasing: $0[..<4]))
        }
        #expect(first == Array("ABC".utf8))
        #expect(try decoder.decode("QU%4a%44".utf8.lazy.map { $0 }).count == 3)
        #expect(try decoder.finish().isEmpty)
        let error = #expect(throws: DataURI.Invalid.self) { try decoder.decode("QUJD".utf8) }
        #expect(error?.reason.contains("more than 6 bytes") == true)
        #expect(throws: DataURI.Invalid.self) { try decoder.finish() }
    }
}
