// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// A small file made up for a sample input.
struct SampleFile: Sendable, Hashable {
    /// The bytes.
    var bytes: [UInt8]
    /// The name, with an extension.
    var filename: String
    /// The media type.
    var contentType: String

    /// The file as a member of an input.
    var input: FileInput { .data(bytes, filename: filename, contentType: contentType) }

    /// A file of the type that a field's `contentMediaType` asks for; text where it asks for none that can be made.
    ///
    /// - Parameter name: what the file is called, without extension.
    static func make(for schema: JSONValue, name: String) -> SampleFile {
        let wanted = (schema["contentMediaType"]?.stringValue ?? "text/plain").lowercased()
        let stem = Filename.safe(name)
        let known: [(type: String, extension: String, make: () -> [UInt8])] = [
            ("text/plain", "txt", text), ("image/png", "png", SamplePicture.png),
            ("image/jpeg", "jpg", SamplePicture.jpeg),
            ("audio/wav", "wav", SampleSound.wav), ("application/pdf", "pdf", pdf), ("application/json", "json", json),
            ("text/csv", "csv", csv), ("text/html", "html", html),
        ]
        let family = wanted.prefix { $0 != "/" } + "/"
        let found =
            known.first { $0.type == wanted || (wanted == "audio/x-wav" && $0.type == "audio/wav") }
            ?? known.first { wanted.hasSuffix("/*") && $0.type.hasPrefix(family) }
            ?? known.first { wanted.hasPrefix("image/") && $0.type == "image/png" }
            ?? known.first { wanted.hasPrefix("audio/") && $0.type == "audio/wav" } ?? known[0]
        return SampleFile(bytes: found.make(), filename: "\(stem).\(found.extension)", contentType: found.type)
    }

    private static func text() -> [UInt8] {
        let line = "The ferry leaves at eight. The other ferry leaves at nine, if the wind lets it.\n"
        return Array(String(repeating: line, count: 4).utf8)
    }

    private static func json() -> [UInt8] { Array(#"{"name":"sample","numbers":[1,2,3],"ready":true}"#.utf8) }

    private static func csv() -> [UInt8] { Array("name,count\nferry,2\nharbour,1\n".utf8) }

    private static func html() -> [UInt8] {
        Array("<!doctype html><title>A sample</title><p>The ferry leaves at eight.</p>\n".utf8)
    }

    /// A page with one line of text.
    private static func pdf() -> [UInt8] {
        let content = "BT /F1 24 Tf 40 140 Td (A sample page) Tj ET"
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
        var text = "%PDF-1.4\n"
        var places: [Int] = []
        for (index, object) in objects.enumerated() {
            places.append(text.utf8.count)
            text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for place in places {
            let digits = String(place)
            text += String(repeating: "0", count: 10 - digits.utf8.count) + digits + " 00000 n \n"
        }
        text += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
        return Array(text.utf8)
    }
}

/// Half a second of a quiet tone.
enum SampleSound {
    private static let rate = 8_000
    private static let period = 18

    /// 16 bits, one channel, 8 kHz: a triangle wave of 444 Hz.
    static func wav() -> [UInt8] {
        var samples: [UInt8] = []
        for index in 0..<(rate / 2) {
            let step = index % period
            let height = step < period / 2 ? step : period - step
            samples += littleEndian(UInt16(bitPattern: Int16(height * 800 - 3_600)))
        }
        let head =
            Array("WAVEfmt ".utf8) + littleEndian(UInt32(16)) + littleEndian(UInt16(1)) + littleEndian(UInt16(1))
            + littleEndian(UInt32(rate)) + littleEndian(UInt32(rate * 2)) + littleEndian(UInt16(2))
            + littleEndian(UInt16(16)) + Array("data".utf8) + littleEndian(UInt32(samples.count))
        return Array("RIFF".utf8) + littleEndian(UInt32(head.count + samples.count)) + head + samples
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
